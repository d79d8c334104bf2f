/* Hosts and their signals: masks, handlers, alternate stacks, faults of their own, timers. */
#include "omniglot/tests/hosts/hosts.h"

#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <setjmp.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <time.h>
#include <ucontext.h>

static void block_all(void)
{
    sigset_t all;
    sigfillset(&all);
    CHECK(!pthread_sigmask(SIG_SETMASK, &all, NULL));
}

/* What the host has blocked is what it is told, and nothing has come to it. */
static void check_all_blocked(void)
{
    sigset_t now, pending;
    CHECK(!pthread_sigmask(SIG_BLOCK, NULL, &now));
    for (int signal = 1; signal < SIGRTMAX; signal++)
        if (signal != SIGKILL && signal != SIGSTOP && (signal < 32 || signal >= SIGRTMIN))
            CHECK(sigismember(&now, signal) == 1);
    CHECK(!sigpending(&pending));
    if (hosts_system.is == PROCESS_ONLY)
        sigdelset(&pending, SIGCHLD); /* a worker has ended */
    CHECK(sigisemptyset(&pending));
}

/* --- masks --- */

static void opens_with_all_signals_blocked(void)
{
    block_all();
    open_it();
    works();
    check_all_blocked();
    close_it();
}

static void blocks_all_signals_then_the_library_allocates(void)
{
    open_it();
    block_all();
    works();
    check_all_blocked();
    close_it();
}

static void blocks_all_signals_then_the_library_faults(void)
{
    open_it();
    block_all();
    fault_and_reset();
    check_all_blocked();
    close_it();
}

static void *open_and_work(void *unused)
{
    open_it();
    works();
    check_all_blocked();
    close_it();
    return unused;
}

/* As POSIX advises for programs with threads: one thread waits for all signals. */
static void blocks_all_signals_in_its_workers(void)
{
    block_all();
    in_thread(open_and_work, NULL);
}

static void overruns_with_all_signals_blocked(void)
{
    open_it_with_deadline(100);
    block_all();
    call_ends(OG_DEADLINE, HOSTED_SPIN, 0);
    check_all_blocked();
    close_it();
}

/* --- handlers --- */

static atomic_int handled;
static volatile bool handled_on_own_stack;
static char own_stack[64 << 10];

static void handle(int signal)
{
    (void)signal;
    char here;
    handled++;
    handled_on_own_stack = &here >= own_stack && &here < own_stack + sizeof(own_stack);
    (void)!getppid(); /* a system call */
}

static void install(int signal, void (*handler)(int), int flags)
{
    struct sigaction action = {.sa_handler = handler, .sa_flags = flags};
    CHECK(!sigaction(signal, &action, NULL));
}

/* Every so many microseconds; 0: no more. */
static void set_timer(int which, int microseconds)
{
    struct itimerval timer = {{0, microseconds}, {0, microseconds}};
    CHECK(!setitimer(which, &timer, NULL));
}

/* The library computes for a while in which the timer's signals come. */
static void interrupt_it(void)
{
    int64_t rounds = rounds_for(100);
    handled = 0;
    set_timer(ITIMER_REAL, 5000);
    do
        CHECK(call(HOSTED_COMPUTE, rounds) == rounds);
    while (!handled);
    set_timer(ITIMER_REAL, 0);
    works();
}

static void handles_signals_while_the_library_runs(void)
{
    install(SIGALRM, handle, SA_RESTART);
    open_it();
    interrupt_it();
    install(SIGALRM, handle, SA_RESTART | SA_NODEFER);
    interrupt_it();
    close_it();
}

static void installs_a_handler_for_one_signal_only(void)
{
    struct sigaction now;
    open_it();
    int64_t rounds = rounds_for(50);
    install(SIGALRM, handle, (int)SA_RESETHAND | SA_RESTART);
    struct itimerval once = {{0, 0}, {0, 5000}};
    CHECK(!setitimer(ITIMER_REAL, &once, NULL));
    CHECK(call(HOSTED_COMPUTE, rounds) == rounds);
    while (!handled)
        sched_yield();
    CHECK(!sigaction(SIGALRM, NULL, &now) && now.sa_handler == SIG_DFL);
    close_it();
}

