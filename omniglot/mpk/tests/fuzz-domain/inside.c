/* The fuzzer's foreign half: does what its plan's seed says, with the rights of a domain. Loaded
 * twice: its constructor does the same while the library loads, by a plan in a file. */
#include "plan.h"

#include <fcntl.h>
#include <stdbool.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#define EXPORT __attribute__((visibility("default")))

enum {
    PAGE = 4096,
    BOOTED = 0x6f67,
    CODE_PLACES = 8,
    FIRST_FILE = 3,
    LAST_FILE = 6,
    AROUND = 8 << 20
};

/* --- numbers --- */

static uint64_t next(uint64_t *state)
{
    uint64_t word = (*state += 0x9e3779b97f4a7c15);
    word = (word ^ (word >> 30)) * 0xbf58476d1ce4e5b9;
    word = (word ^ (word >> 27)) * 0x94d049bb133111eb;
    return word ^ (word >> 31);
}

static uint64_t below(uint64_t *state, uint64_t limit)
{
    return next(state) % limit;
}

/* One in `of`. */
static bool chance(uint64_t *state, unsigned of)
{
    return below(state, of) == 0;
}

/* Where executable mappings were asked for while loading, and where memory was mapped lately. */
static uint64_t code_places[CODE_PLACES], mapped_places[CODE_PLACES];

static uint64_t place_in(const struct plan *plan, uint64_t *state, enum place place)
{
    uint64_t found = 0, seen = 0;
    for (uint32_t i = 0; i < plan->target_count; i++) {
        const struct target *target = &plan->targets[i];
        if (target->place != place || below(state, ++seen))
            continue;
        found = target->start + (target->size ? below(state, target->size) : 0);
    }
    return found;
}

static uint64_t some_address(const struct plan *plan, uint64_t *state)
{
    uint64_t address = place_in(plan, state, (enum place)below(state, PLACES));
    switch (below(state, 12)) {
    case 0:
        return next(state) & 0x7fffffffffff;
    case 1:
        return next(state) | UINT64_C(0xffff) << 47;
    case 2:
        return below(state, 2 * PAGE);
    case 3:
        return (uint64_t)(uintptr_t)plan->scratch + below(state, SCRATCH);
    case 4:
        return code_places[below(state, CODE_PLACES)];
    case 5:
        return mapped_places[below(state, CODE_PLACES)];
    case 6:
    case 7:
        return (address & -(uint64_t)PAGE) + (chance(state, 4) ? PAGE - below(state, 16) : 0);
    default:
        return chance(state, 2) ? address & -(uint64_t)8 : address;
    }
}

static uint64_t some_size(uint64_t *state)
{
    switch (below(state, 8)) {
    case 0:
        return next(state);
    case 1:
        return below(state, 2) ? UINT64_MAX - below(state, 2 * PAGE) : 0;
    case 2:
        return (UINT64_C(1) << below(state, 40)) + below(state, 3) - 1;
    case 3:
    case 4:
        return PAGE * below(state, 64);
    default:
        return below(state, 300);
    }
}

static uint64_t some_word(const struct plan *plan, uint64_t *state)
{
    switch (below(state, 8)) {
    case 0:
        return next(state);
    case 1:
        return 0;
    case 2:
        return UINT64_MAX >> below(state, 64);
    case 3:
        return below(state, 64);
    case 4:
        return some_size(state);
    default:
        return some_address(plan, state);
    }
}

/* --- what is tried --- */

static void trace(const struct plan *plan, enum action action, uint64_t a, uint64_t b, uint64_t c)
{
    if (plan->trace)
        ((void (*)(uint64_t, uint64_t, uint64_t, uint64_t))plan->trace)(action, a, b, c);
}

static int64_t raw_call(uint64_t number, const uint64_t *arguments)
{
    register uint64_t r10 __asm__("r10") = arguments[3];
    register uint64_t r8 __asm__("r8") = arguments[4];
    register uint64_t r9 __asm__("r9") = arguments[5];
    int64_t result;
    __asm__ volatile("syscall"
                     : "=a"(result)
                     : "a"(number), "D"(arguments[0]), "S"(arguments[1]), "d"(arguments[2]),
                       "r"(r10), "r"(r8), "r"(r9)
                     : "rcx", "r11", "memory");
    return result;
}

