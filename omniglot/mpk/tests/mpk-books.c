/* The books of a domain: what its memory is, and what it may read. Attacks on both, while it loads
 * (hostile-books.c) and after. */
#include "mpk-test.h"
#include "omniglot/mpk.h"
#include "omniglot/mpk/mpk.h"

#include <dlfcn.h>
#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/futex.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/personality.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { PAGE = 4096, MAPPINGS_OF_A_DOMAIN = 2048 };
#define MEGABYTE (1L << 20)

static char folder[64]; /* what the tests write is below */

/* --- the host's side --- */

static const char *in_folder(char path[static 128], const char *name)
{
    snprintf(path, 128, "%s/%s", folder, name);
    return path;
}

static void write_file(const char *path, const void *bytes, size_t size)
{
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    assert_int_equal(fwrite(bytes, 1, size, file), size);
    assert_int_equal(fclose(file), 0);
}

/* A library that was built, until the next is read. */
static char *read_library(const char *name, size_t *size)
{
    static char bytes[1 << 20];
    char from[sizeof(library)];
    beside_library(from, name);
    FILE *file = fopen(from, "r");
    assert_non_null(file);
    *size = fread(bytes, 1, sizeof(bytes), file);
    fclose(file);
    assert_true(*size > 0 && *size < sizeof(bytes));
    return bytes;
}

/* Copies it to where, and under the name by which, it attacks. */
static void copy_library(const char *name, const char *path)
{
    size_t size;
    const char *bytes = read_library(name, &size);
    write_file(path, bytes, size);
}

static int count_descriptors(void)
{
    int count = 0;
    for (int i = 0; i < 2048; i++)
        count += fcntl(i, F_GETFD) >= 0;
    return count;
}

static enum og_error try_to_open(const char *path, const struct og_options *options)
{
    const struct og_options defaults = {.isolation = OG_MPK};
    struct og_domain *other = NULL;
    enum og_error error = og_domain_open(&other, (const char *const[]){path, NULL},
                                         options ? options : &defaults, &fault);
    if (!error)
        assert_int_equal(og_domain_close(other, NULL), OG_OK);
    return error;
}

/* From now on `domain` is another one, with the hostile library under that name. */
static struct og_domain *main_domain;

static void enter_another(const char *name, const struct og_options *options)
{
    char path[128];
    copy_library("libogbooks.so", in_folder(path, name));
    main_domain = domain;
    domain = open_another(path, options);
}

static void leave(void)
{
    assert_int_equal(og_domain_close(domain, &fault), OG_OK);
    domain = main_domain;
}

/* --- calls in the domain --- */

typedef long six(long, long, long, long, long, long);

static long kernel(long number, long a, long b, long c, long d, long e)
{
    struct og_scope scope;
    long result = 0;
    og_scope_begin(domain, &scope);
    assert_int_equal(CALL(scope, boxed("kernel_call"), result = AS(six *)(number, a, b, c, d, e)),
                     OG_OK);
    og_scope_end(&scope);
    return result;
}

static long map(long address, long size, int flags, long file)
{
    return kernel(SYS_mmap, address, size, PROT_READ, MAP_PRIVATE | flags, file);
}

static enum og_error touch(long start, long pages)
{
    return call_words("touch_pages", NULL, start, pages, 0, 0);
}

/* open(path) in the domain: a descriptor or a negated errno. */
static long open_inside(const char *path)
{
    struct og_scope scope;
    long result = 0;
    og_scope_begin(domain, &scope);
    char og_mut *text = og_alloc(&scope, char, 256, &fault);
    assert_int_equal(og_write_array(&scope.access, text, path, strlen(path) + 1, &fault), OG_OK);
    assert_int_equal(CALL(scope, boxed("kernel_call"),
                          result = AS(six *)(SYS_open, (long)og_pass(text), 0, 0, 0, 0)),
                     OG_OK);
    og_scope_end(&scope);
    return result;
}

static bool can_read(const char *path)
{
    long file = open_inside(path);
    if (file >= 0)
        assert_int_equal(kernel(SYS_close, file, 0, 0, 0, 0), 0);
    return file >= 0;
}

/* --- code --- */

/* Refused code is written over and becomes executable when loading ends: it was so. */
static void code_that_is_refused_ends_the_opening(void **state)
{
    (void)state;
    char path[128];
    copy_library("libogforbidden.so", in_folder(path, "libogforbidden.so"));
    copy_library("libogbooks.so", in_folder(path, "smuggles.so"));
    assert_int_equal(try_to_open(path, NULL), OG_FORBIDDEN);
    assert_string_equal(fault.symbol, path);
    assert_non_null(strstr(fault.message, "WRPKRU at offset 0x"));
}

/* Its forbidden instructions would become traps, and it would be loaded. */
static void another_file_named_libc_is_not_the_systems(void **state)
{
    (void)state;
    mkdir("/usr/local", 0755), mkdir("/usr/local/lib", 0755), mkdir("/usr/local/lib/og", 0755);
    copy_library("libogforbidden.so", "/usr/local/lib/og/libc.so.6");
    enum og_error error = try_to_open("/usr/local/lib/og/libc.so.6", NULL);
    remove("/usr/local/lib/og/libc.so.6");
    assert_int_equal(error, OG_FORBIDDEN);
}

/* --- memory --- */

static void *call_in_a_thread(void *user)
{
    *(enum og_error *)user = call_words("touch_pages", NULL, 0, 0, 0, 0);
    return NULL;
}

static void the_runtimes_stacks_cannot_be_mapped_over(void **state)
{
    (void)state;
    long found = -1;
    enum og_error error = OG_FAULTED;
    pthread_t thread;
    enter_another("covers.so", NULL);
    assert_int_equal(call_words("what_was_found", &found, 0, 0, 0, 0), OG_OK);
    assert_int_equal(found, 0);
    assert_int_equal(pthread_create(&thread, NULL, call_in_a_thread, &error), 0);
    pthread_join(thread, NULL);
    assert_int_equal(error, OG_OK);
    /* Nor is the stack that the thread has had, or its guard. */
    uintptr_t stack = mpk_arena_stack_of(&((const struct mpk_domain *)domain)->arena, 1);
    for (long page = (long)stack - PAGE; page <= (long)stack; page += PAGE) {
        assert_true(kernel(SYS_munmap, page, PAGE, 0, 0, 0) < 0);
        assert_true(kernel(SYS_madvise, page, PAGE, MADV_DONTNEED, 0, 0) < 0);
        assert_true(map(page, PAGE, MAP_FIXED | MAP_ANONYMOUS, -1) < 0);
    }
    leave();
}

static void pages_of_a_file_are_memory_again(void **state)
{
    (void)state;
    char path[128];
    write_file(in_folder(path, "text"), "text", 4);
    const struct og_options options = {.isolation = OG_MPK,
                                       .readable_paths = (const char *const[]){path, NULL}};
    enter_another("plain.so", &options);
    for (int by_reset = 0; by_reset < 2; by_reset++) {
        long file = open_inside(path);
        assert_true(file >= 0);
        long start = map(0, PAGE, 0, file);
        assert_true(start > 0);
        assert_memory_equal((const char *)start, "text", 4);
        if (by_reset)
            reset();
        else
            assert_int_equal(kernel(SYS_munmap, start, PAGE, 0, 0, 0), 0);
        assert_int_equal(map(start, PAGE, MAP_ANONYMOUS | MAP_FIXED, -1), start);
        assert_int_equal(*(const char *)start, 0);
        assert_int_equal(touch(start, 1), OG_OK);
        *(volatile char *)start = 2;
        assert_int_equal(kernel(SYS_munmap, start, PAGE, 0, 0, 0), 0);
    }
    /* The host can write to all that it believes to be memory. */
    long file = open_inside(path), start = map(0, PAGE, 0, file);
    assert_true(start > 0);
    *(volatile char *)start = 2;
    leave();
}

/* Writes to what a reference reaches at the place; false: none does. */
static bool host_can_write(long place)
{
    struct og_scope scope;
    og_scope_begin(domain, &scope);
    char og_mut *there =
        og_upgrade_mut(&scope.access, (char og_foreign *)(uintptr_t)place, 1, &fault);
    if (!there)
        assert_int_equal(fault.error, OG_OUT_OF_BOUNDS);
    else
        assert_int_equal(og_write(&scope.access, there, 3, &fault), OG_OK);
    og_scope_end(&scope);
    return there != NULL;
}

static void *look_at_heap(void *end)
{
    assert_true(host_can_write(*(long *)end - 1));
    assert_false(host_can_write(*(long *)end + (1 << 20)));
    assert_int_equal(kernel(SYS_brk, *(long *)end + (4 << 20), 0, 0, 0, 0),
                     *(long *)end + (4 << 20));
    assert_true(host_can_write(*(long *)end + (1 << 20)));
    return end;
}

/* Where memory was never granted there are addresses, and no reference reaches them: the host,
 * which reads and writes by references, never faults. What was granted once it can write for ever.
 */
static void references_reach_what_was_granted_once(void **state)
{
    (void)state;
    enum { FAR = 64 * PAGE };
    enter_another("plain.so", NULL);
    const struct mpk_arena *arena = &((const struct mpk_domain *)domain)->arena;
    assert_false(host_can_write((long)arena->heap + (32 << 20)));
    assert_true(host_can_write((long)arena->heap_granted - 1));
    long start = map(0, PAGE, MAP_ANONYMOUS, -1);
    assert_true(start > 0 && host_can_write(start));
    assert_false(host_can_write(start + FAR));
    assert_int_equal(kernel(SYS_munmap, start, 2 * FAR, 0, 0, 0), 0);
    assert_false(host_can_write(start + FAR));
    assert_true(host_can_write(start));
    assert_int_equal(map(start + FAR, PAGE, MAP_ANONYMOUS | MAP_FIXED, -1), start + FAR);
    assert_true(host_can_write(start + FAR));
    assert_false(host_can_write(start + FAR + 2 * PAGE));
    assert_int_equal(kernel(SYS_munmap, start + FAR, PAGE, 0, 0, 0), 0);
    assert_true(host_can_write(start + FAR));
    assert_int_equal(call_words("touch_pages", NULL, start + FAR, 1, 0, 0), OG_FAULTED);
    reset();
    assert_int_equal(map(0, 2 * FAR, MAP_ANONYMOUS, -1), start);
    for (long page = start; page < start + 2 * FAR; page += PAGE)
        assert_int_equal(*(volatile char *)page, 0);
    reset();
    assert_true(host_can_write(start + FAR));
    long end = kernel(SYS_brk, 0, 0, 0, 0, 0);
    pthread_t thread;
    assert_false(host_can_write(end + (1 << 20)));
    assert_int_equal(pthread_create(&thread, NULL, look_at_heap, &end), 0);
    assert_int_equal(pthread_join(thread, NULL), 0);
    assert_true(host_can_write(end + (1 << 20)));
    assert_false(host_can_write(end + (8 << 20)));
    assert_int_equal(kernel(SYS_brk, end, 0, 0, 0, 0), end);
    assert_true(host_can_write(end + (1 << 20)));
    leave();
}

/* Whoever may write the file would change what the host has validated; and where the host, or the
 * handler of a system call, reads what is no longer there, the process would end. */
static void what_a_constructor_has_mapped_of_a_file_stays(void **state)
{
    (void)state;
    char path[128];
    long page = 0;
    static const char text[PAGE] = "/no/such/file";
    write_file(in_folder(path, "granted.txt"), text, sizeof(text));
    const struct og_options options = {.isolation = OG_MPK,
                                       .readable_paths = (const char *const[]){path, NULL}};
    enter_another("maps.so", &options);
    assert_int_equal(call_words("what_was_found", &page, 0, 0, 0, 0), OG_OK);
    assert_true(page > 0);
    write_file(path, "else", 4);
    for (int i = 0; i < 2; i++) {
        assert_memory_equal((const char *)page, text, sizeof(text));
        assert_int_equal(kernel(SYS_open, page, 0, 0, 0, 0), -EACCES);
        assert_int_equal(kernel(SYS_writev, 1, page, 0, 0, 0), 0);
        assert_int_equal(call_words("touch_pages", NULL, page, 1, 0, 0), OG_FAULTED);
        assert_int_equal(truncate(path, 0), 0);
        reset();
    }
    leave();
}