static void set_own_stack(void)
{
    const stack_t stack = {.ss_sp = own_stack, .ss_size = sizeof(own_stack)};
    CHECK(!sigaltstack(&stack, NULL));
}

static void check_own_stack(void)
{
    stack_t now;
    CHECK(!sigaltstack(NULL, &now) && now.ss_sp == own_stack && !(now.ss_flags & SS_DISABLE));
}

static void has_an_alternate_stack_before_it_opens(void)
{
    set_own_stack();
    install(SIGALRM, handle, SA_ONSTACK | SA_RESTART);
    open_it();
    works();
    interrupt_it();
    check_own_stack();
    close_it();
    raise(SIGALRM);
    CHECK(hosts_system.is == OG_MPK_ONLY || handled_on_own_stack);
}

/* As the runtimes of other languages do in each thread. */
static void sets_an_alternate_stack_after_the_first_call(void)
{
    open_it();
    works();
    set_own_stack();
    install(SIGALRM, handle, SA_ONSTACK | SA_RESTART);
    works();
    interrupt_it();
    check_own_stack();
    if (hosts_system.is & ISOLATED)
        fault_and_reset();
    check_own_stack();
    close_it();
}

static char another_stack[32 << 10];

static void set_another_stack(int signal)
{
    const stack_t stack = {.ss_sp = another_stack, .ss_size = sizeof(another_stack)};
    stack_t now;
    CHECK(!sigaltstack(&stack, NULL) || signal == SIGUSR2); /* which may run on the one there is */
    CHECK(signal == SIGUSR2 || (!sigaltstack(NULL, &now) && now.ss_sp == another_stack));
}

static stack_t told_stack;

static void note_stack(int signal, siginfo_t *info, void *context)
{
    (void)signal, (void)info;
    told_stack = ((ucontext_t *)context)->uc_stack;
}

/* The kernel puts back the one that there was when the handler returns, of which it tells. */
static void *set_stacks_in_handlers(void *calls)
{
    const stack_t small = {.ss_sp = another_stack, .ss_size = 2048}; /* the least it takes */
    struct sigaction note = {.sa_sigaction = note_stack, .sa_flags = SA_SIGINFO};
    if (calls)
        works();
    CHECK(!sigaltstack(&small, NULL));
    set_own_stack();
    CHECK(!sigaction(SIGWINCH, &note, NULL));
    install(SIGUSR1, set_another_stack, 0);
    install(SIGUSR2, set_another_stack, SA_ONSTACK);
    for (int round = 0; round < 3; round++) {
        if (calls)
            works();
        raise(SIGUSR1);
        check_own_stack();
        raise(SIGUSR2);
        check_own_stack();
        raise(SIGWINCH);
        CHECK(told_stack.ss_sp == own_stack && told_stack.ss_size == sizeof(own_stack));
    }
    return NULL;
}

static void sets_alternate_stacks_in_handlers(void)
{
    open_it();
    in_thread(set_stacks_in_handlers, NULL);
    in_thread(set_stacks_in_handlers, &the_library);
    close_it();
}

static sigjmp_buf back;

static void jump_back(int signal)
{
    siglongjmp(back, signal);
}

static void jump_back_without_mask(int signal)
{
    longjmp(back, signal);
}

static void leaves_handlers_by_longjmp_out_of_its_own_code(void)
{
    open_it();
    for (int round = 0; round < 3; round++) {
        install(SIGUSR1, jump_back, round == 1 ? SA_ONSTACK : 0);
        if (!sigsetjmp(back, 1)) {
            raise(SIGUSR1);
            hosts_fail();
        }
        works();
        install(SIGUSR1, jump_back_without_mask, SA_NODEFER);
        if (!sigsetjmp(back, 0)) {
            raise(SIGUSR1);
            hosts_fail();
        }
        works();
        if (hosts_system.is & ISOLATED)
            fault_and_reset();
    }
    close_it();
}

/* --- its own alternate stack --- */

static volatile int deepest = -1, overflows;

static __attribute__((noinline)) int recurse(int depth)
{
    volatile char room[4096];
    room[0] = (char)depth;
    return depth == deepest ? depth : recurse(depth + 1) + room[0];
}

static void jump_back_from_overflow(int signal)
{
    overflows++;
    siglongjmp(back, signal);
}