static int64_t raw_call_of_32_bits(uint64_t number, const uint64_t *arguments)
{
    int64_t result;
    __asm__ volatile("int $0x80"
                     : "=a"(result)
                     : "a"(number), "b"(arguments[0]), "c"(arguments[1]), "d"(arguments[2]),
                       "S"(arguments[3]), "D"(arguments[4])
                     : "r8", "r9", "r10", "r11", "memory");
    return result;
}

static uint64_t some_number(uint64_t *state)
{
    static const uint16_t served[] = {SYS_brk,
                                      SYS_mmap,
                                      SYS_munmap,
                                      SYS_mprotect,
                                      SYS_mremap,
                                      SYS_madvise,
                                      SYS_mlock,
                                      SYS_munlock,
                                      SYS_open,
                                      SYS_openat,
                                      SYS_read,
                                      SYS_pread64,
                                      SYS_lseek,
                                      SYS_close,
                                      SYS_fstat,
                                      SYS_newfstatat,
                                      SYS_access,
                                      SYS_faccessat,
                                      SYS_readlink,
                                      SYS_ioctl,
                                      SYS_write,
                                      SYS_writev,
                                      SYS_clock_gettime,
                                      SYS_clock_getres,
                                      SYS_gettimeofday,
                                      SYS_time,
                                      SYS_getrandom,
                                      SYS_arch_prctl,
                                      SYS_set_tid_address,
                                      SYS_gettid,
                                      SYS_getpid,
                                      SYS_set_robust_list,
                                      SYS_rt_sigprocmask,
                                      SYS_rt_sigaction,
                                      SYS_rseq,
                                      SYS_futex,
                                      SYS_sched_yield,
                                      SYS_prlimit64,
                                      SYS_uname,
                                      SYS_mmap,
                                      SYS_mmap,
                                      SYS_munmap,
                                      SYS_openat,
                                      SYS_pread64,
                                      SYS_close};
    switch (below(state, 16)) {
    case 0:
        return below(state, SYSTEM_CALLS);
    case 1:
        return below(state, 1000) | 0x40000000;
    case 2:
        return chance(state, 8) ? next(state) : below(state, SYSTEM_CALLS) | next(state) << 32;
    case 3:
        if (chance(state, 4)) {
            static const uint16_t ends[] = {SYS_exit,  SYS_exit_group, SYS_kill,
                                            SYS_tkill, SYS_tgkill,     BOOTED};
            return ends[below(state, sizeof(ends) / sizeof(ends[0]))];
        }
        return SYS_rt_sigreturn;
    default:
        return served[below(state, sizeof(served) / sizeof(served[0]))];
    }
}

static void some_path(const struct plan *plan, uint64_t *state, uint64_t *argument)
{
    static const char *const paths[] = {"/tmp/fuzz-domain/readable/file",
                                        "/tmp/fuzz-domain/readable/link",
                                        "/tmp/fuzz-domain/readable",
                                        "/tmp/fuzz-domain/readable/../secret",
                                        "/tmp/fuzz-domain/secret",
                                        "/tmp/fuzz-domain/readable/out/secret",
                                        "/proc/self/mem",
                                        "/tmp/fuzz-domain/readable//./file",
                                        "/lib/x86_64-linux-gnu/libc.so.6",
                                        "/tmp/fuzz-domain/readable/code",
                                        "/tmp/fuzz-domain/late/code",
                                        "/tmp/fuzz-domain/readable/file",
                                        "/tmp/fuzz-domain/readable/code"};
    if (chance(state, 8))
        return;
    char *path = (char *)(uintptr_t)plan->scratch;
    strcpy(path, paths[below(state, sizeof(paths) / sizeof(paths[0]))]);
    *argument = (uint64_t)(uintptr_t)path;
}

static uint64_t some_file(uint64_t *state)
{
    return chance(state, 8) ? below(state, 24) : FIRST_FILE + below(state, LAST_FILE - FIRST_FILE);
}

