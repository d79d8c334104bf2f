/* A library that attacks a domain's books of its memory and files. What its constructor does, while
 * the domain loads, the name of its own file says: tests copy it under several names. */
#include <dlfcn.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>

#define EXPORT __attribute__((visibility("default")))

enum { PAGE = 4096 };

/* A system call with an instruction of its own, with all that mmap takes. */
static long kernel_call_with_six(long number, long a, long b, long c, long d, long e, long f)
{
    long result;
    register long d_ __asm__("r10") = d, e_ __asm__("r8") = e, f_ __asm__("r9") = f;
    __asm__ volatile("syscall"
                     : "=a"(result)
                     : "a"(number), "D"(a), "S"(b), "d"(c), "r"(d_), "r"(e_), "r"(f_)
                     : "rcx", "r11", "memory");
    return result;
}

/* The same with what fits into registers. */
EXPORT long kernel_call(long number, long a, long b, long c, long d, long e)
{
    return kernel_call_with_six(number, a, b, c, d, e, 0);
}

static long map(uintptr_t address, long size, int protection, int flags, long file, long offset)
{
    return kernel_call_with_six(SYS_mmap, (long)address, size, protection, MAP_PRIVATE | flags,
                                file, offset);
}

/* mmap, with all that it takes. */
EXPORT long map_all(long address, long size, long protection, long flags, long file, long offset)
{
    return map((uintptr_t)address, size, (int)protection, (int)flags, file, offset);
}

EXPORT long call_at(long (*function)(void))
{
    return function();
}

/* Loads a library by dlopen, calls it, and unloads it: what it has answered, or -1. */
EXPORT long load_and_call(const char *path)
{
    void *library = dlopen(path, RTLD_NOW);
    long (*function)(void) = library ? (long (*)(void))dlsym(library, "what_was_found") : NULL;
    long answer = function ? function() : -1;
    if (library)
        dlclose(library);
    return answer;
}

/* Has the system fill the page over and over. How often it did. */
EXPORT long fill_often(long page, long times)
{
    long done = 0;
    for (long i = 0; i < times; i++)
        done += kernel_call(SYS_getrandom, page, PAGE, 0, 0, 0) == PAGE;
    return done;
}

/* Makes a page of memory code over and over, and calls it. How often it did what it should. */
EXPORT long make_code_often(long page, long file, long offset, long times)
{
    long good = 0;
    for (long i = 0; i < times; i++) {
        long made = -1;
        if (map((uintptr_t)page, PAGE, PROT_READ | PROT_WRITE, MAP_FIXED | MAP_ANONYMOUS, -1, 0) ==
            page)
            made = map((uintptr_t)page, PAGE, PROT_READ | PROT_EXEC, MAP_FIXED, file, offset);
        good += made == page && call_at((long (*)(void))page) == 42;
    }
    return good;
}

/* Writes one byte to each page. */
EXPORT long touch_pages(volatile char *start, long pages)
{
    for (long i = 0; i < pages; i++)
        start[i * PAGE] = 1;
    return pages;
}

EXPORT long where_its_stack_is(void)
{
    return (long)__builtin_frame_address(0);
}

/* The file's first bytes, four at most, as the lowest of a word. */
EXPORT long first_bytes(long file)
{
    long bytes = 0;
    kernel_call(SYS_read, file, (long)&bytes, 4, 0, 0);
    return bytes;
}

EXPORT long open_and_close(const char *path, long times)
{
    long opened = 0;
    for (long i = 0; i < times; i++) {
        long file = kernel_call(SYS_open, (long)path, O_RDONLY, 0, 0, 0);
        opened += file >= 0;
        kernel_call(SYS_close, file, 0, 0, 0, 0);
    }
    return opened;
}

/* What the constructor found: each attack says what that is. */
static long found;

EXPORT long what_was_found(void)
{
    return found;
}

EXPORT long call_what_was_found(void)
{
    return ((long (*)(void))found)();
}

static char folder[1024];

static long open_beside(const char *name)
{
    char path[2048];
    snprintf(path, sizeof(path), "%s/%s", folder, name);
    return kernel_call(SYS_open, (long)path, O_RDONLY, 0, 0, 0);
}

/* Asks for pages of code that are refused, and writes its own there, for when loading has ended. */
static void smuggle_code(void)
{
    static const unsigned char code[] = {0xb8, 42, 0, 0, 0, 0xc3}; /* mov $42, %eax; ret */
    long file = open_beside("libogforbidden.so");
    long start = map(0, PAGE, PROT_READ | PROT_WRITE, MAP_ANONYMOUS, -1, 0);
    for (long offset = 0; offset < 16 * PAGE; offset += PAGE)
        if (map((uintptr_t)start, PAGE, PROT_READ | PROT_EXEC, MAP_FIXED, file, offset) < 0) {
            memcpy((void *)start, code, sizeof(code));
            found = start;
            return;
        }
}