static void overflow(void)
{
    int before = overflows;
    if (!sigsetjmp(back, 1)) {
        (void)recurse(0);
        hosts_fail();
    }
    CHECK(overflows == before + 1);
}

static void overflow_in_handler(int signal)
{
    (void)signal;
    (void)recurse(0);
}

static void leave_a_handler(int flags)
{
    install(SIGUSR1, jump_back, flags);
    if (!sigsetjmp(back, 1)) {
        raise(SIGUSR1);
        hosts_fail();
    }
}

/* However it has left handlers before, and whether or not it has called since. */
static void *run_out_of_stack(void *unused)
{
    set_own_stack();
    install(SIGSEGV, jump_back_from_overflow, SA_ONSTACK);
    overflow();
    works();
    for (int flags = 0; flags <= SA_ONSTACK; flags += SA_ONSTACK) {
        leave_a_handler(flags);
        overflow();
        overflow();
        works();
        overflow();
        install(SIGUSR1, overflow_in_handler, flags);
        if (!(flags & SA_ONSTACK)) {
            if (!sigsetjmp(back, 1)) {
                raise(SIGUSR1);
                hosts_fail();
            }
            overflow();
            works();
        }
        leave_a_handler(flags);
        check_own_stack();
        if (hosts_system.is & ISOLATED)
            fault_and_reset();
        overflow();
        works();
    }
    return unused;
}

static void runs_out_of_stack_after_leaving_handlers(void)
{
    open_it();
    in_thread(run_out_of_stack, NULL);
    works();
    close_it();
}

static void fill_room(int signal)
{
    volatile char room[48 << 10];
    handle(signal);
    for (size_t i = 0; i < sizeof(room); i += 64)
        room[i] = (char)signal;
}

static void raise_in_handler(int signal)
{
    (void)signal;
    raise(SIGUSR1);
}

static char small_stack[32 << 10];
#define SMALL_STACK (small_stack + sizeof(small_stack) / 2) /* the upper half */

/* What is right below the stack pointer, and in a register, is there after a handler. */
static void be_interrupted_in_the_middle(void)
{
    uint64_t below = 0, farthest = 0, lane = 0;
    __asm__ volatile("movq $41, -8(%%rsp)\n"
                     "movq $42, -128(%%rsp)\n"
                     "movq %3, %%xmm9\n"
                     "int3\n"
                     "movq -8(%%rsp), %0\n"
                     "movq -128(%%rsp), %1\n"
                     "movq %%xmm9, %2\n"
                     : "=&r"(below), "=&r"(farthest), "=&r"(lane)
                     : "r"(UINT64_C(43))
                     : "xmm9", "memory");
    CHECK(below == 41 && farthest == 42 && lane == 43);
}

/* Until there is no room for a signal's frame. */
static __attribute__((noinline)) int raise_ever_deeper(int depth)
{
    volatile char room[256];
    room[0] = (char)depth;
    raise(SIGURG);
    return depth == deepest ? depth : raise_ever_deeper(depth + 1) + room[0];
}

static void note_where(int signal)
{
    volatile char here = (char)signal;
    handled_on_own_stack = &here >= small_stack && &here < small_stack + sizeof(small_stack);
    for (size_t i = 0; i < 16; i++) /* and uses registers of its own */
        __asm__ volatile("pcmpeqd %%xmm9, %%xmm9" ::: "xmm9");
}

/* A handler without SA_ONSTACK needs more than there is on the alternate stack. */
static void raise_what_is_large(void)
{
    handled = 0;
    raise(SIGUSR1);
    CHECK(handled == 1);
    raise(SIGUSR2);
    CHECK(handled == 2);
    for (char *at = small_stack; at < SMALL_STACK; at++)
        CHECK(*at == 7);
}