/* Arguments that the call is likely to take, some of the time. */
static void shape(const struct plan *plan, uint64_t *state, uint64_t number, uint64_t *arguments)
{
    uint64_t own = place_in(plan, state, PLACE_ARENA);
    uint64_t mapped = mapped_places[below(state, CODE_PLACES)];
    if (mapped && chance(state, 2))
        own = mapped;
    switch (number) {
    case SYS_mmap:
        arguments[0] = (chance(state, 4) ? some_address(plan, state) : own) & -(uint64_t)PAGE;
        arguments[1] = chance(state, 8) ? some_size(state) : PAGE * (1 + below(state, 16));
        arguments[2] = below(state, 8);
        arguments[3] = MAP_PRIVATE | (chance(state, 2) ? MAP_ANONYMOUS : 0) |
                       (chance(state, 2) ? MAP_FIXED : 0);
        arguments[4] = some_file(state);
        arguments[5] = PAGE * below(state, 4);
        if (chance(state, 4)) { /* code of a file, where the answer does not matter */
            arguments[0] = own & -(uint64_t)PAGE;
            arguments[2] = PROT_READ | PROT_EXEC;
            arguments[3] = MAP_PRIVATE | MAP_FIXED;
            arguments[4] = FIRST_FILE;
        }
        break;
    case SYS_getrandom:
        arguments[0] = chance(state, 2) ? own : arguments[0];
        arguments[1] = chance(state, 2) ? below(state, 4 * AROUND) : arguments[1];
        break;
    case SYS_munmap:
    case SYS_mprotect:
    case SYS_mlock:
    case SYS_munlock:
    case SYS_madvise:
        arguments[0] = (chance(state, 4) ? some_address(plan, state) : own) & -(uint64_t)PAGE;
        arguments[1] = chance(state, 8) ? some_size(state) : PAGE * (1 + below(state, 64));
        arguments[2] = below(state, 8);
        break;
    case SYS_open:
    case SYS_access:
        some_path(plan, state, &arguments[0]);
        arguments[1] = chance(state, 4) ? arguments[1] : 0;
        break;
    case SYS_openat:
    case SYS_newfstatat:
    case SYS_faccessat:
        some_path(plan, state, &arguments[1]);
        arguments[2] = chance(state, 4) || number == SYS_newfstatat ? arguments[2] : 0;
        break;
    case SYS_read:
    case SYS_pread64:
    case SYS_lseek:
    case SYS_fstat:
    case SYS_close:
        arguments[0] = some_file(state);
        if (chance(state, 2)) {
            arguments[1] = (uint64_t)(uintptr_t)plan->scratch;
            arguments[2] = below(state, SCRATCH);
            arguments[3] = below(state, PAGE);
        }
        break;
    case SYS_writev:
        for (uint64_t i = 0, *part = (uint64_t *)(uintptr_t)plan->scratch; i < 8; i++, part += 2) {
            part[0] = chance(state, 4) ? some_address(plan, state) : own;
            part[1] = some_size(state);
        }
        arguments[0] = chance(state, 8) ? arguments[0] : 1 + below(state, 2);
        if (chance(state, 2)) {
            arguments[1] = (uint64_t)(uintptr_t)plan->scratch;
            arguments[2] = below(state, 9);
        }
        break;
    case SYS_write:
        arguments[0] = chance(state, 8) ? arguments[0] : 1 + below(state, 2);
        arguments[1] = chance(state, 2) ? own : arguments[1];
        arguments[2] = some_size(state);
        break;
    case SYS_brk:
        arguments[0] = chance(state, 2) ? own : arguments[0];
        break;
    case SYS_arch_prctl:
        arguments[0] = 0x1000 + below(state, 6);
        break;
    case SYS_clock_gettime:
    case SYS_clock_getres:
        arguments[0] = below(state, 12);
        break;
    case SYS_futex:
        arguments[1] = below(state, 16) | (chance(state, 2) ? 128 : 0);
        break;
    case SYS_rt_sigprocmask:
        arguments[0] = below(state, 4);
        arguments[3] = 8;
        break;
    default:
        break;
    }
}

static void count_served(struct plan *plan, uint64_t number, int64_t result)
{
    enum { NOT_PERMITTED = -1, NOT_THERE = -38 };
    if (number >= SYSTEM_CALLS || result == NOT_PERMITTED || result == NOT_THERE)
        plan->refused++;
    else
        plan->served[number]++;
}