/* A file without contents is as large as it likes, and zeros are copied like anything else. */
static void a_large_file_is_copied_until_the_deadline(void **state)
{
    (void)state;
    const long megabytes = 200, pages = megabytes * MEGABYTE / PAGE;
    char path[128];
    struct og_scope scope;
    struct rusage before, after;
    write_file(in_folder(path, "large"), "", 0);
    assert_int_equal(truncate(path, megabytes * MEGABYTE), 0);
    const struct og_options options = {.isolation = OG_MPK,
                                       .readable_paths = (const char *const[]){path, NULL},
                                       .heap_size = (size_t)(2 * megabytes * MEGABYTE),
                                       .deadline_ms = 50};
    enter_another("plain.so", &options);
    long file = open_inside(path);
    assert_true(file >= 0);
    getrusage(RUSAGE_SELF, &before);
    og_scope_begin(domain, &scope);
    assert_int_equal(
        CALL(scope, boxed("kernel_call"),
             AS(six *)(SYS_mmap, 0, megabytes * MEGABYTE, PROT_READ, MAP_PRIVATE, file)),
        OG_DEADLINE);
    og_scope_end(&scope);
    getrusage(RUSAGE_SELF, &after);
    assert_true(after.ru_minflt - before.ru_minflt < pages / 4 * 3);
    reset();
    leave();
}

static long map_or_fail(enum og_error wanted)
{
    struct og_scope scope;
    long result = 0;
    og_scope_begin(domain, &scope);
    enum og_error error =
        CALL(scope, boxed("kernel_call"),
             result = AS(six *)(SYS_mmap, 0, PAGE, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1));
    og_scope_end(&scope);
    assert_int_equal(error, wanted);
    return result;
}

/* A page that the domain writes would be code that nobody has looked at. */
static void memory_is_no_code_for_a_thread_that_executes_what_it_reads(void **state)
{
    (void)state;
    char path[128];
    enter_another("plain.so", NULL);
    in_folder(path, "plain.so");
    int before = personality(0xffffffff);
    assert_true(before >= 0);
    assert_true(map_or_fail(OG_OK) > 0);
    personality((unsigned long)before | READ_IMPLIES_EXEC);
    enum og_error opened = try_to_open(path, NULL), checked = og_mpk_check_host(&fault);
    enum og_error put_back = og_domain_reset(domain, &fault);
    map_or_fail(OG_FORBIDDEN);
    personality((unsigned long)before);
    assert_non_null(strstr(fault.message, "READ_IMPLIES_EXEC"));
    assert_int_equal(opened, OG_FORBIDDEN);
    assert_int_equal(checked, OG_FORBIDDEN);
    assert_int_equal(put_back, OG_FORBIDDEN);
    assert_int_equal(og_mpk_check_host(&fault), OG_OK);
    reset();
    assert_true(map_or_fail(OG_OK) > 0);
    leave();
}

/* As programs do that must not wait for a page: what they map is filled and stays, and the kernel
 * drops none of it. */
static void a_host_that_locks_its_memory_has_domains(void **state)
{
    (void)state;
    assert_int_equal(mlockall(MCL_FUTURE), 0);
    enter_another("plain.so", NULL);
    assert_true(locked_kilobytes() < 64 << 10);
    long start = map_or_fail(OG_OK);
    assert_true(start > 0);
    assert_int_equal(mlock((void *)start, PAGE), 0);
    reset();
    assert_int_equal(touch(start, 1), OG_FAULTED);
    reset();
    leave();
    assert_int_equal(munlockall(), 0);
    /* Where it may not lock as much as a domain's addresses, it is told so. */
    char path[128];
    struct rlimit limit = {32 << 20, 32 << 20};
    assert_int_equal(setrlimit(RLIMIT_MEMLOCK, &limit), 0);
    assert_int_equal(mlockall(MCL_FUTURE), 0);
    assert_int_equal(setresuid(-1, 1000, -1), 0); /* root may lock any amount */
    enum og_error error = try_to_open(in_folder(path, "plain.so"), NULL);
    assert_int_equal(setresuid(-1, 0, -1), 0);
    assert_int_equal(munlockall(), 0);
    assert_int_equal(error, OG_SYSTEM);
    assert_non_null(strstr(fault.message, "ulimit -l"));
}

static void memory_that_is_not_mapped_cannot_be_touched(void **state)
{
    (void)state;
    enter_another("plain.so", NULL);
    long start = map(0, PAGE, MAP_ANONYMOUS, -1);
    assert_true(start > 0);
    assert_int_equal(touch(start, 1), OG_OK);
    assert_int_equal(touch(start + 64L * PAGE, 1), OG_FAULTED);
    reset();
    assert_int_equal(touch(start, 1), OG_FAULTED);
    reset();
    assert_int_equal(map(0, PAGE, MAP_ANONYMOUS, -1), start);
    assert_int_equal(touch(start, 1), OG_OK);
    assert_int_equal(kernel(SYS_munmap, start, PAGE, 0, 0, 0), 0);
    assert_int_equal(kernel(SYS_getrandom, start, PAGE, 0, 0, 0), -EFAULT);
    assert_int_equal(touch(start, 1), OG_FAULTED);
    reset();
    /* Nor the heap above its end, nor what other threads' scopes would allocate from. */
    long end = kernel(SYS_brk, 0, 0, 0, 0, 0);
    assert_int_equal(touch(end + MEGABYTE, 1), OG_FAULTED);
    reset();
    assert_int_equal(kernel(SYS_brk, end + 2 * MEGABYTE, 0, 0, 0, 0), end + 2 * MEGABYTE);
    assert_int_equal(touch(end + MEGABYTE, 1), OG_OK);
    assert_int_equal(kernel(SYS_brk, end, 0, 0, 0, 0), end);
    assert_int_equal(touch(end + MEGABYTE, 1), OG_FAULTED);
    reset();
    assert_int_equal(touch(end + MEGABYTE, 1), OG_FAULTED);
    reset();
    assert_int_equal(kernel(SYS_brk, end + 2 * MEGABYTE, 0, 0, 0, 0), end + 2 * MEGABYTE);
    assert_int_equal(touch(end + MEGABYTE, 1), OG_OK);
    reset();
    assert_int_equal(kernel(SYS_brk, 0, 0, 0, 0, 0), end);
    assert_int_equal(touch(end + MEGABYTE, 1), OG_FAULTED);
    reset();
    struct og_scope scope;
    og_scope_begin(domain, &scope);
    char og_mut *own = og_alloc(&scope, char, 1, &fault);
    assert_int_equal(touch((long)og_pass(own), 1), OG_OK);
    assert_int_equal(touch((long)og_pass(own) - 32 * MEGABYTE, 1), OG_FAULTED);
    og_scope_end(&scope);
    reset();
    leave();
}

static void heap_and_mappings_together_are_limited(void **state)
{
    (void)state;
    const struct og_options options = {.isolation = OG_MPK, .heap_size = (size_t)MEGABYTE};
    enter_another("plain.so", &options);
    long pages = 0, end = kernel(SYS_brk, 0, 0, 0, 0, 0), first = end;
    while (map(0, 4L * PAGE, MAP_ANONYMOUS, -1) > 0)
        pages += 4;
    while (kernel(SYS_brk, end + PAGE, 0, 0, 0, 0) == end + PAGE)
        end += PAGE;
    assert_true(pages * PAGE + end - first <= MEGABYTE);
    assert_true(pages > 0);
    reset();
    assert_true(map(0, 4L * PAGE, MAP_ANONYMOUS, -1) > 0);
    leave();
}

static void memory_is_limited_while_loading(void **state)
{
    (void)state;
    const struct og_options options = {.isolation = OG_MPK, .heap_size = (size_t)MEGABYTE};
    long megabytes = 0;
    enter_another("hoards.so", &options);
    assert_int_equal(call_words("what_was_found", &megabytes, 0, 0, 0, 0), OG_OK);
    assert_true(megabytes <= 1 + 16);
    leave();
}

static void the_hosts_mappings_are_limited_while_loading(void **state)
{
    (void)state;
    long before = count_mappings();
    enter_another("divides.so", NULL);
    assert_true(count_mappings() - before < MAPPINGS_OF_A_DOMAIN + 100);
    leave();
    assert_true(count_mappings() <= before + 2);
}

static void the_hosts_mappings_are_limited_after_loading(void **state)
{
    (void)state;
    enum { PAGES = 6000 };
    char path[128];
    write_file(in_folder(path, "text"), "text", 4);
    const struct og_options options = {.isolation = OG_MPK,
                                       .readable_paths = (const char *const[]){path, NULL}};
    enter_another("plain.so", &options);
    long before = count_mappings(), file = open_inside(path);
    long start = map(0, PAGES * PAGE, MAP_ANONYMOUS, -1);
    assert_true(start > 0);
    /* Every second page a file's; and then free, and touched while they are apart. */
    for (long i = 0; i < PAGES; i += 2)
        map(start + i * PAGE, PAGE, MAP_FIXED, file);
    assert_true(count_mappings() - before < MAPPINGS_OF_A_DOMAIN);
    long refused = 0;
    for (long i = 0; i < PAGES; i += 2) {
        refused += kernel(SYS_munmap, start + i * PAGE, PAGE, 0, 0, 0) != 0;
        assert_int_equal(touch(start + (i + 1) * PAGE, 1), OG_OK);
    }
    assert_true(refused > 0);
    assert_true(count_mappings() - before < MAPPINGS_OF_A_DOMAIN);
    /* What is whole again is one mapping again. */
    assert_int_equal(map(start, PAGES * PAGE, MAP_FIXED | MAP_ANONYMOUS, -1), start);
    assert_true(count_mappings() - before < 8);
    for (long i = 0; i < 1000; i += 2) {
        assert_int_equal(kernel(SYS_munmap, start + i * PAGE, PAGE, 0, 0, 0), 0);
        assert_int_equal(touch(start + (i + 1) * PAGE, 1), OG_OK);
    }
    reset();
    assert_true(count_mappings() - before < 8);
    leave();
}

/* --- memory that a library denies itself --- */

static long deny(long start, long pages)
{
    return kernel(SYS_mprotect, start, pages * PAGE, PROT_NONE, 0, 0);
}

static long allow(long start, long pages)
{
    return kernel(SYS_mprotect, start, pages * PAGE, PROT_READ | PROT_WRITE, 0, 0);
}

/* Three pages each: mapped, of the heap, and loaded. */
static void find_three_kinds(long starts[3])
{
    long end = kernel(SYS_brk, 0, 0, 0, 0, 0), next = (end + PAGE - 1) & -PAGE;
    starts[0] = map(0, 3L * PAGE, MAP_ANONYMOUS, -1);
    starts[1] = next;
    assert_int_equal(kernel(SYS_brk, next + 3L * PAGE, 0, 0, 0, 0), next + 3L * PAGE);
    assert_int_equal(call_words("what_was_found", &starts[2], 0, 0, 0, 0), OG_OK);
    assert_true(starts[0] > 0 && starts[2] > 0);
    assert_int_equal(allow(starts[2], 3), 0);
}

static void denied_memory_keeps_what_it_holds(void **state)
{
    (void)state;
    long starts[3];
    char text[128];
    in_folder(text, "denies.so");
    enter_another("denies.so", NULL);
    find_three_kinds(starts);
    for (int i = 0; i < 3; i++) {
        long second = starts[i] + PAGE;
        assert_int_equal(touch(starts[i], 3), OG_OK);
        assert_int_equal(deny(second, 1), 0);
        assert_int_equal(*(char *)second, 1);
        strcpy((char *)second, text); /* the host's at any time */
        assert_int_equal(touch(starts[i], 1), OG_OK);
        assert_int_equal(touch(starts[i] + 2L * PAGE, 1), OG_OK);
        /* Nor do system calls read it, or write to it. */
        assert_int_equal(kernel(SYS_open, second, 0, 0, 0, 0), -EFAULT);
        assert_int_equal(kernel(SYS_getrandom, second - 4, 8, 0, 0, 0), -EFAULT);
        assert_int_equal(kernel(SYS_clock_gettime, 0, second, 0, 0, 0), -EFAULT);
        assert_int_equal(kernel(SYS_writev, 1, second, 1, 0, 0), -EFAULT);
        assert_int_equal(allow(starts[i], 3), 0);
        assert_string_equal((char *)second, text);
        assert_int_equal(touch(starts[i], 3), OG_OK);
        assert_int_equal(*(char *)second, 1);
        /* What can be read can be written, as before. */
        assert_int_equal(kernel(SYS_mprotect, second, PAGE, PROT_READ, 0, 0), 0);
        assert_int_equal(touch(starts[i], 3), OG_OK);
    }
    long start = kernel(SYS_mmap, 0, PAGE, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1);
    assert_true(start > 0);
    assert_int_equal(kernel(SYS_getrandom, start, 8, 0, 0, 0), -EFAULT);
    assert_int_equal(allow(start, 1), 0);
    assert_int_equal(touch(start, 1), OG_OK);
    leave();
}