static void *raise_with_small_stack(void *calls)
{
    stack_t stack = {.ss_sp = SMALL_STACK, .ss_size = sizeof(small_stack) / 2}, now;
    memset(small_stack, 7, sizeof(small_stack) / 2);
    CHECK(!sigaltstack(&stack, NULL));
    install(SIGUSR1, fill_room, 0);
    install(SIGUSR2, raise_in_handler, SA_NODEFER);
    install(SIGTRAP, note_where, 0);
    install(SIGURG, note_where, 0);
    install(SIGSEGV, jump_back_from_overflow, SA_ONSTACK);
    install(SIGWINCH, note_where, SA_ONSTACK);
    for (int round = 0; round < 3; round++) {
        if (calls)
            works();
        raise_what_is_large();
        be_interrupted_in_the_middle();
        CHECK(!handled_on_own_stack);
        raise(SIGWINCH);
        CHECK(handled_on_own_stack || calls);
        int before = overflows;
        if (!sigsetjmp(back, 1)) {
            (void)raise_ever_deeper(0);
            hosts_fail();
        }
        CHECK(overflows == before + 1);
        raise_what_is_large();
        CHECK(!sigaltstack(NULL, &now) && now.ss_sp == stack.ss_sp && now.ss_flags == 0);
    }
    return NULL;
}

/* Its stack overflows after some hundred signals, and not after thousands. */
static void in_shallow_thread(void *(*run)(void *), void *argument)
{
    pthread_t thread;
    pthread_attr_t attributes;
    CHECK(!pthread_attr_init(&attributes));
    CHECK(!pthread_attr_setstacksize(&attributes, 512 << 10));
    CHECK(!pthread_create(&thread, &attributes, run, argument));
    CHECK(!pthread_join(thread, NULL));
    pthread_attr_destroy(&attributes);
}

static void has_handlers_that_stay_where_they_interrupt(void)
{
    open_it();
    in_shallow_thread(raise_with_small_stack, NULL);
    in_shallow_thread(raise_with_small_stack, &the_library);
    close_it();
}

/* --- faults of its own --- */

static volatile int *volatile nowhere;

static void write_to_null(void)
{
    open_it();
    works();
    *nowhere = 1;
}

static void trap(void)
{
    open_it();
    works();
    __asm__ volatile("int3");
}

static void ignore_and_write_to_null(void)
{
    signal(SIGSEGV, SIG_IGN);
    write_to_null();
}

static void ignore_later_and_trap(void)
{
    open_it();
    works();
    signal(SIGTRAP, SIG_IGN);
    __asm__ volatile("int3");
}

static void divide_by_zero(void)
{
    open_it();
    works();
    volatile int one = 1, zero = 0;
    handled = one / zero;
}

static void is_killed_by_its_own_faults(void)
{
    CHECK(was_killed_by(status_of(write_to_null), SIGSEGV));
    CHECK(was_killed_by(status_of(ignore_and_write_to_null), SIGSEGV));
    CHECK(was_killed_by(status_of(trap), SIGTRAP));
    CHECK(was_killed_by(status_of(ignore_later_and_trap), SIGTRAP));
    CHECK(was_killed_by(status_of(divide_by_zero), SIGFPE));
}

static volatile uintptr_t fault_address;

static void note_and_jump_back(int signal, siginfo_t *info, void *context)
{
    (void)context;
    fault_address = (uintptr_t)info->si_addr;
    siglongjmp(back, signal);
}

static void handle_own_faults(bool installs_first)
{
    struct sigaction action = {.sa_sigaction = note_and_jump_back, .sa_flags = SA_SIGINFO};
    if (installs_first)
        sigaction(SIGSEGV, &action, NULL);
    open_it();
    works();
    if (!installs_first)
        sigaction(SIGSEGV, &action, NULL);
    nowhere = (int *)16;
    for (int round = 0; round < 3; round++) {
        fault_address = 0;
        if (!sigsetjmp(back, 1)) {
            *nowhere = 1;
            hosts_fail();
        }
        CHECK(fault_address == 16);
        works();
        if (hosts_system.is & ISOLATED)
            fault_and_reset();
    }
    close_it();
}

static void install_first_and_handle(void)
{
    handle_own_faults(true);
}

static void install_later_and_handle(void)
{
    handle_own_faults(false);
}

static void handles_its_own_faults_beside_the_librarys(void)
{
    CHECK(ended_well(status_of(install_first_and_handle)));
    /* Over a module of WebAssembly the handler is the module's too, if it was there before. */
    if (hosts_system.is != WASM_ONLY)
        CHECK(ended_well(status_of(install_later_and_handle)));
}

/* --- signals without handlers --- */

static pthread_t main_thread;