static void system_call(struct plan *plan, uint64_t *state, bool for_ever)
{
    uint64_t arguments[6], number = some_number(state);
    for (int i = 0; i < 6; i++)
        arguments[i] = some_word(plan, state);
    shape(plan, state, number, arguments);
    trace(plan, ACT_SYSTEM_CALL, number, arguments[0], arguments[1]);
    /* Where an executable mapping was asked for, whatever the answer, code may be put. */
    if (number == SYS_mmap && arguments[2] & PROT_EXEC)
        code_places[below(state, CODE_PLACES)] = arguments[0];
    static const uint16_t long_ones[] = {SYS_getrandom, SYS_read,        SYS_pread64, SYS_futex,
                                         SYS_write,     SYS_sched_yield, SYS_brk,     SYS_madvise};
    if (for_ever && chance(state, 2)) {
        number = long_ones[below(state, sizeof(long_ones) / sizeof(long_ones[0]))];
        shape(plan, state, number, arguments);
    }
    do {
        int64_t result = chance(state, 16) ? raw_call_of_32_bits(number, arguments)
                                           : raw_call(number, arguments);
        count_served(plan, number, result);
        if (number == SYS_mmap && result > 0)
            mapped_places[below(state, CODE_PLACES)] = (uint64_t)result;
    } while (for_ever);
}

static uint64_t some_callback(const struct plan *plan, uint64_t *state)
{
    uint64_t callback = plan->callbacks[below(state, CALLBACKS)];
    /* Slots that nobody has opened lie around it. */
    return chance(state, 64) ? callback + 16 * below(state, 8) : callback;
}

static void call_back(struct plan *plan, uint64_t *state, bool for_ever)
{
    uint64_t callback = some_callback(plan, state), a = some_word(plan, state), b = next(state);
    if (!callback)
        return;
    trace(plan, ACT_CALL_BACK, callback, a, b);
    do
        ((uint64_t(*)(uint64_t, uint64_t, double))callback)(a, b, 1.5);
    while (for_ever);
}

static void loop(struct plan *plan, uint64_t *state)
{
    switch (below(state, 4)) {
    case 0:
        call_back(plan, state, true);
        break;
    case 1:
        trace(plan, ACT_LOOP, 0, 0, 0);
        for (;;)
            __asm__ volatile("");
    default:
        system_call(plan, state, true);
    }
}

/* Asks for code of a file that holds what code must not hold, or may. */
static void ask_for_code(const struct plan *plan, uint64_t *state)
{
    static const char *const paths[] = {"/tmp/fuzz-domain/readable/code",
                                        "/tmp/fuzz-domain/late/code"};
    uint64_t place = place_in(plan, state, PLACE_ARENA) & -(uint64_t)PAGE;
    const char *path = paths[below(state, 2)];
    int64_t file = raw_call(SYS_open, (uint64_t[6]){(uint64_t)(uintptr_t)path});
    if (chance(state, 4)) /* over code, or half over it */
        place = (code_places[below(state, CODE_PLACES)] & -(uint64_t)PAGE) + PAGE * below(state, 2);
    bool anywhere = chance(state, 4);
    const uint64_t arguments[6] = {place,
                                   PAGE * (1 + below(state, 8)),
                                   PROT_READ | PROT_EXEC,
                                   MAP_PRIVATE | (anywhere ? 0 : MAP_FIXED),
                                   (uint64_t)file,
                                   PAGE * below(state, 4)};
    int64_t mapped = raw_call(SYS_mmap, arguments);
    if (anywhere && mapped > 0)
        place = (uint64_t)mapped;
    raw_call(SYS_close, (uint64_t[6]){(uint64_t)file});
    code_places[below(state, CODE_PLACES)] = place;
}

static bool is_the_hosts(const struct plan *plan, uint64_t address)
{
    for (uint32_t i = 0; i < plan->target_count; i++)
        if ((plan->targets[i].place == PLACE_HOST_DATA ||
             plan->targets[i].place == PLACE_OTHER_DOMAIN) &&
            address >= plan->targets[i].start &&
            address < plan->targets[i].start + plan->targets[i].size)
            return true;
    return false;
}

static void confess(uint64_t field[2], uint64_t address)
{
    field[0] = address;
    field[1] = ~address;
}

static void touch(struct plan *plan, uint64_t *state, bool write)
{
    uint64_t address = some_address(plan, state), value = some_word(plan, state);
    volatile uint64_t *place = (volatile uint64_t *)(uintptr_t)address;
    bool by_lock = chance(state, 4);
    trace(plan, write ? ACT_WRITE : ACT_READ, address, value, by_lock);
    if (!write)
        (void)*place;
    else if (by_lock)
        __atomic_exchange_n(place, value, __ATOMIC_SEQ_CST);
    else
        *place = value;
    if (is_the_hosts(plan, address))
        confess(plan->trespassed, address);
}