static void denied_memory_cannot_be_touched(void **state)
{
    (void)state;
    long starts[3], first = 0;
    enter_another("denies.so", NULL);
    for (int i = 0; i < 3; i++) {
        find_three_kinds(starts);
        long second = starts[i] + PAGE;
        assert_int_equal(deny(second, 1), 0);
        assert_int_equal(touch(second, 1), OG_FAULTED);
        assert_int_equal(fault.address, second);
        assert_non_null(strstr(fault.message, "denied itself"));
        char described[OG_DESCRIPTION];
        og_fault_describe(domain, &fault, described, sizeof(described));
        assert_non_null(strstr(described, "this domain's memory that it has denied itself"));
        reset();
    }
    /* What was denied while it loaded is so again, and nothing else is. */
    assert_int_equal(call_words("what_was_found", &first, 0, 0, 0, 0), OG_OK);
    for (int round = 0; round < 2; round++) {
        assert_int_equal(touch(first, 1), OG_OK);
        assert_int_equal(touch(first + 2L * PAGE, 1), OG_OK);
        assert_int_equal(deny(first, 3), 0);
        assert_int_equal(allow(first + PAGE, 1), 0);
        assert_int_equal(touch(first + PAGE, 1), OG_OK);
        reset();
        assert_int_equal(touch(first + PAGE, 1), OG_FAULTED);
        reset();
    }
    assert_int_equal(call_words("what_was_denied_of_its_heap", &first, 0, 0, 0, 0), OG_OK);
    for (int round = 0; round < 2; round++) {
        assert_int_equal(touch(first, 1), OG_FAULTED);
        reset();
        assert_int_equal(allow(first, 1), 0);
        assert_int_equal(touch(first, 1), OG_OK);
        reset();
    }
    leave();
}

/* Unmapped, mapped over, given back by brk: as other memory. */
static void denied_memory_is_let_go_of(void **state)
{
    (void)state;
    long starts[3];
    enter_another("denies.so", NULL);
    find_three_kinds(starts);
    assert_int_equal(deny(starts[0], 3), 0);
    assert_int_equal(map(starts[0], PAGE, MAP_ANONYMOUS | MAP_FIXED, -1), starts[0]);
    assert_int_equal(touch(starts[0], 1), OG_OK);
    assert_int_equal(kernel(SYS_munmap, starts[0], 3L * PAGE, 0, 0, 0), 0);
    assert_int_equal(allow(starts[0], 3), -EACCES);
    assert_int_equal(map(starts[0], 3L * PAGE, MAP_ANONYMOUS | MAP_FIXED, -1), starts[0]);
    assert_int_equal(touch(starts[0], 3), OG_OK);
    assert_int_equal(deny(starts[1], 3), 0);
    assert_int_equal(kernel(SYS_brk, starts[1] + PAGE, 0, 0, 0, 0), starts[1] + PAGE);
    assert_int_equal(kernel(SYS_brk, starts[1] + 3L * PAGE, 0, 0, 0, 0), starts[1] + 3L * PAGE);
    assert_int_equal(touch(starts[1] + PAGE, 2), OG_OK);
    assert_int_equal(touch(starts[1], 1), OG_FAULTED);
    reset();
    /* What is the runtime's is not the library's to deny, nor what is not there. */
    struct og_scope scope;
    long here = 0;
    assert_int_equal(call_words("where_its_stack_is", &here, 0, 0, 0, 0), OG_OK);
    assert_int_equal(deny(here & -PAGE, 1), -EACCES);
    og_scope_begin(domain, &scope);
    char og_mut *own = og_alloc(&scope, char, 1, &fault);
    assert_int_equal(deny((long)og_pass(own) & -PAGE, 1), -EACCES);
    og_scope_end(&scope);
    assert_int_equal(deny(starts[0], 3), -ENOMEM);
    assert_int_equal(deny((long)&scope & -PAGE, 1), -ENOMEM);
    leave();
}

/* Denies itself every second page, from each of its kinds of memory on, touches the others, and has
 * all of it back; again and again: the kernel does not join by itself what was touched apart. */
static void divide_and_join(long start, long pages)
{
    enum { AT_ONCE = 500 };
    for (long first = 0; first + AT_ONCE <= pages; first += AT_ONCE) {
        for (long i = 0; i < AT_ONCE; i += 2)
            assert_int_equal(deny(start + (first + i) * PAGE, 1), 0);
        for (long i = 1; i < AT_ONCE; i += 2)
            assert_int_equal(touch(start + (first + i) * PAGE, 1), OG_OK);
        assert_int_equal(allow(start + first * PAGE, AT_ONCE), 0);
        for (long i = 0; i < AT_ONCE; i += 2)
            assert_int_equal(touch(start + (first + i) * PAGE, 1), OG_OK);
    }
}

static void what_is_denied_does_not_divide_the_hosts_mappings_without_end(void **state)
{
    (void)state;
    enum { PAGES = 2000, MANY = 6000 };
    long loaded = 0, refused = 0, start;
    enter_another("denies.so", NULL);
    assert_int_equal(call_words("what_was_found", &loaded, 0, 0, 0, 0), OG_OK);
    start = map(0, MANY * PAGE, MAP_ANONYMOUS, -1);
    long end = kernel(SYS_brk, 0, 0, 0, 0, 0), next = (end + PAGE - 1) & -PAGE;
    assert_int_equal(kernel(SYS_brk, next + PAGES * PAGE, 0, 0, 0, 0), next + PAGES * PAGE);
    assert_true(start > 0 && loaded > 0);
    assert_int_equal(allow(loaded, 3), 0);
    long before = count_mappings();
    divide_and_join(start, PAGES);
    divide_and_join(next, PAGES);
    divide_and_join(loaded, PAGES);
    assert_true(count_mappings() <= before + 8);
    for (long i = 0; i < MANY; i += 2)
        refused += deny(start + i * PAGE, 1) == -ENOMEM;
    assert_true(refused > 0);
    assert_true(count_mappings() - before < MAPPINGS_OF_A_DOMAIN);
    reset();
    assert_true(count_mappings() <= before + 8);
    leave();
}

/* --- memory that stays --- */

static void memory_is_locked_as_far_as_the_options_say(void **state)
{
    (void)state;
    enum { MAY = 4, KILOBYTES = MAY * PAGE / 1024, MLOCK_ONFAULT_TOO = 1 };
    const struct og_options options = {.isolation = OG_MPK, .locked_size = MAY * PAGE};
    struct rlimit limit = {0, 0};
    enter_another("plain.so", &options);
    for (int round = 0; round < 2; round++) {
        long start = map(0, 8L * PAGE, MAP_ANONYMOUS, -1);
        assert_true(start > 0);
        assert_int_equal(kernel(SYS_prlimit64, 0, RLIMIT_MEMLOCK, 0, start, 0), 0);
        memcpy(&limit, (const void *)start, sizeof(limit));
        assert_int_equal(limit.rlim_cur, MAY * PAGE);
        assert_int_equal(kernel(SYS_mlock, start + 8, MAY * PAGE - 8, 0, 0, 0), 0);
        assert_int_equal(locked_kilobytes(), KILOBYTES);
        assert_int_equal(kernel(SYS_mlock, start + MAY * PAGE, 1, 0, 0, 0), -ENOMEM);
        assert_int_equal(kernel(SYS_mlock, (long)&limit, 1, 0, 0, 0), -ENOMEM);
        assert_int_equal(kernel(SYS_munlock, (long)&limit, 1, 0, 0, 0), -ENOMEM);
        assert_int_equal(kernel(SYS_mlockall, 1, 0, 0, 0, 0), -EPERM);
        assert_int_equal(kernel(SYS_munlockall, 0, 0, 0, 0, 0), -EPERM);
        assert_int_equal(kernel(SYS_madvise, start, PAGE, MADV_DONTNEED, 0, 0), -EINVAL);
        assert_int_equal(kernel(SYS_munlock, start, PAGE, 0, 0, 0), 0);
        assert_int_equal(kernel(SYS_munmap, start + PAGE, PAGE, 0, 0, 0), 0);
        assert_int_equal(locked_kilobytes(), KILOBYTES / 2);
        assert_int_equal(kernel(SYS_mlock2, start + 4L * PAGE, PAGE, 2, 0, 0), -EINVAL);
        assert_int_equal(kernel(SYS_mlock2, start + 4L * PAGE, 2L * PAGE, MLOCK_ONFAULT_TOO, 0, 0),
                         0);
        assert_int_equal(locked_kilobytes(), KILOBYTES);
        assert_int_equal(touch(start + 2L * PAGE, 6), OG_OK);
        reset();
        assert_int_equal(locked_kilobytes(), 0);
    }
    long start = map(0, PAGE, MAP_ANONYMOUS, -1);
    assert_int_equal(kernel(SYS_mlock, start, 1, 0, 0, 0), 0);
    leave();
    assert_int_equal(locked_kilobytes(), 0);
}

static void memory_is_not_locked_where_the_options_do_not_say_so(void **state)
{
    (void)state;
    enter_another("plain.so", NULL);
    long start = map(0, PAGE, MAP_ANONYMOUS, -1);
    assert_int_equal(kernel(SYS_mlock, start, 1, 0, 0, 0), -EPERM);
    assert_int_equal(kernel(SYS_mlock2, start, 1, 0, 0, 0), -EPERM);
    assert_int_equal(kernel(SYS_munlock, start, 1, 0, 0, 0), -EPERM);
    assert_int_equal(locked_kilobytes(), 0);
    leave();
}

/* --- code that comes late --- */

static char late_folder[128], late_pages[128]; /* a library with pages of code behind it */
static long late_offset;                       /* of the first of them */
enum late_page {
    ANSWERS,   /* returns 42 */
    BEGINS,    /* the same, and ends with a part of a WRPKRU */
    ENDS,      /* begins with the rest of it, and returns 42 from its 16th byte on */
    FORBIDDEN, /* holds one */
    LATE_PAGES
};

static void write_late_pages(const char *path)
{
    static char pages[LATE_PAGES][PAGE];
    static const unsigned char answers[] = {0xb8, 42, 0, 0, 0, 0xc3}; /* mov $42, %eax; ret */
    size_t size;
    const char *library_bytes = read_library("libogbooks.so", &size);
    memset(pages, 0xcc, sizeof(pages));
    memcpy(pages[ANSWERS], answers, sizeof(answers));
    memcpy(pages[BEGINS], answers, sizeof(answers));
    memcpy(pages[BEGINS] + PAGE - 2, "\x0f\x01", 2);
    memcpy(pages[ENDS], "\xef", 1);
    memcpy(pages[ENDS] + 16, answers, sizeof(answers));
    memcpy(pages[FORBIDDEN] + 100, "\x0f\x01\xef", 3);
    write_file(path, library_bytes, size);
    late_offset = ((long)size + PAGE - 1) & -PAGE;
    FILE *file = fopen(path, "r+");
    assert_non_null(file);
    assert_int_equal(fseek(file, late_offset, SEEK_SET), 0);
    assert_int_equal(fwrite(pages, 1, sizeof(pages), file), sizeof(pages));
    assert_int_equal(fclose(file), 0);
}

/* From now on `domain` is another one, that may load what is in late_folder. */
static void enter_with_late_folder(const char *name, unsigned deadline_ms)
{
    mkdir(in_folder(late_folder, "late"), 0755);
    write_late_pages(in_folder(late_pages, "late/pages.so"));
    const struct og_options options = {.isolation = OG_MPK,
                                       .late_folders = (const char *const[]){late_folder, NULL},
                                       .deadline_ms = deadline_ms};
    enter_another(name, &options);
}