static void *send_to_main(void *signal)
{
    usleep(20000);
    pthread_kill(main_thread, (int)(intptr_t)signal);
    return NULL;
}

static void waits_for_signals(void)
{
    sigset_t set, none;
    siginfo_t info;
    int got = 0;
    sigemptyset(&set);
    sigemptyset(&none);
    sigaddset(&set, SIGUSR1);
    sigaddset(&set, SIGRTMIN);
    open_it();
    works();
    CHECK(!pthread_sigmask(SIG_BLOCK, &set, NULL));
    works();
    CHECK(!raise(SIGUSR1));
    works();
    CHECK(!sigwait(&set, &got) && got == SIGUSR1);
    CHECK(!sigqueue(getpid(), SIGRTMIN, (union sigval){.sival_int = 7}));
    works();
    CHECK(sigwaitinfo(&set, &info) == SIGRTMIN && info.si_value.sival_int == 7);
    install(SIGUSR1, handle, 0);
    pthread_t sender;
    main_thread = pthread_self();
    CHECK(!pthread_create(&sender, NULL, send_to_main, (void *)(intptr_t)SIGUSR1));
    handled = 0;
    CHECK(sigsuspend(&none) == -1 && errno == EINTR && handled == 1);
    pthread_join(sender, NULL);
    works();
    close_it();
}

/* Those by which a domain's faults, system calls and deadline are told: where a thread has entered
 * domains the kernel does not block them. What is sent of them while the host has them blocked
 * waits for it all the same. */
static bool is_the_runtimes(int signal)
{
    return hosts_system.is == OG_MPK_ONLY &&
           (signal == SIGSEGV || signal == SIGBUS || signal == SIGILL || signal == SIGFPE ||
            signal == SIGTRAP || signal == SIGSYS || signal == SIGRTMAX - 3);
}

static void check_held(int number)
{
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, number);
    install(number, handle, 0);
    handled = 0;
    CHECK(!raise(number));
    CHECK(handled == 0);
    works();
    CHECK(!pthread_sigmask(SIG_UNBLOCK, &set, NULL));
    CHECK(handled == 1);
    CHECK(!pthread_sigmask(SIG_BLOCK, &set, NULL));
}

/* With what it says, however long it has waited. */
static void check_waited_for(int number)
{
    const struct timespec none = {0, 0};
    const union sigval value = {.sival_int = 7 + number};
    sigset_t all, pending;
    siginfo_t info;
    int got = 0;
    sigfillset(&all);
    CHECK(!raise(number));
    works();
    CHECK(!sigpending(&pending) && sigismember(&pending, number) == 1);
    CHECK(!sigwait(&all, &got) && got == number);
    CHECK(!sigpending(&pending) && sigismember(&pending, number) == 0);
    CHECK(!pthread_sigqueue(pthread_self(), number, value));
    works();
    CHECK(sigwaitinfo(&all, &info) == number);
    CHECK(info.si_value.sival_int == value.sival_int && info.si_pid == getpid());
    CHECK(!kill(getpid(), number));
    CHECK(sigtimedwait(&all, &info, &none) == number && info.si_code == SI_USER);
    CHECK(sigtimedwait(&all, &info, &none) == -1 && errno == EAGAIN);
    works();
}

static void waits_for_any_signal_at_all(void)
{
    open_it();
    works();
    block_all();
    for (int signal = 1; signal <= SIGRTMAX; signal++) {
        if (signal == SIGKILL || signal == SIGSTOP || (signal >= 32 && signal < SIGRTMIN))
            continue;
        if (is_the_runtimes(signal))
            check_held(signal);
        check_waited_for(signal);
    }
    if (hosts_system.is & TIMED)
        fault_and_reset();
    close_it();
}

/* It comes while the thread waits, from another. */
static void waits_for_what_another_thread_sends(void)
{
    pthread_t sender;
    sigset_t set;
    int got = 0;
    sigemptyset(&set);
    sigaddset(&set, SIGTRAP);
    open_it();
    works();
    CHECK(!pthread_sigmask(SIG_BLOCK, &set, NULL));
    main_thread = pthread_self();
    for (int i = 0; i < 20; i++) {
        CHECK(!pthread_create(&sender, NULL, send_to_main, (void *)(intptr_t)SIGTRAP));
        CHECK(!sigwait(&set, &got) && got == SIGTRAP);
        CHECK(!pthread_join(sender, NULL));
        works();
    }
    if (hosts_system.is & TIMED)
        fault_and_reset();
    close_it();
}