static void sweep(struct plan *plan, uint64_t *state)
{
    uint64_t start = place_in(plan, state, PLACE_ARENA) & -(uint64_t)PAGE;
    uint64_t pages = below(state, 8192);
    trace(plan, ACT_SWEEP, start, pages, 0);
    for (uint64_t i = 0; i < pages; i++)
        *(volatile uint64_t *)(uintptr_t)(start + i * PAGE) |= 0;
}

static void copy_out(struct plan *plan, uint64_t *state)
{
    uint64_t address = some_address(plan, state) & -(uint64_t)8;
    trace(plan, ACT_COPY_OUT, address, 0, 0);
    for (int i = 0; i < COPIED; i++)
        plan->copied[i] = ((volatile uint64_t *)(uintptr_t)address)[i];
}

static void scribble(struct plan *plan, uint64_t *state)
{
    enum place place = chance(state, 2) ? PLACE_SIGNAL_STACK : PLACE_STACK;
    uint64_t address = place_in(plan, state, place) & -(uint64_t)8;
    uint64_t word = some_word(plan, state);
    trace(plan, ACT_SCRIBBLE, address, word, 0);
    for (int i = 0; i < 20000; i++) {
        volatile uint64_t *at = (volatile uint64_t *)(uintptr_t)address + i % 128;
        if (((uintptr_t)at & -(uintptr_t)PAGE) != (address & -(uint64_t)PAGE))
            continue;
        *at = word;
    }
}

/* --- jumps --- */

struct leap {
    uint64_t registers[16]; /* as ModRM numbers them; rsp 0: the stack is kept */
    uint64_t flags, target;
    uint64_t by_iret; /* by which the trap flag counts from the first instruction there on */
};

void fuzz_leap(const struct leap *leap);
__asm__("    .globl fuzz_leap\n    .hidden fuzz_leap\n    .type fuzz_leap, @function\n"
        "fuzz_leap:\n"
        "    push %rbx\n    push %rbp\n    push %r12\n    push %r13\n    push %r14\n    push %r15\n"
        "    mov %rdi, %rax\n"
        "    cmpq $0, 32(%rax)\n"
        "    jne 1f\n"
        /* The return address, the target as if it were one, and the flags just before. */
        "    lea 2f(%rip), %rcx\n"
        "    push %rcx\n"
        "    pushq 136(%rax)\n"
        "    cmpq $0, 144(%rax)\n"
        "    jne 3f\n"
        "    pushq 128(%rax)\n"
        "    call fuzz_load\n"
        "    popfq\n"
        "    ret\n"
        /* Below the return address what IRET takes. */
        "3:  lea 8(%rsp), %rdx\n"
        "    mov %ss, %ecx\n    mov %rcx, (%rsp)\n"
        "    push %rdx\n"
        "    pushq 128(%rax)\n"
        "    mov %cs, %ecx\n    push %rcx\n"
        "    pushq 136(%rax)\n"
        "    call fuzz_load\n"
        "    iretq\n"
        /* A stack that may be none: the flags before it, without the trap flag. */
        "1:  mov 136(%rax), %rcx\n"
        "    mov %rcx, fuzz_target(%rip)\n"
        "    pushq 128(%rax)\n"
        "    andq $~0x100, (%rsp)\n"
        "    popfq\n"
        "    mov %rax, %rcx\n"
        "    call fuzz_load\n"
        "    mov fuzz_stack(%rip), %rsp\n"
        "    jmp *fuzz_target(%rip)\n"
        "2:  pushq $0x202\n    popfq\n"
        "    pop %r15\n    pop %r14\n    pop %r13\n    pop %r12\n    pop %rbp\n    pop %rbx\n"
        "    ret\n"
        "fuzz_load:\n"
        "    mov 32(%rax), %rcx\n    mov %rcx, fuzz_stack(%rip)\n"
        "    mov 8(%rax), %rcx\n    mov 16(%rax), %rdx\n    mov 24(%rax), %rbx\n"
        "    mov 40(%rax), %rbp\n    mov 48(%rax), %rsi\n    mov 56(%rax), %rdi\n"
        "    mov 64(%rax), %r8\n    mov 72(%rax), %r9\n    mov 80(%rax), %r10\n"
        "    mov 88(%rax), %r11\n    mov 96(%rax), %r12\n    mov 104(%rax), %r13\n"
        "    mov 112(%rax), %r14\n    mov 120(%rax), %r15\n    mov (%rax), %rax\n"
        "    ret\n"
        "    .local fuzz_stack\n    .comm fuzz_stack, 8, 8\n"
        "    .local fuzz_target\n    .comm fuzz_target, 8, 8\n");