/* What the call comes to; in *result what mmap has answered. */
static enum og_error try_to_map(long address, long size, int protection, int flags, long file,
                                long offset, long *result)
{
    struct og_scope scope;
    og_scope_begin(domain, &scope);
    enum og_error error =
        CALL(scope, boxed("map_all"),
             *result = AS(six *)(address, size, protection, MAP_PRIVATE | flags, file, offset));
    og_scope_end(&scope);
    return error;
}

static long map_late(long address, enum late_page page, int protection, long file)
{
    long result = 0;
    assert_int_equal(try_to_map(address, PAGE, protection, address ? MAP_FIXED : 0, file,
                                late_offset + (long)page * PAGE, &result),
                     OG_OK);
    return result;
}

static enum og_error call_code(long address, long *result)
{
    return call_words("call_at", result, address, 0, 0, 0);
}

static void assert_answers(long address)
{
    long result = 0;
    assert_int_equal(call_code(address, &result), OG_OK);
    assert_int_equal(result, 42);
}

/* A page of memory, and behind it one of code. */
static long load_late(long file)
{
    long start = map_late(0, ANSWERS, PROT_READ, file);
    assert_true(start > 0);
    long code = map_late(start + PAGE, ANSWERS, PROT_READ | PROT_EXEC, file);
    assert_int_equal(code, start + PAGE);
    assert_answers(code);
    return code;
}

static void late_code_is_gone_at_reset(void **state)
{
    (void)state;
    enter_with_late_folder("plain.so", 0);
    for (int round = 0; round < 2; round++) {
        long code = load_late(open_inside(late_pages));
        reset();
        assert_int_equal(call_code(code, NULL), OG_FAULTED);
        assert_int_equal(fault.signal, SIGSEGV);
        reset();
        assert_int_equal(map(code, PAGE, MAP_ANONYMOUS | MAP_FIXED, -1), code);
        assert_int_equal(*(char *)code, 0);
        assert_int_equal(touch(code, 1), OG_OK);
        assert_int_equal(call_code(code, NULL), OG_FAULTED);
        reset();
        assert_int_equal(touch(code, 1), OG_FAULTED);
        reset();
    }
    leave();
}

static void late_code_cannot_be_written(void **state)
{
    (void)state;
    enter_with_late_folder("plain.so", 0);
    long file = open_inside(late_pages), code = load_late(file);
    assert_int_equal(kernel(SYS_mprotect, code, PAGE, PROT_READ | PROT_WRITE, 0, 0), -EACCES);
    assert_int_equal(kernel(SYS_mprotect, code, PAGE, PROT_READ | PROT_EXEC, 0, 0), -EPERM);
    assert_int_equal(kernel(SYS_mprotect, code, PAGE, PROT_NONE, 0, 0), 0);
    assert_int_equal(kernel(SYS_getrandom, code, 8, 0, 0, 0), -EFAULT);
    assert_int_equal(kernel(SYS_getrandom, code - 4, 8, 0, 0, 0), -EFAULT);
    assert_int_equal(kernel(SYS_read, file, code, 8, 0, 0), -EFAULT);
    assert_int_equal(kernel(SYS_pread64, file, code, 8, 0, 0), -EFAULT);
    assert_int_equal(kernel(SYS_clock_gettime, 0, code, 0, 0, 0), -EFAULT);
    assert_int_equal(kernel(SYS_madvise, code, PAGE, MADV_DONTNEED, 0, 0), -EINVAL);
    assert_answers(code);
    /* By the host neither, nor what lies beside it, and may become code. */
    struct og_scope scope;
    og_scope_begin(domain, &scope);
    for (long page = code - PAGE; page <= code + PAGE; page += PAGE) {
        char og_foreign *foreign = (char og_foreign *)page;
        assert_null(og_upgrade_mut(&scope.access, foreign, 1, &fault));
        assert_non_null(og_upgrade(&scope.access, foreign, 1, &fault));
    }
    og_scope_end(&scope);
    assert_int_equal(touch(code, 1), OG_FAULTED);
    reset();
    leave();
}

static void late_code_is_mapped_over_as_a_whole(void **state)
{
    (void)state;
    long both = 0;
    enter_with_late_folder("plain.so", 0);
    long file = open_inside(late_pages);
    assert_int_equal(try_to_map(0, 2L * PAGE, PROT_READ | PROT_EXEC, 0, file, late_offset, &both),
                     OG_OK);
    assert_true(both > 0);
    long second = both + PAGE;
    assert_answers(both);
    assert_answers(second);
    assert_int_equal(map(second, PAGE, MAP_ANONYMOUS | MAP_FIXED, -1), second);
    assert_int_equal(touch(second, 1), OG_OK);
    assert_answers(both);
    /* What is written there does not become code with it. */
    memcpy((char *)second, "\x0f\x01", 2);
    memcpy((char *)second + 2, "\xef", 1);
    assert_int_equal(map_late(second, ANSWERS, PROT_READ | PROT_EXEC, file), second);
    assert_answers(second);
    assert_int_equal(map_late(both, ANSWERS, PROT_READ, file), both);
    assert_int_equal(touch(both, 1), OG_OK);
    assert_answers(second);
    assert_int_equal(kernel(SYS_munmap, both, 2L * PAGE, 0, 0, 0), 0);
    assert_int_equal(call_code(second, NULL), OG_FAULTED);
    reset();
    file = open_inside(late_pages);
    long code = load_late(file);
    assert_int_equal(map_late(code, ANSWERS, PROT_READ, file), code);
    assert_int_equal(call_code(code, NULL), OG_FAULTED);
    reset();
    leave();
}

static void late_code_is_made_of_what_the_options_name(void **state)
{
    (void)state;
    char path[128], readable[128];
    long start = 0;
    mkdir(in_folder(late_folder, "late"), 0755);
    mkdir(in_folder(readable, "readable"), 0755);
    mkdir(in_folder(path, "late/below"), 0755);
    write_late_pages(in_folder(path, "late/below/pages.so"));
    write_late_pages(in_folder(path, "readable/pages.so"));
    write_file(in_folder(path, "late/text"), "text", 4);
    if (symlink("../readable/pages.so", in_folder(path, "late/link.so")))
        assert_int_equal(errno, EEXIST);
    const struct og_options without = {.isolation = OG_MPK,
                                       .readable_paths = (const char *const[]){folder, NULL}};
    enter_another("plain.so", &without);
    long file = open_inside(in_folder(path, "readable/pages.so"));
    assert_true(file >= 0);
    assert_int_equal(map_late(0, ANSWERS, PROT_READ | PROT_EXEC, file), -EPERM);
    leave();
    write_late_pages(in_folder(late_pages, "late/pages.so"));
    const struct og_options with = {.isolation = OG_MPK,
                                    .readable_paths = (const char *const[]){readable, folder, NULL},
                                    .late_folders = (const char *const[]){late_folder, NULL}};
    enter_another("plain.so", &with);
    file = open_inside(in_folder(path, "readable/pages.so"));
    assert_int_equal(map_late(0, ANSWERS, PROT_READ | PROT_EXEC, file), -EPERM);
    assert_int_equal(kernel(SYS_close, file, 0, 0, 0, 0), 0);
    file = open_inside(in_folder(path, "late/below/pages.so"));
    assert_int_equal(map_late(0, ANSWERS, PROT_READ | PROT_EXEC, file), -EPERM);
    file = open_inside(in_folder(path, "late/text")); /* is readable, and no library */
    assert_true(file >= 0);
    assert_int_equal(try_to_map(0, PAGE, PROT_READ | PROT_EXEC, 0, file, 0, &start), OG_OK);
    assert_int_equal(start, -EPERM);
    file = open_inside(in_folder(path, "late/link.so")); /* leads out of it, to what is readable */
    assert_int_equal(map_late(0, ANSWERS, PROT_READ | PROT_EXEC, file), -EPERM);
    file = open_inside(late_pages); /* by both */
    long code = load_late(file), early = map(0, PAGE, MAP_ANONYMOUS, -1);
    assert_int_equal(map_late(code, ANSWERS, PROT_READ | PROT_WRITE | PROT_EXEC, file), -EPERM);
    assert_int_equal(map_late(early, ANSWERS, PROT_READ | PROT_EXEC, file), -ENOMEM);
    assert_int_equal(touch(early, 1), OG_OK);
    assert_int_equal(try_to_map(0, PAGE, PROT_READ | PROT_EXEC, MAP_ANONYMOUS, -1, 0, &start),
                     OG_OK);
    assert_int_equal(start, -EPERM);
    reset();
    leave();
    static const char *const bad[] = {"/proc", "/proc/self", "/no/such/folder", "/etc/passwd"};
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        const struct og_options options = {.isolation = OG_MPK,
                                           .late_folders = (const char *const[]){bad[i], NULL}};
        assert_int_equal(try_to_open(library, &options), OG_BAD_ARGUMENT);
        assert_string_equal(fault.symbol, bad[i]);
    }
}

/* What is refused ends the call, and nothing of it is there. */
static void assert_refused(long address, enum late_page page, long file)
{
    long result = 0;
    assert_int_equal(try_to_map(address, PAGE, PROT_READ | PROT_EXEC, MAP_FIXED, file,
                                late_offset + (long)page * PAGE, &result),
                     OG_FORBIDDEN);
    assert_non_null(strstr(fault.message, "WRPKRU at offset 0x"));
    assert_non_null(strstr(fault.message, "pages.so"));
    assert_int_equal(*(long *)address, 0);
    reset();
    assert_int_equal(call_code(address, NULL), OG_FAULTED);
    reset();
}

static void late_code_that_is_refused_is_not_there(void **state)
{
    (void)state;
    char other[128];
    enter_with_late_folder("plain.so", 0);
    write_late_pages(in_folder(other, "late/otherpages.so"));
    long code = load_late(open_inside(late_pages));
    assert_refused(code, FORBIDDEN, open_inside(late_pages));
    /* Over the seam of two libraries, whichever comes first. */
    for (int first = 0; first < 2; first++) {
        long one = open_inside(late_pages), two = open_inside(other);
        code = load_late(one);
        long low = code + PAGE, high = low + PAGE;
        if (first) {
            assert_int_equal(map_late(low, BEGINS, PROT_READ | PROT_EXEC, one), low);
            assert_answers(low);
            assert_refused(high, ENDS, two);
        } else {
            assert_int_equal(map_late(high, ENDS, PROT_READ | PROT_EXEC, two), high);
            assert_answers(high + 16);
            assert_refused(low, BEGINS, one);
        }
    }
    /* They can be there one after the other, and apart. */
    long file = open_inside(late_pages);
    code = load_late(file);
    assert_int_equal(map_late(code + PAGE, BEGINS, PROT_READ | PROT_EXEC, file), code + PAGE);
    assert_int_equal(map(code + PAGE, PAGE, MAP_ANONYMOUS | MAP_FIXED, -1), code + PAGE);
    assert_int_equal(map_late(code + 2L * PAGE, ENDS, PROT_READ | PROT_EXEC, file),
                     code + 2L * PAGE);
    assert_refused(code + PAGE, BEGINS, file);
    leave();
}

static enum og_error load_and_call(const char *path, long *result)
{
    struct og_scope scope;
    og_scope_begin(domain, &scope);
    char og_mut *text = og_alloc(&scope, char, 256, &fault);
    assert_int_equal(og_write_array(&scope.access, text, path, strlen(path) + 1, &fault), OG_OK);
    enum og_error error =
        CALL(scope, boxed("load_and_call"), *result = AS(words *)((long)og_pass(text), 0, 0, 0));
    og_scope_end(&scope);
    return error;
}

static void libraries_are_loaded_late_again_and_again(void **state)
{
    (void)state;
    char path[128], forbidden[128];
    long result = 0;
    enter_with_late_folder("plain.so", 0);
    copy_library("libogbooks.so", in_folder(path, "late/boots.so")); /* finds -ENOSYS */
    copy_library("libogforbidden.so", in_folder(forbidden, "late/libogforbidden.so"));
    assert_int_equal(load_and_call(path, &result), OG_OK);
    long before = count_mappings();
    for (int i = 0; i < 50; i++) {
        assert_int_equal(load_and_call(path, &result), OG_OK);
        assert_int_equal(result, -ENOSYS);
        if (i % 10 == 9)
            reset();
    }
    assert_true(count_mappings() <= before + 2);
    assert_int_equal(load_and_call(forbidden, &result), OG_FORBIDDEN);
    assert_non_null(strstr(fault.message, "libogforbidden.so"));
    reset();
    copy_library("libogbooks.so", in_folder(path, "late/smuggles.so"));
    assert_int_equal(load_and_call(path, &result), OG_OK); /* asks for code where none may be */
    assert_true(result > 0);
    assert_int_equal(call_code(result, NULL), OG_FAULTED);
    reset();
    copy_library("libogbooks.so", in_folder(path, "notlate.so"));
    assert_int_equal(load_and_call(path, &result), OG_OK);
    assert_int_equal(result, -1);
    leave();
}