/* Maps over its own stack, where nothing is yet. */
static void cover_stacks(const char *own)
{
    enum { PIECES = 28, PIECE = 256 << 10 /* of 8 MiB */ };
    char here;
    uintptr_t page = (uintptr_t)&here & -(uintptr_t)PAGE;
    long file = kernel_call(SYS_open, (long)own, O_RDONLY, 0, 0, 0);
    for (uintptr_t i = 1; i < PIECES; i++) {
        uintptr_t there = page - i * PIECE;
        found += kernel_call(SYS_munmap, (long)there, PAGE, 0, 0, 0) == 0;
        found += kernel_call(SYS_madvise, (long)there, PAGE, MADV_DONTNEED, 0, 0) == 0;
        found += map(there, PAGE, PROT_READ | PROT_WRITE, MAP_FIXED | MAP_ANONYMOUS, -1, 0) > 0;
        found += map(there, PAGE, PROT_READ, MAP_FIXED, file, 0) > 0;
    }
}

/* Divides the address space: every second page is a file's. */
static void divide_mappings(const char *own)
{
    enum { PAGES = 8192 };
    long file = kernel_call(SYS_open, (long)own, O_RDONLY, 0, 0, 0);
    long start = map(0, PAGES * PAGE, PROT_READ | PROT_WRITE, MAP_ANONYMOUS, -1, 0);
    for (long i = 0; start < 0 && i < PAGES; i++)
        map(0, PAGE, PROT_READ, 0, file, 0);
    for (long i = 0; start > 0 && i < PAGES; i += 2)
        found +=
            map((uintptr_t)start + (uintptr_t)i * PAGE, PAGE, PROT_READ, MAP_FIXED, file, 0) > 0;
}

/* Which of the files beside that are, or almost are, libraries can be opened: a bit each. */
static void open_what_is_almost_a_library(void)
{
    char name[16];
    for (int i = 0; i < 16; i++) {
        snprintf(name, sizeof(name), "almost%d", i);
        found |= (long)(open_beside(name) >= 0) << i;
    }
}

/* Which libraries can be opened: beside its own, by links of a system folder's, and below. */
static void open_libraries_elsewhere(void)
{
    static const char good[] = "/usr/local/lib/oggood.so", link[] = "/usr/local/lib/oglink.so";
    found |= open_beside("oglinks.so") >= 0;
    found |= (kernel_call(SYS_open, (long)good, O_RDONLY, 0, 0, 0) >= 0) << 1;
    found |= (kernel_call(SYS_open, (long)link, O_RDONLY, 0, 0, 0) >= 0) << 2;
    found |= (open_beside("below/other.so") >= 0) << 3;
}

/* A page of a granted file. */
static void map_granted_file(void)
{
    found = map(0, PAGE, PROT_READ, 0, open_beside("granted.txt"), 0);
}

static void *denied_of_heap;

EXPORT long what_was_denied_of_its_heap(void)
{
    return (long)denied_of_heap;
}

/* Many pages, of which it denies itself the second; and one of its heap. */
static void deny_a_page(void)
{
    enum { PAGES = 6000 };
    if (!posix_memalign(&denied_of_heap, PAGE, PAGE))
        kernel_call(SYS_mprotect, (long)denied_of_heap, PAGE, PROT_NONE, 0, 0);
    found = map(0, PAGES * PAGE, PROT_READ | PROT_WRITE, MAP_ANONYMOUS, -1, 0);
    touch_pages((char *)found, 3);
    kernel_call(SYS_mprotect, found + PAGE, PAGE, PROT_NONE, 0, 0);
}

/* Takes memory as long as there is any: megabytes. */
static void hoard_memory(void)
{
    enum { MEGABYTE = 1 << 20 };
    for (long start; (start = map(0, MEGABYTE, PROT_READ, MAP_ANONYMOUS, -1, 0)) > 0; found++)
        touch_pages((char *)start, MEGABYTE / PAGE);
}

__attribute__((constructor)) static void attack_while_loading(void)
{
    Dl_info own;
    if (!dladdr((void *)attack_while_loading, &own))
        return;
    const char *slash = strrchr(own.dli_fname, '/'), *name = slash ? slash + 1 : own.dli_fname;
    snprintf(folder, sizeof(folder), "%.*s", (int)(slash ? slash - own.dli_fname : 0),
             own.dli_fname);
    if (!strcmp(name, "smuggles.so"))
        smuggle_code();
    if (!strcmp(name, "covers.so"))
        cover_stacks(own.dli_fname);
    if (!strcmp(name, "divides.so"))
        divide_mappings(own.dli_fname);
    if (!strcmp(name, "denies.so"))
        deny_a_page();
    if (!strcmp(name, "hoards.so"))
        hoard_memory();
    if (!strcmp(name,
                "boots.so")) /* what the boot program says (layout.h), with no memory to tell */
        found = kernel_call(0x6f67, PAGE, 0, 0, 0, 0);
    if (!strcmp(name, "maps.so"))
        map_granted_file();
    if (!strcmp(name, "ogreads.so"))
        found = open_beside("ogsecret.txt");
    if (!strcmp(name, "ogalmost.so"))
        open_what_is_almost_a_library();
    if (!strcmp(name, "oglinks.so"))
        open_libraries_elsewhere();
}