static void *do_nothing(void *unused)
{
    return unused;
}

/* A new thread has its creator's mask, which is not the kernel's: a handler may come in between. */
static void makes_threads_while_it_handles_signals(void)
{
    const struct itimerval often = {{0, 500}, {0, 500}}, never = {{0, 0}, {0, 0}};
    pthread_t thread;
    sigset_t set, now;
    sigemptyset(&set);
    sigaddset(&set, SIGSEGV);
    sigaddset(&set, SIGSYS);
    open_it();
    works();
    signal(SIGALRM, handle);
    CHECK(!pthread_sigmask(SIG_SETMASK, &set, NULL));
    CHECK(!setitimer(ITIMER_REAL, &often, NULL));
    for (int i = 0; i < 2000; i++) {
        CHECK(!pthread_create(&thread, NULL, do_nothing, NULL));
        CHECK(!pthread_sigmask(SIG_BLOCK, NULL, &now) && !memcmp(&now, &set, 8));
        CHECK(!pthread_join(thread, NULL));
    }
    CHECK(!setitimer(ITIMER_REAL, &never, NULL));
    works();
    close_it();
}

/* --- leaving what waits, or starts a program, before it is over --- */

static atomic_int left_behind; /* threads that have worked as they ended */

static void work_at_the_end(void *unused)
{
    (void)unused;
    works();
    if (hosts_system.is & TIMED)
        fault_and_reset();
    left_behind++;
}

static void wait_for_all(void)
{
    sigset_t all;
    int signal;
    sigfillset(&all);
    sigwait(&all, &signal);
}

static void run_a_program(void)
{
    (void)!system("exec sleep 60");
}

struct cancelled {
    void (*wait)(void);
    bool before;
};

static void *be_cancelled(void *memory)
{
    const struct cancelled *cancelled = memory;
    works();
    block_all();
    if (cancelled->before)
        pthread_cancel(pthread_self());
    pthread_cleanup_push(work_at_the_end, NULL);
    cancelled->wait();
    pthread_cleanup_pop(0);
    return NULL;
}

static void check_cancelled_in(void (*wait)(void), bool before)
{
    struct cancelled cancelled = {wait, before};
    pthread_t thread;
    void *result = NULL;
    CHECK(!pthread_create(&thread, NULL, be_cancelled, &cancelled));
    usleep(300000);
    if (!before)
        CHECK(!pthread_cancel(thread));
    CHECK(!pthread_join(thread, &result) && result == PTHREAD_CANCELED);
}

/* A thread that works as it ends finds the library as it was. */
static void is_cancelled_while_it_waits_for_signals_or_a_program(void)
{
    open_it();
    for (int before = 0; before <= 1; before++) {
        check_cancelled_in(wait_for_all, before);
        check_cancelled_in(run_a_program, before);
    }
    CHECK(left_behind == 4);
    works();
    close_it();
}

static void reads_signals_from_a_descriptor(void)
{
    sigset_t set;
    struct signalfd_siginfo info;
    sigemptyset(&set);
    sigaddset(&set, SIGUSR1);
    open_it();
    CHECK(!pthread_sigmask(SIG_BLOCK, &set, NULL));
    int file = signalfd(-1, &set, SFD_CLOEXEC);
    CHECK(file >= 0);
    works();
    kill(getpid(), SIGUSR1);
    works();
    CHECK(read(file, &info, sizeof(info)) == sizeof(info) && info.ssi_signo == SIGUSR1);
    close_it();
}

static void note_timer(union sigval value)
{
    atomic_fetch_add((atomic_int *)value.sival_ptr, 1);
}

