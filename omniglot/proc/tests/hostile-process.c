/* A library that tries to get out of the process that it is in, or to go on there when it should
 * not. */
#include <errno.h>
#include <fcntl.h>
#include <linux/futex.h>
#include <sched.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#define EXPORT __attribute__((visibility("default")))

EXPORT long value = 1; /* what the host validates */
EXPORT long numbers[64];

/* A system call with an instruction of its own: what the kernel returns. */
EXPORT long call_kernel(long number, long a, long b, long c, long d, long e)
{
    register long r10 __asm__("r10") = d;
    register long r8 __asm__("r8") = e;
    register long r9 __asm__("r9") = 0;
    long result;
    __asm__ volatile("syscall"
                     : "=a"(result)
                     : "a"(number), "D"(a), "S"(b), "d"(c), "r"(r10), "r"(r8), "r"(r9)
                     : "rcx", "r11", "memory");
    return result;
}

/* The same with the starter's own, which lies below 4 GiB and may do more: SYSCALL, RET. */
EXPORT long call_kernel_as_starter(long number, long a, long b, long c, long d, long e)
{
    const unsigned char *at = (const unsigned char *)0x200000;
    while (at[0] != 0x0f || at[1] != 0x05 || at[2] != 0xc3)
        at += at + 4096 == (const unsigned char *)0x201000 ? 4096 : 1;
    register long r10 __asm__("r10") = d;
    register long r8 __asm__("r8") = e;
    register long r9 __asm__("r9") = 0;
    long result;
    __asm__ volatile("call *%[at]"
                     : "=a"(result)
                     : "a"(number), "D"(a), "S"(b), "d"(c), "r"(r10), "r"(r8), "r"(r9), [at] "b"(at)
                     : "rcx", "r11", "memory");
    return result;
}

EXPORT long read_word(const long *place)
{
    return *place;
}

EXPORT void write_word(long *place, long word)
{
    *place = word;
}

EXPORT long count(void)
{
    static long counted;
    return ++counted;
}

EXPORT long add_many(long a, long b, long c, long d, long e, long f, long g, double h, long i)
{
    return a + 2 * b + 3 * c + 4 * d + 5 * e + 6 * f + 7 * g + (long)(8 * h) + 9 * i;
}

EXPORT long double add_long_doubles(long double a, long double b)
{
    return a + b;
}

EXPORT char *give(const char *text)
{
    return strdup(text);
}

EXPORT const char *say(void)
{
    return "said by the library";
}

EXPORT void print(const char *text)
{
    printf("%s\n", text);
}

EXPORT void spin(void)
{
    for (;;)
        __asm__ volatile("");
}

EXPORT long sleep_for_ever(void)
{
    for (;;)
        pause();
}

EXPORT long overflow(long depth)
{
    volatile char room[4096];
    room[0] = (char)depth;
    return overflow(depth + 1) + room[0];
}

EXPORT long divide(long a, long b)
{
    return a / b;
}

EXPORT void give_up(void)
{
    abort();
}

EXPORT void leave(long status)
{
    exit((int)status);
}

EXPORT void execute_nothing(void)
{
    __asm__ volatile("ud2");
}

/* As many threads and processes as it takes, by each call that makes one. How many it has made. */
EXPORT int never(void *unused)
{
    (void)unused;
    for (;;)
        ++*(volatile long *)&value;
    return 0;
}

EXPORT long make_others(void)
{
    static char stack[16384];
    /* CLONE_VM, and whatever else a thread is made with. */
    const unsigned long thread = 0x3d0f00;
    const uint64_t arguments[11] = {CLONE_VM, 0, 0, 0, SIGCHLD, (uint64_t)stack, sizeof(stack)};
    long made = 0;
    made += call_kernel(SYS_clone, (long)thread, (long)(stack + sizeof(stack)), 0, 0, 0) >= 0;
    made += call_kernel(SYS_clone, CLONE_VM | SIGCHLD, (long)(stack + sizeof(stack)), 0, 0, 0) >= 0;
    made += call_kernel(SYS_clone, SIGCHLD, 0, 0, 0, 0) >= 0;
    made += call_kernel(SYS_clone3, (long)arguments, sizeof(arguments), 0, 0, 0) >= 0;
    made += call_kernel(SYS_fork, 0, 0, 0, 0, 0) >= 0;
    made += call_kernel(SYS_vfork, 0, 0, 0, 0, 0) >= 0;
    made += clone(never, stack + sizeof(stack), CLONE_VM, NULL) >= 0;
    made += call_kernel(SYS_io_uring_setup, 8, (long)numbers, 0, 0, 0) >= 0;
    made += call_kernel(SYS_userfaultfd, 0, 0, 0, 0, 0) >= 0;
    return made;
}

/* Arranges what would write later, when the host reads. How much of it there is. */
static void on_signal(int number)
{
    (void)number;
    value++;
}

EXPORT long arrange_for_later(void)
{
    long arranged = 0;
    const struct {
        void (*handler)(int);
        unsigned long flags;
        void *restorer;
        unsigned long mask;
    } action = {on_signal, 0x04000000, NULL, 0};
    const long soon[4] = {0, 1000, 0, 1000};
    timer_t timer = 0;
    call_kernel(SYS_rt_sigaction, SIGALRM, (long)&action, 0, 8, 0);
    call_kernel(SYS_rt_sigaction, SIGPROF, (long)&action, 0, 8, 0);
    arranged += call_kernel(SYS_setitimer, 0 /* ITIMER_REAL */, (long)soon, 0, 0, 0) >= 0;
    arranged += call_kernel(SYS_setitimer, 2 /* ITIMER_PROF */, (long)soon, 0, 0, 0) >= 0;
    arranged += call_kernel(SYS_alarm, 1, 0, 0, 0, 0) >= 0;
    arranged += call_kernel(SYS_timer_create, CLOCK_MONOTONIC, 0, (long)&timer, 0, 0) >= 0;
    arranged += call_kernel(SYS_timerfd_create, CLOCK_MONOTONIC, 0, 0, 0, 0) >= 0;
    arranged += call_kernel(SYS_perf_event_open, (long)numbers, 0, -1, -1, 0) >= 0;
    arranged += call_kernel(SYS_rseq, (long)numbers, 32, 0, 0x53053053, 0) >= 0;
    arranged += call_kernel(SYS_set_robust_list, (long)numbers, 24, 0, 0, 0) >= 0;
    arranged += call_kernel(SYS_io_setup, 8, (long)numbers, 0, 0, 0) >= 0;
    arranged += call_kernel(SYS_prctl, 1 /* PR_SET_PDEATHSIG */, SIGALRM, 0, 0, 0) >= 0;
    arranged += call_kernel(SYS_fcntl, 0, F_SETSIG, SIGALRM, 0, 0) >= 0;
    return arranged;
}

/* Memory as the kernel gives it, until there is no more: how many MiB. */
EXPORT long fill_memory(void)
{
    long filled = 0;
    char *volatile memory; /* or Clang does without it */
    while ((memory = malloc(1 << 20))) {
        memset(memory, 1, 1 << 20);
        filled++;
    }
    return filled;
}

/* What the host is told, without having done what was asked. */
EXPORT long hand_over(long event)
{
    return call_kernel(0x6f67, event, 0, 0, 0, 0);
}

EXPORT long call(long (*callback)(long), long argument)
{
    return callback(argument) + 1;
}

EXPORT long own_process(void)
{
    return call_kernel(SYS_getpid, 0, 0, 0, 0, 0);
}
