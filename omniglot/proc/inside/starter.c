/* The starter: from the kernel's exec to the system's dynamic loader, inside the arena. */
#include "starter.h"

#include <elf.h>
#include <errno.h>
#include <linux/capability.h>
#include <linux/prctl.h>
#include <sched.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>

struct proc_control *starter_control;

/* The kernel takes the fourth argument in r10. */
__asm__(".text\n"
        ".globl starter_call\n"
        "starter_call:\n"
        "    mov %rdi, %rax\n"
        "    mov %rsi, %rdi\n"
        "    mov %rdx, %rsi\n"
        "    mov %rcx, %rdx\n"
        "    mov %r8, %r10\n"
        "    mov %r9, %r8\n"
        "    mov 8(%rsp), %r9\n"
        "    syscall\n"
        "    ret\n");

_Noreturn void starter_fail(int status)
{
    for (;;)
        starter_call(SYS_exit_group, status, 0, 0, 0, 0, 0);
}

static void insist(bool truth, enum starter_failure otherwise)
{
    if (!truth)
        starter_fail((int)otherwise);
}

/* The compiler may call it. */
void *memset(void *memory, int value, size_t size);
void *memset(void *memory, int value, size_t size)
{
    for (volatile char *byte = memory; size; size--)
        *byte++ = (char)value;
    return memory;
}
void *memcpy(void *to, const void *from, size_t size);
void *memcpy(void *to, const void *from, size_t size)
{
    const char *source = from;
    for (volatile char *byte = to; size; size--)
        *byte++ = *source++;
    return to;
}

static void map_arena(void)
{
    long first = starter_call(SYS_mmap, 0, PROC_PAGE, PROT_READ, MAP_SHARED, PROC_ARENA_FILE, 0);
    insist(first > 0, STARTER_NO_ARENA);
    const struct proc_range arena = ((const struct proc_control *)first)->arena;
    starter_call(SYS_munmap, first, PROC_PAGE, 0, 0, 0, 0);
    long place =
        starter_call(SYS_mmap, (long)arena.start, (long)(arena.end - arena.start),
                     PROT_READ | PROT_WRITE, MAP_SHARED | MAP_FIXED_NOREPLACE, PROC_ARENA_FILE, 0);
    insist(place != -EEXIST && (place < 0 || place == (long)arena.start), STARTER_ARENA_IS_TAKEN);
    insist(place > 0, STARTER_NO_ARENA);
    starter_call(SYS_close, PROC_ARENA_FILE, 0, 0, 0, 0, 0);
    starter_control = (struct proc_control *)place;
    /* The stack's guards. */
    const struct proc_range *stack = &starter_control->stack;
    starter_call(SYS_mprotect, (long)stack->start - PROC_PAGE, PROC_PAGE, PROT_NONE, 0, 0, 0);
    starter_call(SYS_mprotect, (long)stack->end, PROC_PAGE, PROT_NONE, 0, 0, 0);
}

static void set_limit(int resource, uint64_t most)
{
    struct rlimit limit;
    if (starter_call(SYS_prlimit64, 0, resource, 0, (long)&limit, 0, 0))
        starter_fail(STARTER_NO_LIMITS);
    /* Never more than the host itself was given. */
    limit.rlim_max = most < limit.rlim_max ? most : limit.rlim_max;
    limit.rlim_cur = limit.rlim_max;
    if (starter_call(SYS_prlimit64, 0, resource, (long)&limit, 0, 0, 0))
        starter_fail(STARTER_NO_LIMITS);
}