static void sets_timers_of_every_kind(void)
{
    static atomic_int by_thread;
    const struct itimerspec often = {{0, 5000000}, {0, 5000000}}, never = {0};
    struct sigevent by_signal = {.sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIGRTMIN + 1};
    struct sigevent threads = {.sigev_notify = SIGEV_THREAD,
                               .sigev_notify_function = note_timer,
                               .sigev_value.sival_ptr = &by_thread};
    timer_t first, second;
    install(SIGRTMIN + 1, handle, SA_RESTART);
    open_it();
    works();
    CHECK(!timer_create(CLOCK_MONOTONIC, &by_signal, &first));
    CHECK(!timer_create(CLOCK_MONOTONIC, &threads, &second));
    CHECK(!timer_settime(first, 0, &often, NULL) && !timer_settime(second, 0, &often, NULL));
    int64_t rounds = rounds_for(100);
    CHECK(call(HOSTED_COMPUTE, rounds) == rounds);
    CHECK(handled > 0);
    works();
    for (int i = 0; i < 1000 && !by_thread; i++)
        usleep(1000);
    CHECK(by_thread > 0);
    CHECK(!timer_settime(first, 0, &never, NULL) && !timer_settime(second, 0, &never, NULL));
    install(SIGVTALRM, handle, SA_RESTART);
    set_timer(ITIMER_VIRTUAL, 5000);
    CHECK(call(HOSTED_COMPUTE, rounds) == rounds);
    works();
    set_timer(ITIMER_VIRTUAL, 0);
    close_it();
}

static void is_profiled_at_1_khz(void)
{
    enum { TIMES = 50 };
    install(SIGPROF, handle, SA_RESTART | SA_SIGINFO | SA_ONSTACK);
    set_timer(ITIMER_PROF, 1000);
    open_it();
    int64_t rounds = rounds_for(10);
    for (int i = 0; i < TIMES; i++) {
        CHECK(call(HOSTED_COMPUTE, rounds) == rounds);
        works();
    }
    CHECK(handled > 0);
    if (hosts_system.is & ISOLATED)
        for (int i = 0; i < TIMES / 5; i++)
            fault_and_reset();
    close_it();
    set_timer(ITIMER_PROF, 0);
}

/* --- the C library's own --- */

static atomic_bool is_over;

static void *work_until_it_is_over(void *unused)
{
    open_it();
    while (!is_over)
        works();
    close_it();
    return unused;
}

static void changes_its_user_while_a_thread_is_inside(void)
{
    pthread_t thread;
    CHECK(!pthread_create(&thread, NULL, work_until_it_is_over, NULL));
    for (int i = 0; i < 50; i++) {
        CHECK(!setuid(getuid()));
        CHECK(!setgid(getgid()));
        usleep(1000);
    }
    is_over = true;
    CHECK(!pthread_join(thread, NULL));
}

/* --- being stopped --- */

static void stop_in_a_call(unsigned deadline, int inside)
{
    open_it_with_deadline(deadline);
    int64_t rounds = rounds_for(600);
    CHECK(write(inside, "i", 1) == 1);
    CHECK(call(HOSTED_COMPUTE, rounds) == rounds);
    close_it();
}

static bool stop_and_go_on(unsigned deadline)
{
    int status = -1, inside[2];
    char byte;
    CHECK(!pipe(inside));
    pid_t child = fork();
    if (child == 0) {
        stop_in_a_call(deadline, inside[1]);
        _exit(0);
    }
    close(inside[1]);
    CHECK(read(inside[0], &byte, 1) == 1);
    close(inside[0]);
    usleep(100000);
    CHECK(!kill(child, SIGSTOP));
    CHECK(waitpid(child, &status, WUNTRACED) == child);
    usleep(deadline * 1500);
    if (WIFSTOPPED(status)) {
        CHECK(!kill(child, SIGCONT));
        CHECK(waitpid(child, &status, 0) == child);
    }
    return ended_well(status);
}

/* For longer than the deadline. On a machine that is busy the call itself can take that long, but
 * not whatever the deadline. */
static void is_stopped_and_goes_on(void)
{
    CHECK(stop_and_go_on(2000) || stop_and_go_on(8000));
}

/* --- what only looks like a fault --- */

static atomic_bool is_inside, is_over;
static atomic_int told;

static void note_told(int signal, siginfo_t *info, void *context)
{
    (void)signal, (void)context;
    told += info->si_code > 0;
}

static void *compute_until_over(void *rounds)
{
    do {
        CHECK(call(HOSTED_COMPUTE, *(int64_t *)rounds) == *(int64_t *)rounds);
        is_inside = true;
    } while (!is_over);
    return NULL;
}