struct fill {
    long page, done;
    enum og_error error;
};

static void *fill_often(void *user)
{
    struct fill *fill = user;
    for (int i = 0; i < 100 && !fill->error; i++) {
        long done = 0;
        fill->error = call_words("fill_often", &done, fill->page, 20, 0, 0);
        fill->done += done;
    }
    return user;
}

/* One has it filled with whatever there is, the other makes code of it. */
static void a_second_thread_writes_nothing_that_becomes_code(void **state)
{
    (void)state;
    enum { TIMES = 20, ROUNDS = 50 };
    enter_with_late_folder("plain.so", 0);
    long file = open_inside(late_pages), code = load_late(file), good = 0, result;
    struct fill fill = {.page = code};
    pthread_t thread;
    assert_int_equal(pthread_create(&thread, NULL, fill_often, &fill), 0);
    for (int i = 0; i < ROUNDS; i++) {
        assert_int_equal(call_words("make_code_often", &result, code, file, late_offset, TIMES),
                         OG_OK);
        good += result;
        assert_answers(code);
        assert_int_equal(map(code, PAGE, MAP_ANONYMOUS | MAP_FIXED, -1), code);
    }
    pthread_join(thread, NULL);
    assert_int_equal(fill.error, OG_OK);
    assert_int_equal(good, TIMES * ROUNDS);
    leave();
}

static atomic_bool watching;

/* The process's mappings that can be written and executed, as often as they can be listed. */
static void *watch_mappings(void *user)
{
    long *found = user;
    while (watching) {
        char line[512], rights[5] = "";
        FILE *maps = fopen("/proc/self/maps", "r");
        while (maps && fgets(line, sizeof(line), maps))
            if (sscanf(line, "%*x-%*x %4s", rights) == 1 && rights[1] == 'w' && rights[2] == 'x')
                ++*found;
        if (maps)
            fclose(maps);
    }
    return user;
}

static void late_code_is_never_writable(void **state)
{
    (void)state;
    enum { TIMES = 20, ROUNDS = 20 };
    enter_with_late_folder("plain.so", 0);
    long file = open_inside(late_pages), code = load_late(file), found = 0, result;
    pthread_t thread;
    watching = true;
    assert_int_equal(pthread_create(&thread, NULL, watch_mappings, &found), 0);
    for (int i = 0; i < ROUNDS; i++) {
        assert_int_equal(call_words("make_code_often", &result, code, file, late_offset, TIMES),
                         OG_OK);
        assert_int_equal(result, TIMES);
        assert_int_equal(kernel(SYS_munmap, code, PAGE, 0, 0, 0), 0);
    }
    watching = false;
    pthread_join(thread, NULL);
    assert_int_equal(found, 0);
    leave();
}