static void fence(void)
{
    enum { OWN_MEMORY = 64 << 20 /* beside the arena */ };
    /* Where the system permits none it goes without: the filter leaves nothing that they hold. */
    starter_control->namespaces = !starter_call(
        SYS_unshare, CLONE_NEWUSER | CLONE_NEWNET | CLONE_NEWIPC | CLONE_NEWUTS | CLONE_NEWNS, 0, 0,
        0, 0, 0);
    const struct __user_cap_header_struct header = {_LINUX_CAPABILITY_VERSION_3, 0};
    const struct __user_cap_data_struct none[2] = {{0}, {0}};
    insist(!starter_call(SYS_capset, (long)&header, (long)none, 0, 0, 0, 0), STARTER_NO_LIMITS);
    starter_call(SYS_setsid, 0, 0, 0, 0, 0, 0);
    starter_call(SYS_prctl, PR_SET_NAME, (long)"og-proc", 0, 0, 0, 0);
    starter_call(SYS_prctl, PR_SET_DUMPABLE, 0, 0, 0, 0, 0);
    /* After what changes credentials, which takes it back; and the host may have died before. */
    starter_call(SYS_prctl, PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0, 0);
    insist(starter_call(SYS_getppid, 0, 0, 0, 0, 0, 0) == (long)starter_control->host,
           STARTER_NO_HOST);
    set_limit(RLIMIT_CORE, 0);
    set_limit(RLIMIT_FSIZE, 0);
    set_limit(RLIMIT_MEMLOCK, 0);
    set_limit(RLIMIT_MSGQUEUE, 0);
    set_limit(RLIMIT_NOFILE, 64);
    set_limit(RLIMIT_DATA, OWN_MEMORY);
    set_limit(RLIMIT_AS, starter_control->arena.end - starter_control->arena.start + OWN_MEMORY);
    insist(!starter_call(SYS_prctl, PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0, 0), STARTER_NO_LIMITS);
}

static void send_listener(long listener)
{
    int file = (int)listener;
    char byte = 0;
    struct iovec piece = {&byte, 1};
    union {
        struct cmsghdr header;
        char bytes[CMSG_SPACE(sizeof(int))];
    } control;
    control.header = (struct cmsghdr){
        .cmsg_len = CMSG_LEN(sizeof(int)), .cmsg_level = SOL_SOCKET, .cmsg_type = SCM_RIGHTS};
    *(int *)(void *)CMSG_DATA(&control.header) = file;
    const struct msghdr message = {.msg_iov = &piece,
                                   .msg_iovlen = 1,
                                   .msg_control = &control,
                                   .msg_controllen = sizeof(control)};
    insist(starter_call(SYS_sendmsg, PROC_SOCKET, (long)&message, MSG_NOSIGNAL, 0, 0, 0) == 1,
           STARTER_NO_LISTENER);
    starter_call(SYS_close, file, 0, 0, 0, 0, 0);
    starter_call(SYS_close, PROC_SOCKET, 0, 0, 0, 0, 0);
}

/* --- the loader and the program --- */

struct image {
    uint64_t base, entry, headers, count;
};

static struct image map_image(int file)
{
    Elf64_Ehdr header;
    Elf64_Phdr headers[16];
    uint64_t end = 0;
    long size = starter_call(SYS_pread64, file, (long)&header, sizeof(header), 0, 0, 0);
    insist(size == sizeof(header) && header.e_phnum <= 16, STARTER_NO_LOADER);
    size = (long)(header.e_phnum * sizeof(headers[0]));
    insist(starter_call(SYS_pread64, file, (long)headers, size, (long)header.e_phoff, 0, 0) == size,
           STARTER_NO_LOADER);
    for (int i = 0; i < header.e_phnum; i++)
        if (headers[i].p_type == PT_LOAD && headers[i].p_vaddr + headers[i].p_memsz > end)
            end = headers[i].p_vaddr + headers[i].p_memsz;
    /* Its place; each segment then goes there. */
    long base = starter_map(0, end, PROT_NONE, 0, file, 0);
    insist(base > 0, STARTER_NO_LOADER);
    for (int i = 0; i < header.e_phnum; i++) {
        const Elf64_Phdr *segment = &headers[i];
        if (segment->p_type != PT_LOAD)
            continue;
        const uint64_t skew = segment->p_vaddr % PROC_PAGE;
        const uint64_t start = (uint64_t)base + segment->p_vaddr - skew;
        const uint64_t whole = segment->p_memsz + skew, filled = segment->p_filesz + skew;
        insist(starter_map(start, whole, PROT_READ | PROT_WRITE, MAP_FIXED, -1, 0) > 0,
               STARTER_NO_LOADER);
        insist(starter_call(SYS_pread64, file, (long)start, (long)filled,
                            (long)(segment->p_offset - skew), 0, 0) == (long)filled,
               STARTER_NO_LOADER);
        const int rights = (segment->p_flags & PF_R ? PROT_READ : 0) |
                           (segment->p_flags & PF_W ? PROT_WRITE : 0) |
                           (segment->p_flags & PF_X ? PROT_EXEC : 0);
        insist(!starter_protect(start, whole, rights), STARTER_NO_LOADER);
    }
    starter_call(SYS_close, file, 0, 0, 0, 0, 0);
    return (struct image){(uint64_t)base, (uint64_t)base + header.e_entry,
                          (uint64_t)base + header.e_phoff, header.e_phnum};
}