/* A processor's far returns with a wild stack kill the emulated kernel. */
static bool holds_far_return(const unsigned char *code)
{
    for (int i = 0; i < 24; i++)
        if (code[i] == 0xca || code[i] == 0xcb || code[i] == 0xcf)
            return true;
    return false;
}

static uint64_t some_code(const struct plan *plan, uint64_t *state)
{
    if (plan->jump_count && !chance(state, 3))
        return plan->jumps[below(state, plan->jump_count)];
    if (chance(state, 2))
        return some_callback(plan, state);
    uint64_t code = place_in(plan, state, PLACE_CODE);
    return code && !holds_far_return((const unsigned char *)(uintptr_t)code) ? code : 0;
}

static uint64_t some_flags(uint64_t *state)
{
    /* Carry, parity, adjust, zero, sign, trap, direction, overflow, nested, resume, alignment. */
    static const uint32_t bits[] = {0x1,   0x4,   0x10,   0x40,    0x80,   0x100,
                                    0x400, 0x800, 0x4000, 0x10000, 0x40000};
    uint64_t flags = 0x202;
    for (uint64_t i = below(state, 4); i > 0; i--)
        flags |= bits[below(state, sizeof(bits) / sizeof(bits[0]))];
    return flags;
}

static uint64_t some_rights(uint64_t *state)
{
    static const uint32_t rights[] = {0,          0,          0,          0x200,     0x2ff,
                                      0xffffffff, 0xfffffffc, 0x55555555, 0xfffffff0};
    return chance(state, 4) ? next(state) & 0xffffffff
                            : rights[below(state, sizeof(rights) / sizeof(rights[0]))];
}

static void jump(struct plan *plan, uint64_t *state)
{
    enum { RAX, RCX, RDX, RBX, RSP };
    struct leap leap = {.target = some_code(plan, state), .flags = some_flags(state)};
    leap.by_iret = chance(state, 3);
    for (int i = 0; i < 16; i++)
        leap.registers[i] = some_word(plan, state);
    /* What WRPKRU takes, or XRSTOR. */
    if (!chance(state, 4)) {
        leap.registers[RAX] = some_rights(state);
        leap.registers[RCX] = leap.registers[RDX] = 0;
    }
    /* Or the system call of an instruction that the host has. */
    if (chance(state, 4))
        leap.registers[RAX] = some_number(state);
    switch (below(state, 4)) {
    case 0:
        leap.registers[RSP] = some_address(plan, state);
        break;
    case 1:
        leap.registers[RSP] = place_in(plan, state, PLACE_STACK_END) & -(uint64_t)8;
        break;
    default:
        leap.registers[RSP] = 0;
    }
    trace(plan, ACT_JUMP, leap.target, leap.registers[RAX], leap.registers[RSP]);
    trace(plan, ACT_JUMP, leap.flags, leap.registers[RCX], leap.registers[RDX]);
    if (leap.target)
        fuzz_leap(&leap);
}

/* --- code of its own --- */

/* mov $ESCAPED, %eax; ret */
static const unsigned char gadget[] = {0xb8, 0xc0, 0xe7, 0xc2, 0x5e, 0xc3};

static uint64_t some_own_place(const struct plan *plan, uint64_t *state)
{
    if (chance(state, 2))
        return code_places[below(state, CODE_PLACES)] & -(uint64_t)PAGE;
    return place_in(plan, state, PLACE_ARENA) & -(uint64_t)PAGE;
}

static void make_code(struct plan *plan, uint64_t *state)
{
    if (chance(state, 2))
        ask_for_code(plan, state);
    uint64_t place = some_own_place(plan, state);
    trace(plan, ACT_MAKE_CODE, place, 0, 0);
    if (place)
        memcpy((void *)(uintptr_t)place, gadget, sizeof(gadget));
}