static void a_child_of_fork_loads_late_for_itself(void **state)
{
    (void)state;
    int status = -1;
    enter_with_late_folder("plain.so", 0);
    long file = open_inside(late_pages), code = load_late(file);
    (void)boxed("make_code_often"); /* a child looks up nothing that is new */
    (void)boxed("touch_pages");
    pid_t child = fork();
    if (child == 0) {
        long result = 0;
        bool good = !call_code(code, &result) && result == 42;
        good = good && !call_words("make_code_often", &result, code + PAGE, file, late_offset, 3) &&
               result == 3;
        good = good && call_words("touch_pages", NULL, code, 1, 0, 0) == OG_FAULTED;
        good = good && !og_domain_reset(domain, &fault);
        good = good && call_code(code, NULL) == OG_FAULTED;
        _exit(good ? 0 : 1);
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_exited_well(status);
    assert_answers(code);
    assert_int_equal(call_code(code + PAGE, NULL), OG_FAULTED);
    reset();
    leave();
}

static enum og_error map_much_late_code(void)
{
    enum { SIZE = 60 << 20 };
    long result = 0;
    assert_int_equal(truncate(late_pages, SIZE), 0);
    long file = open_inside(late_pages);
    assert_true(file >= 0);
    return try_to_map(0, SIZE, PROT_READ | PROT_EXEC, 0, file, 0, &result);
}

static unsigned milliseconds_now(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (unsigned)(now.tv_sec * 1000 + now.tv_nsec / 1000000);
}

/* Where the deadline is short, finding a function for the first time can take longer. */
static void look_up_patiently(const char *name)
{
    struct og_function function;
    enum og_error error;
    while ((error = og_domain_lookup(domain, name, &function, &fault)) == OG_DEADLINE)
        reset();
    assert_int_equal(error, OG_OK);
}

/* A fourth of what it takes without one, which is to be told that there is an instruction in it. */
static void much_late_code_ends_at_the_deadline(void **state)
{
    (void)state;
    enter_with_late_folder("plain.so", 0);
    unsigned start = milliseconds_now();
    assert_int_equal(map_much_late_code(), OG_FORBIDDEN);
    unsigned took = milliseconds_now() - start;
    leave();
    enter_with_late_folder("plain.so", 1 + took / 4);
    look_up_patiently("kernel_call");
    look_up_patiently("map_all");
    look_up_patiently("call_at");
    assert_int_equal(map_much_late_code(), OG_DEADLINE);
    reset();
    write_late_pages(late_pages);
    load_late(open_inside(late_pages));
    leave();
}

/* --- files --- */

static void what_proc_tells_is_not_granted_by_its_folder(void **state)
{
    (void)state;
    static const char *const refused[] = {"/proc", "/proc/self", "/proc/self/mem", "/sys"};
    char path[128];
    for (size_t i = 0; i < sizeof(refused) / sizeof(refused[0]); i++) {
        struct og_options options = {.isolation = OG_MPK,
                                     .readable_paths = (const char *const[]){refused[i], NULL}};
        if (access(refused[i], F_OK))
            continue;
        assert_int_equal(try_to_open(library, &options), OG_BAD_ARGUMENT);
        assert_string_equal(fault.symbol, refused[i]);
    }
    struct og_options all = {.isolation = OG_MPK,
                             .readable_paths = (const char *const[]){"/", "/proc/version", NULL}};
    write_file(in_folder(path, "text"), "text", 4);
    enter_another("plain.so", &all);
    assert_true(can_read(path));
    assert_true(can_read("/proc/version"));
    assert_false(can_read("/proc/self/mem"));
    assert_false(can_read("/proc/thread-self/maps"));
    assert_false(can_read("/proc/cpuinfo"));
    assert_false(can_read("/dev/null"));
    leave();
}

static void a_granted_file_that_becomes_a_processs_is_refused(void **state)
{
    (void)state;
    char path[128];
    write_file(in_folder(path, "changes"), "text", 4);
    const struct og_options options = {.isolation = OG_MPK,
                                       .readable_paths = (const char *const[]){path, NULL}};
    enter_another("plain.so", &options);
    assert_true(can_read(path));
    remove(path);
    assert_int_equal(symlink("/proc/self/maps", path), 0);
    assert_false(can_read(path));
    leave();
}

static atomic_bool exchanging;
static atomic_long exchanges;

/* Makes the granted file a process's and itself again, as often as it can. */
static void *exchange_often(void *unused)
{
    char path[128], other[128];
    in_folder(path, "granted-file");
    in_folder(other, "link-to-maps");
    while (exchanging)
        exchanges += !syscall(SYS_renameat2, AT_FDCWD, path, AT_FDCWD, other, RENAME_EXCHANGE);
    if (exchanges % 2)
        syscall(SYS_renameat2, AT_FDCWD, path, AT_FDCWD, other, RENAME_EXCHANGE);
    return unused;
}

/* Whatever it is when it is looked at, and when it is opened. */
static void a_granted_file_that_changes_all_the_time_is_itself_or_refused(void **state)
{
    (void)state;
    enum { OPENED = 200, TRIES = 400 };
    char path[128], other[128];
    pthread_t thread;
    long opened = 0, wrong = 0, now;
    write_file(in_folder(path, "granted-file"), "text", 4);
    assert_int_equal(symlink("/proc/self/maps", in_folder(other, "link-to-maps")), 0);
    const struct og_options options = {.isolation = OG_MPK,
                                       .readable_paths = (const char *const[]){path, NULL}};
    enter_another("plain.so", &options);
    assert_true(can_read(path));
    exchanging = true;
    exchanges = 0;
    assert_int_equal(pthread_create(&thread, NULL, exchange_often, NULL), 0);
    for (int i = 0; i < TRIES || opened < OPENED || exchanges < OPENED; i++) {
        long first = 0, file = open_inside(path);
        if (file < 0)
            continue;
        opened++;
        assert_int_equal(call_words("first_bytes", &first, file, 0, 0, 0), OG_OK);
        memcpy(&now, "text\0\0\0", sizeof(now));
        wrong += first != now;
        assert_int_equal(kernel(SYS_close, file, 0, 0, 0, 0), 0);
    }
    exchanging = false;
    pthread_join(thread, NULL);
    assert_int_equal(wrong, 0);
    leave();
}

/* Opening alone can have an effect: who waits for a pipe's other end hears of it. */
static bool is_heard(int events)
{
    struct epoll_event event;
    bool heard = false;
    while (epoll_wait(events, &event, 1, 0) > 0)
        heard = true;
    return heard;
}

static void what_is_no_file_is_not_even_opened(void **state)
{
    (void)state;
    char granted[128], pipe[128];
    mkdir(in_folder(granted, "with-pipe"), 0755);
    assert_int_equal(mkfifo(in_folder(pipe, "with-pipe/pipe"), 0600), 0);
    const struct og_options options = {.isolation = OG_MPK,
                                       .readable_paths = (const char *const[]){granted, NULL}};
    int reader = open(pipe, O_RDONLY | O_NONBLOCK), writer = open(pipe, O_WRONLY);
    int events = epoll_create1(0);
    struct epoll_event event = {.events = EPOLLOUT | EPOLLET};
    assert_true(reader >= 0 && writer >= 0);
    assert_int_equal(epoll_ctl(events, EPOLL_CTL_ADD, writer, &event), 0);
    close(reader);
    (void)is_heard(events);
    close(open(pipe, O_PATH));
    assert_false(is_heard(events));
    close(open(pipe, O_RDONLY | O_NONBLOCK));
    assert_true(is_heard(events));
    enter_another("plain.so", &options);
    (void)is_heard(events);
    assert_int_equal(open_inside(pipe), -EACCES);
    assert_false(is_heard(events));
    leave();
    close(events);
    close(writer);
}

static void links_do_not_lead_out_of_a_granted_folder(void **state)
{
    (void)state;
    char granted[128], path[128], secret_path[128];
    mkdir(in_folder(granted, "granted"), 0755);
    write_file(in_folder(secret_path, "secret.txt"), "secret", 6);
    write_file(in_folder(path, "granted/text"), "text", 4);
    assert_int_equal(symlink(secret_path, in_folder(path, "granted/absolute")), 0);
    assert_int_equal(symlink("../secret.txt", in_folder(path, "granted/relative")), 0);
    assert_int_equal(symlink("text", in_folder(path, "granted/inside")), 0);
    assert_int_equal(symlink("..", in_folder(path, "granted/up")), 0);
    struct og_options options = {.isolation = OG_MPK,
                                 .readable_paths = (const char *const[]){granted, NULL}};
    enter_another("plain.so", &options);
    assert_true(can_read(in_folder(path, "granted/text")));
    assert_true(can_read(in_folder(path, "granted/inside")));
    assert_false(can_read(in_folder(path, "granted/absolute")));
    assert_false(can_read(in_folder(path, "granted/relative")));
    assert_false(can_read(in_folder(path, "granted/up/secret.txt")));
    assert_false(can_read(in_folder(path, "granted/../secret.txt")));
    assert_false(can_read(secret_path));
    assert_false(can_read(in_folder(path, "granted-text")));
    assert_true(can_read(in_folder(path, "granted/./none/..//text")));
    assert_int_equal(open_inside(in_folder(path, "granted/missing")), -ENOENT);
    assert_int_equal(open_inside(in_folder(path, "missing")), -EACCES);
    leave();
}

/* Of a library that is named by its path, the folder's other libraries are granted, not the rest.
 */
static void a_constructor_reads_libraries_only(void **state)
{
    (void)state;
    char path[128];
    long found = 0;
    write_file(in_folder(path, "ogsecret.txt"), "secret", 6);
    enter_another("ogreads.so", NULL);
    assert_int_equal(call_words("what_was_found", &found, 0, 0, 0, 0), OG_OK);
    assert_true(found < 0);
    leave();
}

/* Libraries but for one byte of their header, one that ends in it, and one that is whole. */
static void what_is_almost_a_library_is_none(void **state)
{
    (void)state;
    static const struct {
        size_t at;
        unsigned char wrong;
    } changes[] = {{EI_MAG0, 0},
                   {EI_MAG3, 'G'},
                   {EI_CLASS, ELFCLASS32},
                   {offsetof(Elf64_Ehdr, e_type), ET_EXEC},
                   {offsetof(Elf64_Ehdr, e_machine), EM_386}};
    enum { CHANGES = sizeof(changes) / sizeof(changes[0]) };
    char path[128], name[16];
    size_t size;
    long opened = 0;
    char *bytes = read_library("libogbooks.so", &size);
    for (int i = 0; i < CHANGES + 2; i++) {
        snprintf(name, sizeof(name), "almost%d", i);
        char right = i < CHANGES ? bytes[changes[i].at] : 0;
        if (i < CHANGES)
            bytes[changes[i].at] = (char)changes[i].wrong;
        write_file(in_folder(path, name), bytes, i == CHANGES ? sizeof(Elf64_Ehdr) - 1 : size);
        if (i < CHANGES)
            bytes[changes[i].at] = right;
    }
    enter_another("ogalmost.so", NULL);
    assert_int_equal(call_words("what_was_found", &opened, 0, 0, 0, 0), OG_OK);
    assert_int_equal(opened, 1L << (CHANGES + 1));
    leave();
}

static void a_library_in_the_root_folder_grants_nothing_else(void **state)
{
    (void)state;
    long found = 0;
    write_file("/ogsecret.txt", "secret", 6);
    copy_library("libogbooks.so", "/ogreads.so");
    main_domain = domain;
    domain = open_another("/ogreads.so", NULL);
    assert_int_equal(call_words("what_was_found", &found, 0, 0, 0, 0), OG_OK);
    assert_true(found < 0);
    assert_false(can_read("/ogsecret.txt"));
    leave();
    remove("/ogreads.so");
    remove("/ogsecret.txt");
}

static void a_library_in_the_root_folder_is_loaded_however_its_path_is_written(void **state)
{
    (void)state;
    static const char *const paths[] = {"/ogroot.so", "//ogroot.so", "/./ogroot.so",
                                        "/tmp/../ogroot.so", "./ogroot.so"};
    char here[128];
    copy_library("libogbooks.so", "/ogroot.so");
    assert_non_null(getcwd(here, sizeof(here)));
    assert_int_equal(chdir("/"), 0);
    for (size_t i = 0; i < sizeof(paths) / sizeof(paths[0]); i++) {
        long found = 0;
        main_domain = domain;
        domain = open_another(paths[i], NULL);
        assert_int_equal(call_words("what_was_found", &found, 0, 0, 0, 0), OG_OK);
        leave();
    }
    assert_int_equal(chdir(here), 0);
    remove("/ogroot.so");
}

static void what_is_granted_for_loading_is_libraries_where_they_belong(void **state)
{
    (void)state;
    static const char link[] = "/usr/local/lib/oglink.so", good[] = "/usr/local/lib/oggood.so";
    enum { BESIDE = 1, IN_SYSTEM_FOLDER = 2 }; /* not: below, out of the system's folders */
    char path[128];
    long found = -1;
    Dl_info libc;
    mkdir("/usr/local", 0755), mkdir("/usr/local/lib", 0755);
    mkdir(in_folder(path, "below"), 0755);
    copy_library("libogbooks.so", in_folder(path, "below/other.so"));
    assert_int_equal(symlink(path, link), 0);
    assert_true(dladdr(dlsym(RTLD_DEFAULT, "getppid"), &libc));
    assert_int_equal(symlink(libc.dli_fname, good), 0);
    enter_another("oglinks.so", NULL);
    remove(link);
    remove(good);
    assert_int_equal(call_words("what_was_found", &found, 0, 0, 0, 0), OG_OK);
    assert_int_equal(found, BESIDE | IN_SYSTEM_FOLDER);
    /* And no longer. */
    assert_true(access("/etc/ld.so.cache", R_OK) || open_inside("/etc/ld.so.cache") < 0);
    assert_true(open_inside(in_folder(path, "oglinks.so")) < 0);
    leave();
}

static void a_library_that_cannot_be_read_is_told_truly(void **state)
{
    (void)state;
    char path[128];
    copy_library("libogbooks.so", in_folder(path, "plain.so"));
    assert_int_equal(chdir(folder), 0);
    assert_int_equal(try_to_open("./plain.so", NULL), OG_OK);
    assert_int_equal(try_to_open("../plain.so", NULL), OG_NOT_FOUND);
    assert_non_null(strstr(fault.message, "No such file or directory"));
    assert_int_equal(chdir("/"), 0);
    assert_int_equal(try_to_open(in_folder(path, "missing.so"), NULL), OG_NOT_FOUND);
    assert_non_null(strstr(fault.message, "No such file or directory"));
    assert_int_equal(try_to_open(folder, NULL), OG_NOT_FOUND);
    assert_non_null(strstr(fault.message, "Is a directory"));
}

/* --- system calls --- */

static long memory; /* a page of the domain's */

static void enter_with_memory(const char *path)
{
    const struct og_options options = {.isolation = OG_MPK,
                                       .locked_size = PAGE,
                                       .readable_paths = (const char *const[]){path, folder, NULL}};
    enter_another("plain.so", &options);
    memory = map(0, 4L * PAGE, MAP_ANONYMOUS, -1);
    assert_true(memory > 0);
}

static long *word(size_t at)
{
    return (long *)memory + at;
}

static void arguments_of_system_calls_are_checked(void **state)
{
    (void)state;
    char path[128], text[2 * PAGE] = "the host's", before[sizeof(text)];
    enum { NO_CLOCK = 200, OUTPUT = 1, HOST_FD = 100, MANY = 1025, BOOTED = 0x6f67 };
    const long clock_of_process = ~(long)getpid() << 3 | 2, host = (long)text;
    write_file(in_folder(path, "text"), "text", 4);
    memcpy(before, text, sizeof(text));
    enter_with_memory(path);
    *word(0) = memory + PAGE, *word(1) = 8;
    *word(2) = -1, *word(3) = 0; /* no time, and one */
    *word(4) = 0, *word(5) = 1000;
    const struct {
        long number, a, b, c, d, result;
    } calls[] = {
        {SYS_readlink, memory, memory, 8, 0, -EINVAL},
        {SYS_ioctl, OUTPUT, 0, 0, 0, -ENOTTY},
        {SYS_rseq, memory, 32, 0, 0, -ENOSYS},
        {SYS_rt_sigaction, SIGSEGV, 0, 0, 8, -EPERM},
        {500, 0, 0, 0, 0, -EPERM},
        {100000, 0, 0, 0, 0, -EPERM},
        {1L << 40, 0, 0, 0, 0, -EPERM},
        {BOOTED, memory, 0, 0, 0, -ENOSYS},
        {SYS_prlimit64, 0, 7, memory, 0, -EPERM},
        {SYS_prlimit64, 0, 7, 0, host, -EFAULT},
        {SYS_clock_gettime, NO_CLOCK, memory, 0, 0, -EINVAL},
        {SYS_clock_gettime, clock_of_process, memory, 0, 0, -EINVAL},
        {SYS_clock_gettime, (long)(uint32_t)clock_of_process, memory, 0, 0, -EINVAL},
        {SYS_clock_gettime, 0, host, 0, 0, -EFAULT},
        {SYS_clock_getres, clock_of_process, memory, 0, 0, -EINVAL},
        {SYS_clock_getres, 0, host, 0, 0, -EFAULT},
        {SYS_gettimeofday, host, 0, 0, 0, -EFAULT},
        {SYS_time, host, 0, 0, 0, -EFAULT},
        {SYS_nanosleep, host, 0, 0, 0, -EFAULT},
        {SYS_clock_nanosleep, CLOCK_MONOTONIC, 0, host, 0, -EFAULT},
        {SYS_clock_nanosleep, CLOCK_MONOTONIC, TIMER_ABSTIME, host, 0, -EFAULT},
        {SYS_clock_nanosleep, CLOCK_PROCESS_CPUTIME_ID, 0, host, 0, -EINVAL},
        {SYS_uname, host, 0, 0, 0, -EFAULT},
        {SYS_sysinfo, host, 0, 0, 0, -EFAULT},
        {SYS_getrandom, host, 8, 0, 0, -EFAULT},
        {SYS_write, 0, memory, 1, 0, -EBADF},
        {SYS_write, HOST_FD, memory, 1, 0, -EBADF},
        {SYS_write, OUTPUT, memory, 5, 0, 5},
        {SYS_writev, HOST_FD, memory, 1, 0, -EBADF},
        {SYS_writev, OUTPUT, memory, 1, 0, 8},
        {SYS_writev, OUTPUT, memory, MANY, 0, -EINVAL},
        {SYS_writev, OUTPUT, host, 1, 0, -EFAULT},
        {SYS_arch_prctl, 0x1001, memory, 0, 0, -EINVAL}, /* ARCH_SET_GS */
        {SYS_arch_prctl, 0x1002, host, 0, 0, -EPERM},    /* ARCH_SET_FS */
        {SYS_futex, memory, FUTEX_WAIT, 8, 0, -EAGAIN},  /* it is another word */
        {SYS_futex, memory, FUTEX_WAIT_BITSET, 8, 0, -EINVAL},
        {SYS_futex, memory + 8, FUTEX_WAIT, 8, host, -EFAULT},
        {SYS_futex, memory + 8, FUTEX_WAIT, 8, memory + 16, -EINVAL},
        {SYS_futex, memory + 8, FUTEX_WAIT, 8, memory + 32, -ETIMEDOUT},
        {SYS_futex, memory + 9, FUTEX_WAIT, 8, 0, -EINVAL},
        {SYS_futex, host, FUTEX_WAIT, 0, 0, -EFAULT},
        {SYS_poll, host, 1, 0, 0, -EPERM},
        {SYS_poll, host, 0, 1, 0, 0},
        {SYS_ppoll, host, 1, memory + 32, 0, -EPERM},
        {SYS_ppoll, 0, 0, host, 0, -EFAULT},
        {SYS_ppoll, 0, 0, memory + 16, 0, -EINVAL},
        {SYS_select, -1, 0, 0, 0, -EINVAL},
        {SYS_select, 8, memory, 0, 0, -EPERM},
        {SYS_select, 8, 0, memory, 0, -EPERM},
        {SYS_select, 8, 0, 0, memory, -EPERM},
        {SYS_pselect6, -1, 0, 0, 0, -EINVAL},
        {SYS_pselect6, 8, memory, 0, 0, -EPERM},
        {SYS_rt_sigsuspend, memory, 4, 0, 0, -EINVAL},
        {SYS_rt_sigsuspend, host, 8, 0, 0, -EFAULT},
        {SYS_rt_sigtimedwait, memory, 0, memory + 32, 4, -EINVAL},
        {SYS_rt_sigtimedwait, host, 0, memory + 32, 8, -EFAULT},
        {SYS_rt_sigtimedwait, memory, 0, host, 8, -EFAULT},
        {SYS_rt_sigtimedwait, memory, 0, memory + 16, 8, -EINVAL},
        {SYS_rt_sigtimedwait, memory, 0, memory + 32, 8, -EAGAIN},
        {SYS_futex, memory, 3, 0, 0, -ENOSYS}, /* FUTEX_REQUEUE */
        {SYS_read, 0, memory, 1, 0, -EBADF},
        {SYS_read, HOST_FD, memory, 1, 0, -EBADF},
        {SYS_lseek, HOST_FD, 0, 0, 0, -EBADF},
        {SYS_fstat, HOST_FD, memory, 0, 0, -EBADF},
        {SYS_close, HOST_FD, 0, 0, 0, -EBADF},
        {SYS_close, 3, 0, 0, 0, -EBADF},
        {SYS_mmap, 0, PAGE, PROT_READ, MAP_SHARED | MAP_ANONYMOUS, -EPERM},
        {SYS_mmap, 0, PAGE, PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -EPERM},
        {SYS_mmap, 0, PAGE, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -EINVAL},
        {SYS_mmap, 0, 0, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -EINVAL},
        {SYS_mmap, host & -PAGE, PAGE, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -ENOMEM},
        {SYS_mprotect, memory, PAGE, PROT_READ | PROT_WRITE, 0, 0},
        {SYS_mprotect, memory, PAGE, PROT_READ | PROT_EXEC, 0, -EPERM},
        {SYS_mprotect, memory + 64L * PAGE, PAGE, PROT_READ | PROT_WRITE, 0, -EACCES},
        {SYS_mprotect, host & -PAGE, PAGE, PROT_READ, 0, -ENOMEM},
        {SYS_mprotect, host & -PAGE, PAGE, PROT_NONE, 0, -ENOMEM},
        {SYS_mprotect, memory + 8, PAGE, PROT_NONE, 0, -EINVAL},
        {SYS_mprotect, memory, 0, PROT_NONE, 0, 0},
        {SYS_munmap, host & -PAGE, PAGE, 0, 0, -EINVAL},
        {SYS_mlock, host, 1, 0, 0, -ENOMEM},
        {SYS_mlock2, host, 1, 0, 0, -ENOMEM},
        {SYS_munlock, host, 1, 0, 0, -ENOMEM},
    };
    int inherited = dup2(open(path, O_RDONLY), HOST_FD);
    assert_int_equal(inherited, HOST_FD);
    for (size_t i = 0; i < sizeof(calls) / sizeof(calls[0]); i++) {
        long result = kernel(calls[i].number, calls[i].a, calls[i].b, calls[i].c, calls[i].d, -1);
        if (result != calls[i].result)
            fail_msg("call %zu, of number %ld: %ld, not %ld", i, calls[i].number, result,
                     calls[i].result);
        assert_memory_equal(text, before, sizeof(text));
    }
    close(inherited);
    leave();
}

/* --- what is served --- */

static long kernel_for_the_host(long number, long a, long b, long c, long d, long e)
{
    long result = syscall(number, a, b, c, d, e, 0);
    return result == -1 ? -errno : result;
}

enum { USES = 34 };
struct use {
    long number, a, b, c, d, e;
    bool any; /* one answer is as good as another that is no error: an address, a time */
};

/* One use of each system call whose answer is the kernel's. `own` is a page of who makes them, with
 * a path at its start. */
static void use_each(six *make, long own, struct use uses[static USES], long answers[static USES])
{
    const long room = own + 2048, pause = own + 1024, none = own + 1536;
    const long flags = MAP_PRIVATE | MAP_ANONYMOUS;
    const long page = make(SYS_mmap, 0, PAGE, PROT_READ | PROT_WRITE, flags, -1);
    const long file = make(SYS_openat, AT_FDCWD, own, O_RDONLY, 0, 0);
    const struct use all[USES] = {
        {SYS_brk, 0, 0, 0, 0, 0, true},
        {SYS_mmap, 0, PAGE, PROT_READ, flags, -1, true},
        {SYS_mprotect, page, PAGE, PROT_READ | PROT_WRITE, 0, 0, false},
        {SYS_mlock, page, PAGE, 0, 0, 0, false},
        {SYS_mlock2, page, PAGE, MLOCK_ONFAULT, 0, 0, false},
        {SYS_munlock, page, PAGE, 0, 0, 0, false},
        {SYS_madvise, page, PAGE, MADV_DONTNEED, 0, 0, false},
        {SYS_munmap, page, PAGE, 0, 0, 0, false},
        {SYS_open, own, O_RDONLY, 0, 0, 0, true},
        {SYS_openat, AT_FDCWD, own, O_RDONLY, 0, 0, true},
        {SYS_read, file, room, 4, 0, 0, false},
        {SYS_pread64, file, room, 4, 2, 0, false},
        {SYS_lseek, file, 1, SEEK_SET, 0, 0, false},
        {SYS_fstat, file, room, 0, 0, 0, false},
        {SYS_close, file, 0, 0, 0, 0, false},
        {SYS_newfstatat, AT_FDCWD, own, room, 0, 0, false},
        {SYS_access, own, R_OK, 0, 0, 0, false},
        {SYS_faccessat, AT_FDCWD, own, R_OK, 0, 0, false},
        {SYS_write, 1, own, 0, 0, 0, false},
        {SYS_clock_gettime, CLOCK_REALTIME, room, 0, 0, 0, false},
        {SYS_clock_getres, CLOCK_REALTIME, room, 0, 0, 0, false},
        {SYS_gettimeofday, room, 0, 0, 0, 0, false},
        {SYS_time, 0, 0, 0, 0, 0, true},
        {SYS_nanosleep, pause, 0, 0, 0, 0, false},
        {SYS_clock_nanosleep, CLOCK_MONOTONIC, 0, pause, 0, 0, false},
        {SYS_poll, 0, 0, 1, 0, 0, false},
        {SYS_ppoll, 0, 0, pause, 0, 0, false},
        {SYS_select, 1, 0, 0, 0, none, false},
        {SYS_pselect6, 1, 0, 0, 0, none, false},
        {SYS_getrandom, room, 8, 0, 0, 0, false},
        {SYS_rt_sigprocmask, SIG_BLOCK, 0, room, 8, 0, false},
        {SYS_futex, room, FUTEX_WAKE, 1, 0, 0, false},
        {SYS_sched_yield, 0, 0, 0, 0, 0, false},
        {SYS_prlimit64, 0, RLIMIT_STACK, 0, room, 0, false},
    };
    for (size_t i = 0; i < USES; i++) {
        uses[i] = all[i];
        answers[i] = make(all[i].number, all[i].a, all[i].b, all[i].c, all[i].d, all[i].e);
    }
}

/* arch_prctl is served as well: no domain opens without. */
static void every_system_call_that_is_served_can_be_used(void **state)
{
    (void)state;
    static char hosts[PAGE];
    char path[128];
    struct use uses[USES];
    long kernels[USES], domains[USES];
    write_file(in_folder(path, "text"), "text", 4);
    enter_with_memory(path);
    const struct timespec pause = {0, 1};
    strcpy(hosts, path);
    memcpy(hosts + 1024, &pause, sizeof(pause));
    memcpy((char *)memory, hosts, sizeof(hosts));
    use_each(kernel_for_the_host, (long)hosts, uses, kernels);
    use_each(kernel, memory, uses, domains);
    for (size_t i = 0; i < USES; i++)
        if (kernels[i] < 0 || (uses[i].any ? domains[i] <= 0 : domains[i] != kernels[i]))
            fail_msg("number %ld: %ld, where the kernel says %ld", uses[i].number, domains[i],
                     kernels[i]);
    /* What is answered, and not as the kernel would. */
    const struct {
        long number, a, b, answer;
    } others[] = {
        {SYS_mremap, memory, PAGE, -ENOMEM},    /* malloc then copies */
        {SYS_writev, 1, memory + 3L * PAGE, 0}, /* one part, of nothing */
        {SYS_set_tid_address, memory, 0, 2},
        {SYS_gettid, 0, 0, 2},
        {SYS_getpid, 0, 0, 2},
        {SYS_set_robust_list, memory, 24, 0},
        {SYS_uname, memory + 2L * PAGE, 0, 0},
        {SYS_sysinfo, memory + 2L * PAGE, 0, 0},
    };
    for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++)
        assert_int_equal(kernel(others[i].number, others[i].a, others[i].b, 1, 0, 0),
                         others[i].answer);
    const struct {
        long number, a, b, c;
        int signal;
    } ends[] = {
        {SYS_exit, 0, 0, 0, 0},
        {SYS_exit_group, 0, 0, 0, 0},
        {SYS_kill, 2, SIGUSR1, 0, SIGUSR1},
        {SYS_tkill, 2, SIGUSR1, 0, SIGUSR1},
        {SYS_tgkill, 2, 2, SIGUSR1, SIGUSR1},
    };
    for (size_t i = 0; i < sizeof(ends) / sizeof(ends[0]); i++) {
        assert_int_equal(
            call_words("kernel_call", NULL, ends[i].number, ends[i].a, ends[i].b, ends[i].c),
            OG_FAULTED);
        assert_int_equal(fault.signal, ends[i].signal);
        reset();
    }
    leave();
}