static bool is_pending(int signal)
{
    uint64_t pending = 0;
    CHECK(!syscall(SYS_rt_sigpending, &pending, sizeof(pending)));
    return pending >> (signal - 1) & 1;
}

/* To the process, as the kernel says such a thing: who sends it does not get it. */
static void send_to_the_others(int signal, int code)
{
    siginfo_t info = {.si_signo = signal, .si_code = code};
    CHECK(!syscall(SYS_rt_sigqueueinfo, getpid(), signal, &info));
    while (is_pending(signal))
        usleep(100);
}

static void hear_of(int signal, int code)
{
    enum { TIMES = 8 };
    const uint64_t mask = UINT64_C(1) << (signal - 1);
    struct sigaction action = {.sa_sigaction = note_told, .sa_flags = SA_SIGINFO | SA_RESTART};
    int64_t rounds = rounds_for(50);
    pthread_t thread;
    is_inside = is_over = false;
    told = 0;
    CHECK(!sigaction(signal, &action, NULL));
    CHECK(!pthread_create(&thread, NULL, compute_until_over, &rounds));
    while (!is_inside)
        usleep(1000);
    /* Past the C library: it is the kernel that has to pass this thread over. */
    CHECK(!syscall(SYS_rt_sigprocmask, SIG_BLOCK, &mask, NULL, sizeof(mask)));
    for (int i = 1; i <= TIMES; i++) {
        send_to_the_others(signal, code);
        while (told < i)
            usleep(100);
    }
    action.sa_handler = SIG_IGN;
    CHECK(!sigaction(signal, &action, NULL));
    for (int i = 0; i < TIMES; i++) {
        send_to_the_others(signal, code);
        usleep(1000);
    }
    is_over = true;
    CHECK(!pthread_join(thread, NULL));
    CHECK(told == TIMES);
    CHECK(!syscall(SYS_rt_sigprocmask, SIG_UNBLOCK, &mask, NULL, sizeof(mask)));
}

/* Memory that has broken, and that nobody has touched yet; a counter that has run over. */
static void is_told_of_the_machine_while_the_library_runs(void)
{
    enum { PERFORMANCE = 6 /* TRAP_PERF */ };
    open_it();
    hear_of(SIGBUS, BUS_MCEERR_AO);
    works();
    hear_of(SIGTRAP, PERFORMANCE);
    works();
    close_it();
}

const struct hosts_row hosts_signals[] = {
    ROW(opens_with_all_signals_blocked, ALL),
    ROW(blocks_all_signals_in_its_workers, ALL),
    ROW(blocks_all_signals_then_the_library_allocates, ALL),
    ROW(blocks_all_signals_then_the_library_faults, TIMED),
    ROW(overruns_with_all_signals_blocked, TIMED),
    ROW(handles_signals_while_the_library_runs, ALL),
    ROW(installs_a_handler_for_one_signal_only, ALL),
    ROW(has_an_alternate_stack_before_it_opens, ALL),
    ROW(sets_an_alternate_stack_after_the_first_call, ALL),
    ROW(sets_alternate_stacks_in_handlers, DOMAINS),
    ROW(leaves_handlers_by_longjmp_out_of_its_own_code, ALL),
    ROW(runs_out_of_stack_after_leaving_handlers, DOMAINS),
    ROW(has_handlers_that_stay_where_they_interrupt, DOMAINS),
    ROW(is_killed_by_its_own_faults, ALL),
    ROW(handles_its_own_faults_beside_the_librarys, ALL),
    ROW(waits_for_signals, ALL),
    ROW(waits_for_any_signal_at_all, ALL),
    ROW(waits_for_what_another_thread_sends, ALL),
    ROW(makes_threads_while_it_handles_signals, ALL),
    ROW(is_cancelled_while_it_waits_for_signals_or_a_program, DOMAINS),
    ROW(reads_signals_from_a_descriptor, ALL),
    ROW_WITH(is_told_of_the_machine_while_the_library_runs, DOMAINS, LONG),
    ROW(sets_timers_of_every_kind, ALL),
    ROW(is_profiled_at_1_khz, ALL),
    ROW(changes_its_user_while_a_thread_is_inside, ALL),
    ROW(is_stopped_and_goes_on, ALL),
    {NULL, NULL, 0, 0},
};