static void run_data(struct plan *plan, uint64_t *state)
{
    uint64_t place = some_own_place(plan, state);
    trace(plan, ACT_RUN_DATA, place, 0, 0);
    if (!place || memcmp((void *)(uintptr_t)place, gadget, sizeof(gadget)))
        return;
    if (((uint64_t(*)(void))place)() == ESCAPED)
        confess(plan->escaped, place);
}

/* --- faults and mess --- */

static void overflow_stack(volatile char *above)
{
    volatile char room[2048];
    room[0] = *above;
    overflow_stack(room);
    room[1] = room[0];
}

static void fault(struct plan *plan, uint64_t *state)
{
    uint64_t which = below(state, 12);
    uint32_t mxcsr = 0;
    trace(plan, ACT_FAULT, which, 0, 0);
    switch (which) {
    case 0:
        __asm__ volatile("ud2");
        break;
    case 1:
        __asm__ volatile("int3");
        break;
    case 2:
        __asm__ volatile("xor %%ecx, %%ecx\n\tdiv %%ecx" : : : "rax", "rcx", "rdx");
        break;
    case 3:
        __asm__ volatile("hlt");
        break;
    case 4:
        __asm__ volatile("int $0x81");
        break;
    case 5:
        __asm__ volatile("mov %0, %%gs\n\tmov %%gs:0, %%rax" : : "r"(0) : "rax");
        break;
    case 6:
        overflow_stack(&(char){0});
        break;
    case 7:
        __asm__ volatile("ldmxcsr %0\n\tdivss %%xmm0, %%xmm0" : : "m"(mxcsr) : "xmm0");
        break;
    case 8:
        __asm__ volatile("mov %0, %%ss" : : "r"(0xffff));
        break;
    case 9:
        __asm__ volatile(".byte 0xf1"); /* INT1 */
        break;
    case 10:
        __asm__ volatile("pushf\n\torq $0x100, (%rsp)\n\tpopf\n\tnop\n\tnop");
        break;
    default:
        __asm__ volatile("in $0x60, %%al" : : : "rax");
    }
}

static void mess(struct plan *plan, uint64_t *state)
{
    uint32_t mxcsr = (uint32_t)next(state) & 0xffbf;
    uint16_t control = (uint16_t)next(state);
    uint64_t which = below(state, 8), selector = below(state, 2) ? 0x2b : 0;
    trace(plan, ACT_MESS, which, mxcsr, control);
    switch (which) {
    case 0:
        __asm__ volatile("ldmxcsr %0" : : "m"(mxcsr));
        break;
    case 1:
        __asm__ volatile("fldcw %0" : : "m"(control));
        break;
    case 2:
        __asm__ volatile("fld1\n\tfld1\n\tfld1\n\tfld1\n\tfld1\n\tfld1\n\tfld1\n\tfld1");
        break;
    case 3:
        __asm__ volatile("std");
        break;
    case 4:
        __asm__ volatile("pushf\n\torq $0x40000, (%%rsp)\n\tpopf" : : : "memory");
        break;
    case 5:
        __asm__ volatile("mov %0, %%ds\n\tmov %0, %%es" : : "r"(selector));
        break;
    case 6:
        __asm__ volatile("mov %0, %%gs" : : "r"(selector));
        break;
    default:
        __asm__ volatile("fninit\n\tfldz\n\tfld1\n\tfdivp\n\tfldcw %0" : : "m"(control));
    }
}

/* --- the whole --- */

static uint32_t rights_now(void)
{
    uint32_t rights;
    __asm__ volatile("rdpkru" : "=a"(rights) : "c"(0) : "rdx");
    return rights;
}

static void act(struct plan *plan, uint64_t *state, enum action action)
{
    plan->done[action]++;
    switch (action) {
    case ACT_SYSTEM_CALL:
        system_call(plan, state, false);
        break;
    case ACT_LOOP:
        loop(plan, state);
        break;
    case ACT_READ:
    case ACT_WRITE:
        touch(plan, state, action == ACT_WRITE);
        break;
    case ACT_SWEEP:
        sweep(plan, state);
        break;
    case ACT_JUMP:
        jump(plan, state);
        break;
    case ACT_CALL_BACK:
        call_back(plan, state, false);
        break;
    case ACT_FAULT:
        fault(plan, state);
        break;
    case ACT_MESS:
        mess(plan, state);
        break;
    case ACT_MAKE_CODE:
        make_code(plan, state);
        break;
    case ACT_RUN_DATA:
        run_data(plan, state);
        break;
    case ACT_COPY_OUT:
        copy_out(plan, state);
        break;
    default:
        scribble(plan, state);
    }
}