static void files_and_paths_of_system_calls_are_checked(void **state)
{
    (void)state;
    char path[128], program[128];
    enum { FILES = 16, FIRST = 3 };
    write_file(in_folder(path, "text"), "text", 4);
    write_file(in_folder(program, "program"), "text", 4);
    assert_int_equal(chmod(program, 0755), 0);
    enter_with_memory(path);
    char *own = (char *)memory;
    strcpy(own, path);
    /* The host's memory names the same file. */
    assert_int_equal(kernel(SYS_open, (long)path, 0, 0, 0, 0), -EFAULT);
    assert_int_equal(kernel(SYS_access, (long)path, R_OK, 0, 0, 0), -EFAULT);
    assert_int_equal(kernel(SYS_newfstatat, AT_FDCWD, (long)path, memory, 0, 0), -EFAULT);
    assert_int_equal(kernel(SYS_newfstatat, AT_FDCWD, memory, (long)program, 0, 0), -EFAULT);
    assert_int_equal(kernel(SYS_open, memory, O_RDWR, 0, 0, 0), -EPERM);
    assert_int_equal(kernel(SYS_open, memory, O_WRONLY, 0, 0, 0), -EPERM);
    assert_int_equal(kernel(SYS_open, memory, O_CREAT, 0600, 0, 0), -EPERM);
    assert_int_equal(kernel(SYS_open, memory, O_TRUNC, 0, 0, 0), -EPERM);
    assert_int_equal(kernel(SYS_access, memory, R_OK, 0, 0, 0), 0);
    assert_int_equal(kernel(SYS_access, memory, W_OK, 0, 0, 0), -EACCES);
    assert_int_equal(kernel(SYS_access, memory, X_OK, 0, 0, 0), -EACCES);
    /* A folder can be asked what it is, and nothing else. */
    struct stat status;
    assert_int_equal(open_inside(folder), FIRST);
    assert_int_equal(kernel(SYS_fstat, FIRST, memory + 2L * PAGE, 0, 0, 0), 0);
    memcpy(&status, own + 2L * PAGE, sizeof(status));
    assert_true(S_ISDIR(status.st_mode));
    assert_int_equal(kernel(SYS_read, FIRST, memory, 4, 0, 0), -EISDIR);
    assert_int_equal(kernel(SYS_pread64, FIRST, memory, 4, 0, 0), -EISDIR);
    assert_int_equal(kernel(SYS_lseek, FIRST, 0, 0, 0, 0), -EBADF);
    assert_int_equal(kernel(SYS_getdents64, FIRST, memory, 64, 0, 0), -EPERM);
    assert_int_equal(map(0, PAGE, 0, FIRST), -EIO);
    strcpy(own, "text");
    assert_int_equal(kernel(SYS_openat, FIRST, memory, 0, 0, 0), -ENOENT);
    assert_int_equal(kernel(SYS_close, FIRST, 0, 0, 0, 0), 0);
    assert_int_equal(open_inside("text"), -ENOENT);
    memset(own, '/', 3L * PAGE);
    assert_int_equal(kernel(SYS_open, memory, 0, 0, 0, 0), -ENAMETOOLONG);
    strcpy(own, program);
    assert_int_equal(kernel(SYS_access, memory, X_OK, 0, 0, 0), 0);
    char pipe[128];
    assert_int_equal(mkfifo(in_folder(pipe, "pipe"), 0600), 0);
    strcpy(own, pipe);
    assert_int_equal(kernel(SYS_open, memory, 0, 0, 0, 0), -EACCES);
    assert_int_equal(kernel(SYS_access, memory, R_OK, 0, 0, 0), -EACCES);
    strcpy(own, program);
    /* As many as there are numbers, and no more. */
    int before = count_descriptors();
    for (long i = 0; i < FILES; i++)
        assert_int_equal(kernel(SYS_open, memory, 0, 0, 0, 0), FIRST + i);
    assert_int_equal(kernel(SYS_open, memory, 0, 0, 0, 0), -EMFILE);
    assert_int_equal(kernel(SYS_read, FIRST, (long)program, 1, 0, 0), -EFAULT);
    assert_int_equal(kernel(SYS_pread64, FIRST, (long)program, 1, 0, 0), -EFAULT);
    assert_int_equal(kernel(SYS_fstat, FIRST, (long)program, 0, 0, 0), -EFAULT);
    assert_int_equal(kernel(SYS_read, FIRST, memory, 4, 0, 0), 4);
    assert_int_equal(kernel(SYS_close, FIRST, 0, 0, 0, 0), 0);
    assert_int_equal(kernel(SYS_close, FIRST, 0, 0, 0, 0), -EBADF);
    assert_int_equal(kernel(SYS_read, FIRST, memory, 4, 0, 0), -EBADF);
    assert_int_equal(map(0, PAGE, 0, FIRST), -EBADF);
    assert_int_equal(map(0, PAGE, 0, FIRST + FILES), -EBADF);
    assert_int_equal(map(0, PAGE, 0, FIRST - 1), -EBADF);
    assert_int_equal(kernel(SYS_mmap, 0, PAGE, PROT_READ | PROT_EXEC, MAP_PRIVATE, FIRST + 1),
                     -EPERM);
    reset();
    assert_int_equal(count_descriptors(), before);
    assert_int_equal(kernel(SYS_read, FIRST + 1, map(0, PAGE, MAP_ANONYMOUS, -1), 4, 0, 0), -EBADF);
    leave();
}