/* A new program's stack (psABI 3.4.1), with what the kernel has said of the machine. */
static uint64_t *make_stack(const struct image *program, const struct image *loader,
                            const Elf64_auxv_t *told)
{
    static const char name[] = "omniglot";
    uint64_t *top = (uint64_t *)starter_control->stack.end;
    top -= 2;
    starter_call(SYS_getrandom, (long)top, 16, 0, 0, 0, 0);
    const uint64_t random = (uint64_t)top;
    top -= 2;
    memcpy(top, name, sizeof(name));
    const uint64_t own_name = (uint64_t)top;

    uint64_t *at = top - 256;
    at = (uint64_t *)((uint64_t)at & ~(uint64_t)15);
    uint64_t *const stack = at;
    *at++ = 2;
    *at++ = own_name;
    *at++ = (uint64_t)starter_control;
    *at++ = 0;
    for (const char *variable = starter_control->environment; *variable;) {
        *at++ = (uint64_t)variable;
        while (*variable++)
            continue;
    }
    *at++ = 0;
    const Elf64_auxv_t own[] = {
        {AT_PHDR, {program->headers}},
        {AT_PHENT, {sizeof(Elf64_Phdr)}},
        {AT_PHNUM, {program->count}},
        {AT_ENTRY, {program->entry}},
        {AT_BASE, {loader->base}},
        {AT_PAGESZ, {PROC_PAGE}},
        {AT_RANDOM, {random}},
        {AT_EXECFN, {own_name}},
        {AT_SECURE, {0}},
    };
    for (unsigned i = 0; i < sizeof(own) / sizeof(own[0]); i++) {
        *at++ = own[i].a_type;
        *at++ = own[i].a_un.a_val;
    }
    for (; told->a_type != AT_NULL; told++)
        if (told->a_type == AT_HWCAP || told->a_type == AT_HWCAP2 || told->a_type == AT_CLKTCK ||
            told->a_type == 51 /* AT_MINSIGSTKSZ */) {
            *at++ = told->a_type;
            *at++ = told->a_un.a_val;
        }
    *at++ = AT_NULL;
    *at++ = 0;
    return stack;
}

_Noreturn void starter_main(const uint64_t *stack);
__asm__(".text\n"
        ".globl _start\n"
        "_start:\n"
        "    mov %rsp, %rdi\n"
        "    and $-16, %rsp\n"
        "    call starter_main\n");

_Noreturn void starter_main(const uint64_t *stack)
{
    const uint64_t *word = stack + 1 + stack[0] + 1; /* past the arguments, none */
    while (*word++)
        continue;
    map_arena();
    fence();
    starter_memory_open();
    insist(starter_signals(), STARTER_NO_HANDLERS);
    long listener = starter_filter();
    insist(listener != -EBUSY, STARTER_HAS_LISTENER);
    insist(listener >= 0, STARTER_NO_FILTER);
    send_listener(listener);
    const struct image program = map_image(PROC_PROGRAM_FILE);
    const struct image loader = map_image(PROC_LOADER_FILE);
    const uint64_t *top = make_stack(&program, &loader, (const Elf64_auxv_t *)(const void *)word);
    __asm__ volatile("mov %0, %%rsp\n"
                     "xor %%edx, %%edx\n" /* no function for exit to call */
                     "xor %%ebp, %%ebp\n"
                     "jmp *%1\n"
                     :
                     : "r"(top), "r"(loader.entry)
                     : "rdx", "memory");
    __builtin_unreachable();
}