/* Of 128 each. A call does many things that do not end it, and then one that may. */
static const unsigned char mild[ACTIONS] = {
    [ACT_SYSTEM_CALL] = 90, [ACT_READ] = 1,      [ACT_WRITE] = 1,   [ACT_CALL_BACK] = 30,
    [ACT_MESS] = 4,         [ACT_MAKE_CODE] = 1, [ACT_RUN_DATA] = 1};
static const unsigned char bold[ACTIONS] = {
    [ACT_SYSTEM_CALL] = 12, [ACT_LOOP] = 1,      [ACT_READ] = 6,     [ACT_WRITE] = 10,
    [ACT_SWEEP] = 1,        [ACT_JUMP] = 48,     [ACT_FAULT] = 8,    [ACT_CALL_BACK] = 6,
    [ACT_MESS] = 10,        [ACT_MAKE_CODE] = 8, [ACT_RUN_DATA] = 8, [ACT_COPY_OUT] = 7,
    [ACT_SCRIBBLE] = 3};

static enum action some_action(const struct plan *plan, uint64_t *state, bool last)
{
    const unsigned char *weights = last || chance(state, 32) ? bold : mild;
    if (plan->only < ACTIONS && chance(state, last ? 2 : 8))
        return (enum action)plan->only;
    uint64_t at = below(state, 128);
    unsigned action = 0;
    while (at >= weights[action])
        at -= weights[action++];
    /* While it loads there are no callbacks, and ten seconds to an endless loop's end. */
    bool loads = !plan->callbacks[0];
    return loads && (action == ACT_LOOP || action == ACT_JUMP) ? ACT_SYSTEM_CALL
                                                               : (enum action)action;
}

__attribute__((used)) static uint64_t run(struct plan *plan)
{
    uint64_t state = plan->seed;
    /* Read once: what follows may write over the plan. */
    uint32_t actions = plan->actions;
    for (uint32_t i = 0; i < actions; i++) {
        act(plan, &state, some_action(plan, &state, i + 1 == actions && plan->callbacks[0]));
        confess(plan->rights, rights_now());
    }
    return state;
}

/* uint64_t fuzz(struct plan *plan): notes what registers hold, then runs. */
EXPORT uint64_t fuzz(struct plan *plan);
_Static_assert(__builtin_offsetof(struct plan, entered) == 960, "fuzz() says otherwise");
__asm__("    .globl fuzz\n    .type fuzz, @function\n"
        "fuzz:\n"
        "    mov %rbx, 960(%rdi)\n    mov %rbp, 968(%rdi)\n    mov %r12, 976(%rdi)\n"
        "    mov %r13, 984(%rdi)\n    mov %r14, 992(%rdi)\n    mov %r15, 1000(%rdi)\n"
        "    mov %r10, 1008(%rdi)\n    movq %xmm15, 1016(%rdi)\n"
        "    jmp run\n"
        "    .size fuzz, . - fuzz\n");

/* While the library loads it may do more: the plan is in a file, if there is one. */
EXPORT struct plan loading_plan;
struct plan loading_plan;

static void add_own(struct plan *plan, uint64_t start, uint64_t size, enum place place)
{
    plan->targets[plan->target_count++ % TARGETS] = (struct target){start, size, (uint32_t)place};
}

__attribute__((constructor)) static void load(void)
{
    int file = open("/tmp/fuzz-domain/readable/plan", O_RDONLY);
    if (file < 0)
        return;
    if (read(file, &loading_plan, sizeof(loading_plan)) != sizeof(loading_plan))
        return;
    close(file);
    add_own(&loading_plan, (uintptr_t)load - AROUND, 4 * AROUND, PLACE_ARENA);
    add_own(&loading_plan, (uintptr_t)__builtin_frame_address(0) - PAGE, PAGE, PLACE_STACK);
    run(&loading_plan);
}