static void a_constructor_is_not_believed_what_the_boot_program_says(void **state)
{
    (void)state;
    long found = 0;
    enter_another("boots.so", NULL);
    assert_int_equal(call_words("what_was_found", &found, 0, 0, 0, 0), OG_OK);
    assert_int_equal(found, -ENOSYS);
    leave();
}

/* As if the system refused: a hole that the host has made. */
static void a_call_ends_whose_memory_the_system_refuses_to_change(void **state)
{
    (void)state;
    enter_another("plain.so", NULL);
    long start = map(0, 4L * PAGE, MAP_ANONYMOUS, -1);
    assert_true(start > 0);
    void *hole = (void *)(start + PAGE);
    assert_int_equal(munmap(hole, PAGE), 0);
    assert_int_equal(call_words("kernel_call", NULL, SYS_munmap, start, 4L * PAGE, 0),
                     OG_NO_MEMORY);
    assert_int_equal(fault.system_error, ENOMEM);
    struct og_function function;
    assert_int_equal(og_domain_lookup(domain, "what_was_found", &function, &fault), OG_POISONED);
    assert_ptr_equal(mmap(hole, PAGE, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0),
                     hole);
    reset();
    assert_int_equal(call_words("what_was_found", NULL, 0, 0, 0, 0), OG_OK);
    leave();
}

static void a_signal_to_itself_ends_the_call(void **state)
{
    (void)state;
    enter_another("plain.so", NULL);
    assert_int_equal(kernel(SYS_kill, getpid(), 0, 0, 0, 0), -EPERM);
    assert_int_equal(call_words("kernel_call", NULL, SYS_kill, getpid(), SIGUSR1, 0), OG_FAULTED);
    assert_int_equal(fault.signal, SIGUSR1);
    reset();
    leave();
}

enum { VISITS = 200 };
static long times; /* in each visit */
static char text_path[128];

static long open_and_close(const struct og_function *function)
{
    struct og_scope scope;
    long opened = 0;
    og_scope_begin(domain, &scope);
    char og_mut *text = og_alloc(&scope, char, sizeof(text_path), NULL);
    if (text && !og_write_array(&scope.access, text, text_path, sizeof(text_path), NULL) &&
        !og_invoke_begin(&scope.access, function, NULL)) {
        opened = ((words *)function->entry)((long)og_pass(text), times, 0, 0);
        opened = og_invoke_end(&scope.access, NULL) ? -1 : opened;
    }
    og_scope_end(&scope);
    return opened;
}

static void *open_and_close_often(void *user)
{
    long opened = 0;
    for (int i = 0; i < VISITS; i++)
        opened += open_and_close(user);
    return (void *)opened;
}

/* In turn, which passes from visit to visit. */
static void two_threads_leave_no_descriptors(void **state)
{
    (void)state;
    times = getenv("OG_STRESS") ? 100 : 10;
    pthread_t threads[2];
    void *opened;
    write_file(in_folder(text_path, "text"), "text", 4);
    const struct og_options options = {.isolation = OG_MPK,
                                       .readable_paths = (const char *const[]){text_path, NULL}};
    enter_another("plain.so", &options);
    struct og_function function = boxed("open_and_close");
    int before = count_descriptors();
    for (int i = 0; i < 2; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, open_and_close_often, &function), 0);
    for (int i = 0; i < 2; i++) {
        assert_int_equal(pthread_join(threads[i], &opened), 0);
        assert_int_equal((long)opened, VISITS * times);
    }
    assert_int_equal(count_descriptors(), before);
    leave();
}

/* Every descriptor of what `path` names becomes one of what `other` names. How many. */
static int exchange_descriptors(const char *path, const char *other)
{
    struct stat wanted, status;
    int exchanged = 0, replacement = open(other, O_RDONLY);
    assert_true(replacement >= 0);
    assert_int_equal(stat(path, &wanted), 0);
    for (int i = 3; i < 1024; i++)
        if (i != replacement && !fstat(i, &status) && status.st_dev == wanted.st_dev &&
            status.st_ino == wanted.st_ino)
            exchanged += dup2(replacement, i) == i;
    close(replacement);
    return exchanged;
}

static int count_descriptors_of(const char *path)
{
    struct stat wanted, status;
    int count = 0;
    assert_int_equal(stat(path, &wanted), 0);
    for (int i = 3; i < 1024; i++)
        count +=
            !fstat(i, &status) && status.st_dev == wanted.st_dev && status.st_ino == wanted.st_ino;
    return count;
}

/* As by a host that closes all that it has inherited, and goes on. */
static void descriptors_that_the_host_has_used_again_are_not_the_domains(void **state)
{
    (void)state;
    char granted[128], own[128], text[128], other[128];
    mkdir(in_folder(granted, "granted-folder"), 0755);
    mkdir(in_folder(own, "own-folder"), 0755);
    write_file(in_folder(text, "granted-folder/text"), "text", 4);
    write_file(in_folder(other, "own-folder/text"), "secret", 6);
    const struct og_options options = {.isolation = OG_MPK,
                                       .readable_paths = (const char *const[]){granted, NULL}};
    enter_another("plain.so", &options);
    long file = open_inside(text), closed = open_inside(text), kept = open_inside(text);
    memory = map(0, PAGE, MAP_ANONYMOUS, -1);
    assert_true(file >= 0 && closed >= 0 && kept >= 0 && memory > 0);
    assert_int_equal(exchange_descriptors(granted, own), 1);
    assert_int_equal(open_inside(text), -ENOENT);
    assert_false(can_read(text));
    assert_int_equal(exchange_descriptors(text, other), 3);
    assert_int_equal(kernel(SYS_read, file, memory, 4, 0, 0), -EBADF);
    assert_int_equal(kernel(SYS_pread64, file, memory, 4, 0, 0), -EBADF);
    assert_int_equal(kernel(SYS_lseek, file, 0, SEEK_SET, 0, 0), -EBADF);
    assert_int_equal(kernel(SYS_fstat, file, memory, 0, 0, 0), -EBADF);
    assert_int_equal(map(0, PAGE, 0, file), -EBADF);
    /* Nor does the domain close them, by itself or when it is reset or closed. */
    assert_int_equal(kernel(SYS_close, closed, 0, 0, 0, 0), -EBADF);
    assert_int_equal(count_descriptors_of(other), 3);
    reset();
    assert_int_equal(count_descriptors_of(other), 3);
    leave();
    assert_int_equal(count_descriptors_of(own), 1);
}

int main(int argc, char **argv)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(code_that_is_refused_ends_the_opening),
        cmocka_unit_test(another_file_named_libc_is_not_the_systems),
        cmocka_unit_test(the_runtimes_stacks_cannot_be_mapped_over),
        cmocka_unit_test(pages_of_a_file_are_memory_again),
        cmocka_unit_test(references_reach_what_was_granted_once),
        cmocka_unit_test(what_a_constructor_has_mapped_of_a_file_stays),
        cmocka_unit_test(a_large_file_is_copied_until_the_deadline),
        cmocka_unit_test(memory_is_no_code_for_a_thread_that_executes_what_it_reads),
        cmocka_unit_test(a_host_that_locks_its_memory_has_domains),
        cmocka_unit_test(memory_that_is_not_mapped_cannot_be_touched),
        cmocka_unit_test(heap_and_mappings_together_are_limited),
        cmocka_unit_test(memory_is_limited_while_loading),
        cmocka_unit_test(the_hosts_mappings_are_limited_while_loading),
        cmocka_unit_test(the_hosts_mappings_are_limited_after_loading),
        cmocka_unit_test(denied_memory_keeps_what_it_holds),
        cmocka_unit_test(denied_memory_cannot_be_touched),
        cmocka_unit_test(denied_memory_is_let_go_of),
        cmocka_unit_test(what_is_denied_does_not_divide_the_hosts_mappings_without_end),
        cmocka_unit_test(memory_is_locked_as_far_as_the_options_say),
        cmocka_unit_test(memory_is_not_locked_where_the_options_do_not_say_so),
        cmocka_unit_test(late_code_is_gone_at_reset),
        cmocka_unit_test(late_code_cannot_be_written),
        cmocka_unit_test(late_code_is_mapped_over_as_a_whole),
        cmocka_unit_test(late_code_is_made_of_what_the_options_name),
        cmocka_unit_test(late_code_that_is_refused_is_not_there),
        cmocka_unit_test(libraries_are_loaded_late_again_and_again),
        cmocka_unit_test(a_second_thread_writes_nothing_that_becomes_code),
        cmocka_unit_test(late_code_is_never_writable),
        cmocka_unit_test(a_child_of_fork_loads_late_for_itself),
        cmocka_unit_test(much_late_code_ends_at_the_deadline),
        cmocka_unit_test(what_proc_tells_is_not_granted_by_its_folder),
        cmocka_unit_test(a_granted_file_that_becomes_a_processs_is_refused),
        cmocka_unit_test(a_granted_file_that_changes_all_the_time_is_itself_or_refused),
        cmocka_unit_test(what_is_no_file_is_not_even_opened),
        cmocka_unit_test(links_do_not_lead_out_of_a_granted_folder),
        cmocka_unit_test(a_constructor_reads_libraries_only),
        cmocka_unit_test(what_is_almost_a_library_is_none),
        cmocka_unit_test(a_library_in_the_root_folder_grants_nothing_else),
        cmocka_unit_test(a_library_in_the_root_folder_is_loaded_however_its_path_is_written),
        cmocka_unit_test(what_is_granted_for_loading_is_libraries_where_they_belong),
        cmocka_unit_test(a_library_that_cannot_be_read_is_told_truly),
        cmocka_unit_test(arguments_of_system_calls_are_checked),
        cmocka_unit_test(every_system_call_that_is_served_can_be_used),
        cmocka_unit_test(files_and_paths_of_system_calls_are_checked),
        cmocka_unit_test(a_constructor_is_not_believed_what_the_boot_program_says),
        cmocka_unit_test(a_call_ends_whose_memory_the_system_refuses_to_change),
        cmocka_unit_test(a_signal_to_itself_ends_the_call),
        cmocka_unit_test(descriptors_that_the_host_has_used_again_are_not_the_domains),
        cmocka_unit_test(two_threads_leave_no_descriptors),
    };
    snprintf(folder, sizeof(folder), "/tmp/omniglot-books-XXXXXX");
    mkdir("/tmp", 01777);
    if (!mkdtemp(folder)) {
        perror(folder);
        return 2;
    }
    int failed = run_mpk_tests(argc, argv, tests, sizeof(tests) / sizeof(tests[0]));
    char command[128];
    snprintf(command, sizeof(command), "rm -r %s", folder);
    return system(command) ? 2 : failed;
}
