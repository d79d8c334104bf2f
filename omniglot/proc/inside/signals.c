/* Signals in a domain's process: system calls that the filter traps, which are served here, and
 * faults, which are told to the host. All signals that there can be are its own thread's: nothing
 * that would arrange one for later is granted. */
#include "starter.h"

#include <errno.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysinfo.h>
#include <ucontext.h>

/* What the kernel takes, whose struct is not the C library's. */
struct action {
    void (*handler)(int, siginfo_t *, void *);
    unsigned long flags;
    void (*restorer)(void);
    unsigned long mask;
};
enum { RESTORER = 0x04000000 /* SA_RESTORER */ };

void starter_restore(void);
__asm__(".text\n"
        "starter_restore:\n"
        "    mov $15, %eax\n" /* rt_sigreturn */
        "    syscall\n");

_Noreturn static void tell(enum proc_event event)
{
    starter_call(PROC_RETURN, event, 0, 0, 0, 0, 0);
    for (;;) /* the host has gone, or goes on all the same */
        starter_call(SYS_exit_group, 0, 0, 0, 0, 0, 0);
}

static void on_fault(int number, siginfo_t *info, void *interrupted)
{
    const greg_t *registers = ((const ucontext_t *)interrupted)->uc_mcontext.gregs;
    starter_control->fault.signal = (uint64_t)number;
    starter_control->fault.address = (uint64_t)info->si_addr;
    starter_control->fault.code = (uint64_t)info->si_code;
    starter_control->fault.instruction = (uint64_t)registers[REG_RIP];
    starter_control->fault.trap = (uint64_t)registers[REG_TRAPNO];
    starter_control->fault.error = (uint64_t)registers[REG_ERR];
    tell(PROC_FAULT);
}

/* abort() and raise(). */
static long send_self(long process, long number, const greg_t *registers)
{
    if (process != starter_call(SYS_getpid, 0, 0, 0, 0, 0, 0))
        return -EPERM;
    if (!number)
        return 0;
    starter_control->fault.signal = (uint64_t)number;
    starter_control->fault.address = 0;
    starter_control->fault.trap = 0;
    starter_control->fault.instruction = (uint64_t)registers[REG_RIP];
    tell(PROC_FAULT);
}

static void clear(uint64_t memory, unsigned size)
{
    for (volatile char *byte = (volatile char *)memory; memory && size; size--)
        *byte++ = 0;
}

/* What is printed goes to a terminal, as far as the C library knows: then it writes each line as it
 * ends. */
static long look_at(int file, struct stat *status)
{
    enum { TERMINAL = 136 << 8 };
    if (file != 1 && file != 2)
        return starter_call(SYS_fstat, file, (long)status, 0, 0, 0, 0);
    clear((uint64_t)status, sizeof(*status));
    status->st_mode = S_IFCHR | 0600;
    status->st_nlink = 1;
    status->st_rdev = TERMINAL;
    status->st_blksize = PROC_PAGE;
    return 0;
}

/* The C library's qsort sorts in memory as large as it thinks that there is. */
static long tell_system(struct sysinfo *told)
{
    clear((uint64_t)told, sizeof(*told));
    told->totalram = starter_control->heap.end - starter_control->heap.start;
    told->mem_unit = 1;
    return 0;
}

static long serve(const greg_t *registers)
{
    const uint64_t a = (uint64_t)registers[REG_RDI], b = (uint64_t)registers[REG_RSI],
                   c = (uint64_t)registers[REG_RDX], d = (uint64_t)registers[REG_R10];
    switch (registers[REG_RAX]) {
    case SYS_mmap:
        return starter_map(a, b, (int)c, (int)d,
                           d & 0x20 /* MAP_ANONYMOUS */ ? -1 : (int)registers[REG_R8],
                           (uint64_t)registers[REG_R9]);
    case SYS_munmap:
        return starter_unmap(a, b);
    case SYS_mprotect:
        return starter_protect(a, b, (int)c);
    case SYS_madvise:
        return starter_advise(a, b, (int)c);
    case SYS_brk:
        return starter_break(a);
    case SYS_exit:
    case SYS_exit_group:
        starter_control->result = a;
        starter_control->fault.instruction = (uint64_t)registers[REG_RIP];
        tell(PROC_EXIT);
    case SYS_kill:
    case SYS_tkill:
        return send_self((int)a, (long)b, registers);
    case SYS_tgkill:
        return send_self((int)a, (long)c, registers);
    case SYS_fstat:
        return look_at((int)a, (struct stat *)b);
    case SYS_newfstatat:
        return *(const char *)b ? -ENOENT : look_at((int)a, (struct stat *)c);
    case SYS_sysinfo:
        return tell_system((struct sysinfo *)a);
    case SYS_set_tid_address:
        return starter_call(SYS_gettid, 0, 0, 0, 0, 0, 0);
    /* There is nobody to send any. */
    case SYS_rt_sigaction:
        clear(c, sizeof(struct action));
        return 0;
    case SYS_rt_sigprocmask:
        clear(c, sizeof(unsigned long));
        return 0;
    case SYS_sigaltstack:
        clear(b, sizeof(stack_t));
        return 0;
    default:
        return -ENOSYS;
    }
}

static void on_call(int number, siginfo_t *info, void *interrupted)
{
    (void)number, (void)info;
    greg_t *registers = ((ucontext_t *)interrupted)->uc_mcontext.gregs;
    registers[REG_RAX] = serve(registers);
}

bool starter_signals(void)
{
    static const unsigned char faults[] = {SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGTRAP, SIGALRM};
    const stack_t stack = {.ss_sp = (void *)starter_control->alternate.start,
                           .ss_size = PROC_ALTERNATE};
    struct action action = {on_fault, SA_SIGINFO | SA_ONSTACK | SA_NODEFER | RESTORER,
                            starter_restore, 0};
    long failed = starter_call(SYS_sigaltstack, (long)&stack, 0, 0, 0, 0, 0);
    for (unsigned i = 0; i < sizeof(faults); i++)
        failed |= starter_call(SYS_rt_sigaction, faults[i], (long)&action, 0, 8, 0, 0);
    action.handler = on_call;
    action.flags = SA_SIGINFO | SA_NODEFER | RESTORER;
    failed |= starter_call(SYS_rt_sigaction, SIGSYS, (long)&action, 0, 8, 0, 0);
    return !failed;
}
