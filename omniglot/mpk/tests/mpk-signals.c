/* The host's signals beside domains: handlers whenever and however they are installed, masks,
 * alternate stacks, and the C library's own signals. */
#include "mpk-test.h"
#include "omniglot/mpk/mpk.h"

#include <dlfcn.h>
#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

static struct og_domain *slow; /* with libogsignals.so */
static int first_domain;       /* how it ended where all signals were blocked */

static struct og_domain *open_slow(unsigned deadline_ms)
{
    const struct og_options options = {.isolation = OG_MPK, .deadline_ms = deadline_ms};
    char path[sizeof(library)];
    beside_library(path, "libogsignals.so");
    return open_another(path, &options);
}

static int open_it(void **state)
{
    (void)state;
    slow = open_slow(0);
    return 0;
}

static int close_it(void **state)
{
    (void)state;
    return og_domain_close(slow, &fault) != OG_OK;
}

/* --- a signal while foreign code runs --- */

struct waiting {
    volatile long *words;
    pthread_t waiter;
    void (*act)(pthread_t waiter);
};

static void *act_while_it_waits(void *memory)
{
    const struct waiting *waiting = memory;
    while (!waiting->words[0])
        sched_yield();
    waiting->act(waiting->waiter);
    waiting->words[1] = 7;
    return NULL;
}

/* Calls `name`, which waits, and does `act` in another thread meanwhile. */
static enum og_error act_during(const char *name, void (*act)(pthread_t waiter), void *argument)
{
    struct og_scope scope;
    pthread_t thread;
    long value = 0;
    og_scope_begin(slow, &scope);
    long og_mut *place = og_alloc(&scope, long, 2, &fault);
    struct waiting waiting = {(volatile long *)(uintptr_t)place, pthread_self(), act};
    waiting.words[0] = waiting.words[1] = 0;
    assert_int_equal(pthread_create(&thread, NULL, act_while_it_waits, &waiting), 0);
    enum og_error error = CALL(scope, boxed_in(slow, name),
                               value = AS(words *)((long)(uintptr_t)place, (long)argument, 0, 0));
    pthread_join(thread, NULL);
    og_scope_end(&scope);
    return error ? error : value == 7 ? OG_OK : OG_SYSTEM;
}

static atomic_int handled;
static int awaited = SIGUSR1;

static void handle(int signal)
{
    handled += getppid() > 0 && signal == awaited; /* a system call */
}

static void handle_with_info(int signal, siginfo_t *info, void *context)
{
    handled += signal == SIGUSR1 && info->si_pid == getpid() && context;
}

/* Until it is handled. */
static void send(pthread_t waiter)
{
    const int before = handled;
    pthread_kill(waiter, awaited);
    while (handled == before)
        sched_yield();
}

static void assert_handled_inside(void)
{
    static long hosts[4096];
    memset(hosts, 0x5a, sizeof(hosts));
    handled = 0;
    assert_int_equal(act_during("wait_for", send, NULL), OG_OK);
    assert_int_equal(handled, 1);
    /* The kernel must not write where the domain's stack pointer says. It is no place to go on
     * from. */
    assert_int_equal(act_during("wait_with_stack_at", send, hosts + 4000), OG_FAULTED);
    assert_int_equal(handled, 2);
    assert_int_equal(og_domain_reset(slow, &fault), OG_OK);
    for (size_t i = 0; i < sizeof(hosts) / sizeof(hosts[0]); i++)
        assert_int_equal(hosts[i], 0x5a5a5a5a5a5a5a5a);
}

static void handlers_installed_in_any_way_run_on_the_hosts_stack(void **state)
{
    struct sigaction plain = {.sa_handler = handle};
    struct sigaction informed = {.sa_sigaction = handle_with_info, .sa_flags = SA_SIGINFO};
    (void)state;
    assert_ptr_equal(signal(SIGUSR1, handle), SIG_DFL);
    assert_handled_inside();
    assert_int_equal(sigaction(SIGUSR1, &plain, NULL), 0);
    assert_handled_inside();
    assert_int_equal(sigaction(SIGUSR1, &informed, NULL), 0);
    assert_handled_inside();
    assert_ptr_equal(signal(SIGUSR1, SIG_DFL), handle_with_info);
}

static void handlers_from_before_the_first_domain_run_on_the_hosts_stack(void **state)
{
    struct sigaction now;
    (void)state;
    awaited = SIGWINCH;
    assert_int_equal(sigaction(awaited, NULL, &now), 0);
    assert_ptr_equal(now.sa_handler, handle);
    assert_handled_inside();
    awaited = SIGUSR1;
}

static void count_sent(int signal, siginfo_t *info, void *context)
{
    (void)context;
    handled += mpk_is_fault(signal) && info->si_code <= 0 && info->si_pid == getpid();
}

static int sent;

static void send_a_fault(pthread_t waiter)
{
    const int before = handled;
    pthread_kill(waiter, sent);
    for (int i = 0; i < 3000 && handled == before; i++)
        usleep(1000);
}

/* Nor a system call: what is in the registers is not looked at. */
static void a_fault_that_is_sent_is_none_of_the_librarys(void **state)
{
    static const int faults[] = {SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGTRAP, SIGSYS};
    struct sigaction counts = {.sa_sigaction = count_sent, .sa_flags = SA_SIGINFO}, before;
    (void)state;
    for (size_t i = 0; i < sizeof(faults) / sizeof(faults[0]); i++) {
        sent = faults[i];
        handled = 0;
        assert_int_equal(sigaction(sent, &counts, &before), 0);
        assert_int_equal(act_during("wait_for", send_a_fault, NULL), OG_OK);
        assert_int_equal(handled, 1);
        assert_int_equal(sigaction(sent, &before, NULL), 0);
    }
}

/* A library of the host's calls the C library's functions by their names, old ones too. */
static void handlers_that_libraries_install_run_on_the_hosts_stack(void **state)
{
    static const char *const names[] = {"signal", "bsd_signal", "sigset"};
    typedef sighandler_t install(int, sighandler_t);
    (void)state;
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        install *set = (install *)(uintptr_t)dlsym(RTLD_DEFAULT, names[i]);
        assert_ptr_equal(set(SIGUSR1, handle), SIG_DFL);
        assert_handled_inside();
        assert_ptr_equal(set(SIGUSR1, SIG_DFL), handle);
    }
    install *set_once = (install *)(uintptr_t)dlsym(RTLD_DEFAULT, "sysv_signal");
    assert_ptr_equal(set_once(SIGUSR1, handle), SIG_DFL);
    handled = 0;
    assert_int_equal(act_during("wait_for", send, NULL), OG_OK);
    assert_ptr_equal(set_once(SIGUSR1, SIG_DFL), SIG_DFL);
}

/* --- what the host is told, and what handlers see --- */

static void the_host_is_told_its_own_handlers(void **state)
{
    static const int signals[] = {SIGUSR1, SIGSEGV, SIGCHLD};
    struct sigaction before, now, set = {.sa_handler = handle, .sa_flags = SA_NODEFER | SA_RESTART};
    (void)state;
    sigaddset(&set.sa_mask, SIGUSR2);
    for (size_t i = 0; i < sizeof(signals) / sizeof(signals[0]); i++) {
        assert_int_equal(sigaction(signals[i], &set, &before), 0);
        assert_int_equal(sigaction(signals[i], NULL, &now), 0);
        assert_ptr_equal(now.sa_handler, handle);
        assert_int_equal(now.sa_flags & ~0x04000000, SA_NODEFER | SA_RESTART);
        assert_int_equal(sigismember(&now.sa_mask, SIGUSR2), 1);
        assert_int_equal(sigismember(&now.sa_mask, SIGUSR1), 0);
        assert_ptr_equal(signal(signals[i], SIG_IGN), handle);
        assert_ptr_equal(signal(signals[i], SIG_DFL), SIG_IGN);
        assert_int_equal(sigaction(signals[i], &before, &now), 0);
        assert_ptr_equal(now.sa_handler, SIG_DFL);
    }
    assert_int_equal(sigaction(0, &set, NULL), -1);
    assert_int_equal(errno, EINVAL);
    assert_int_equal(sigaction(32, &set, NULL), -1);
    assert_int_equal(errno, EINVAL);
    assert_int_equal(sigaction(SIGKILL, &set, NULL), -1);
    assert_int_equal(errno, EINVAL);
    assert_int_equal(og_mpk_signal_adopt(SIGUSR1, &fault), OG_OK);
    assert_int_equal(og_mpk_signal_adopt(SIGKILL, &fault), OG_BAD_ARGUMENT);
}

static sigset_t seen;
static int depth, deepest;

static void look_at_mask(int signal)
{
    (void)signal;
    pthread_sigmask(SIG_BLOCK, NULL, &seen);
    deepest = ++depth > deepest ? depth : deepest;
    if (depth < 3 && handled < 3) {
        handled++;
        raise(SIGUSR1);
    }
    depth--;
}

static void raise_with(int flags)
{
    struct sigaction set = {.sa_handler = look_at_mask, .sa_flags = flags};
    sigaddset(&set.sa_mask, SIGUSR2);
    assert_int_equal(sigaction(SIGUSR1, &set, NULL), 0);
    handled = depth = deepest = 0;
    raise(SIGUSR1);
}

static void flags_and_masks_of_handlers_hold(void **state)
{
    struct sigaction now;
    sigset_t after;
    (void)state;
    for (int round = 0; round < 2; round++) {
        raise_with(0);
        assert_int_equal(sigismember(&seen, SIGUSR1), 1);
        assert_int_equal(sigismember(&seen, SIGUSR2), 1);
        assert_int_equal(sigismember(&seen, SIGALRM), 0);
        assert_int_equal(sigismember(&seen, SIGSEGV), 0);
        assert_int_equal(deepest, 1);
        assert_int_equal(handled, 3);
        raise_with(SA_NODEFER);
        assert_int_equal(sigismember(&seen, SIGUSR1), 0);
        assert_int_equal(deepest, 3);
        handled = 3;
        pthread_sigmask(SIG_BLOCK, NULL, &after);
        assert_int_equal(sigismember(&after, SIGUSR1), 0);
        assert_int_equal(sigismember(&after, SIGUSR2), 0);
        /* Once more where a domain's signal stack is armed. */
        assert_int_equal(call_words("count_up", NULL, 0, 0, 0, 0), OG_OK);
    }
    struct sigaction once = {.sa_handler = handle, .sa_flags = (int)SA_RESETHAND};
    assert_int_equal(sigaction(SIGUSR1, &once, NULL), 0);
    handled = 0;
    assert_int_equal(act_during("wait_for", send, NULL), OG_OK);
    assert_int_equal(sigaction(SIGUSR1, NULL, &now), 0);
    assert_ptr_equal(now.sa_handler, SIG_DFL);
}

/* What the kernel has: read past the C library. */
static void (*kernels_handler(int signal))(int)
{
    struct {
        void (*handler)(int);
        unsigned long flags;
        void *restorer;
        uint64_t mask;
    } action;
    assert_int_equal(syscall(SYS_rt_sigaction, signal, NULL, &action, 8), 0);
    return action.handler;
}

static void what_needs_no_handler_is_left_to_the_kernel(void **state)
{
    (void)state;
    assert_ptr_equal(signal(SIGUSR1, SIG_IGN), SIG_DFL);
    assert_ptr_equal(kernels_handler(SIGUSR1),
                     SIG_IGN); /* a program that is executed inherits it */
    assert_ptr_equal(signal(SIGUSR1, SIG_DFL), SIG_IGN);
    assert_ptr_equal(kernels_handler(SIGUSR1), SIG_DFL);
}

static void a_child_of_vfork_changes_nothing_of_its_parents(void **state)
{
    (void)state;
    sigset_t all, before, after;
    sigfillset(&all);
    assert_ptr_equal(signal(SIGUSR1, handle), SIG_DFL);
    pthread_sigmask(SIG_BLOCK, NULL, &before);
    pid_t child = vfork();
    if (child == 0) {
        signal(SIGUSR1, SIG_DFL);
        signal(SIGSEGV, SIG_DFL);
        sigprocmask(SIG_SETMASK, &all, NULL);
        _exit(0);
    }
    assert_int_equal(waitpid(child, NULL, 0), child);
    pthread_sigmask(SIG_BLOCK, NULL, &after);
    assert_memory_equal(&before, &after, 8);
    assert_handled_inside();
    assert_int_equal(call_words("read_word", NULL, 0, 0, 0, 0), OG_FAULTED);
    assert_works_after_reset();
    assert_ptr_equal(signal(SIGUSR1, SIG_DFL), handle);
}

/* --- the lock of the table --- */

/* That it is taken from whom there is no more. */
static void a_child_of_vfork_that_is_killed_in_sigaction_keeps_no_lock(void **state)
{
    (void)state;
    pid_t child = vfork();
    if (child == 0) {
        mpk_mask_block_all();
        mpk_lock(&mpk_own.handlers);
        _exit(0);
    }
    assert_int_equal(waitpid(child, NULL, 0), child);
    alarm(20);
    assert_ptr_equal(signal(SIGUSR1, handle), SIG_DFL);
    assert_ptr_equal(signal(SIGUSR1, SIG_DFL), handle);
    alarm(0);
    assert_int_equal(mpk_own.handlers, 0);
}

static void *keep_lock(void *is_taken)
{
    uint64_t mask = mpk_mask_block_all();
    mpk_lock(&mpk_own.handlers);
    *(atomic_bool *)is_taken = true;
    usleep(500000);
    mpk_unlock(&mpk_own.handlers);
    mpk_mask_set(mask);
    return NULL;
}

/* Of the highest priority it would run until all was over, and who has the lock would not. */
static void who_waits_for_sigaction_does_not_run(void **state)
{
    (void)state;
    atomic_bool is_taken = false;
    struct timespec before, after;
    pthread_t thread;
    assert_int_equal(pthread_create(&thread, NULL, keep_lock, &is_taken), 0);
    while (!is_taken)
        usleep(1000);
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &before);
    assert_ptr_equal(signal(SIGUSR1, handle), SIG_DFL);
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &after);
    assert_int_equal(pthread_join(thread, NULL), 0);
    assert_true(after.tv_sec * 1000 + after.tv_nsec / 1000000 -
                    (before.tv_sec * 1000 + before.tv_nsec / 1000000) <
                200);
    assert_ptr_equal(signal(SIGUSR1, SIG_DFL), handle);
}

/* --- the host's own faults --- */

static sigjmp_buf back;
static volatile int *volatile nowhere = (volatile int *)8;

static void jump_back(int signal)
{
    siglongjmp(back, signal);
}

static void fault_again(int signal)
{
    (void)signal;
    *nowhere = 1;
}

static void host_faults(void)
{
    *nowhere = 1;
}

static void host_stops(void)
{
    __asm__ volatile("int3");
}

static void host_is_sent_one(void)
{
    kill(getpid(), SIGSEGV);
}

/* How a child ends that does this with the handler. */
static int end_of(int signal_number, sighandler_t handler, void (*act)(void))
{
    int status = -1;
    fflush(stdout);
    pid_t child = fork();
    if (child == 0) {
        signal(signal_number, handler);
        if (!sigsetjmp(back, 1))
            act();
        else if (call_words("read_word", NULL, 0, 0, 0, 0) != OG_FAULTED)
            _exit(1);
        _exit(0);
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    return status;
}

static void the_hosts_own_faults_do_what_they_did(void **state)
{
    (void)state;
    (void)boxed("read_word"); /* the child can look up no function that the parent has not */
    for (int round = 0; round < 2; round++) {
        assert_int_equal(WTERMSIG(end_of(SIGSEGV, SIG_DFL, host_faults)), SIGSEGV);
        assert_int_equal(WTERMSIG(end_of(SIGSEGV, SIG_IGN, host_faults)), SIGSEGV);
        assert_int_equal(WTERMSIG(end_of(SIGTRAP, SIG_DFL, host_stops)), SIGTRAP);
        assert_int_equal(WTERMSIG(end_of(SIGTRAP, SIG_IGN, host_stops)), SIGTRAP);
        assert_int_equal(WTERMSIG(end_of(SIGSEGV, SIG_DFL, host_is_sent_one)), SIGSEGV);
        assert_int_equal(end_of(SIGSEGV, SIG_IGN, host_is_sent_one), 0);
        assert_int_equal(WTERMSIG(end_of(SIGSEGV, fault_again, host_faults)), SIGSEGV);
        assert_int_equal(end_of(SIGSEGV, jump_back, host_faults), 0);
        assert_int_equal(end_of(SIGTRAP, jump_back, host_stops), 0);
        assert_int_equal(call_words("count_up", NULL, 0, 0, 0, 0), OG_OK);
    }
    reset();
}

/* --- the C library's own signals --- */

static atomic_int changed;

static void change_user(pthread_t waiter)
{
    (void)waiter;
    changed = setuid(getuid()) == 0;
}

static void setuid_reaches_a_thread_inside(void **state)
{
    (void)state;
    changed = 0;
    assert_int_equal(act_during("wait_for", change_user, NULL), OG_OK);
    assert_int_equal(changed, 1);
}

static void cancel(pthread_t waiter)
{
    changed = pthread_cancel(waiter) == 0;
}

static atomic_int came_back, cleaned;

static void clean(void *unused)
{
    (void)unused;
    cleaned++;
}

static void *wait_inside(void *unused)
{
    bool is_done = act_during("wait_for", cancel, unused) == OG_OK;
    pthread_testcancel();
    came_back = is_done;
    return NULL;
}

static void *call_and_wait_for_the_end(void *unused)
{
    pthread_cleanup_push(clean, NULL);
    if (call_words("count_up", NULL, 0, 0, 0, 0) == OG_OK)
        came_back = 1;
    for (;;)
        pause();
    pthread_cleanup_pop(0);
    return unused;
}

static void a_thread_is_cancelled_when_it_is_back_in_the_host(void **state)
{
    pthread_t thread;
    void *result = NULL;
    (void)state;
    changed = came_back = cleaned = 0;
    assert_int_equal(pthread_create(&thread, NULL, call_and_wait_for_the_end, NULL), 0);
    while (!came_back)
        sched_yield();
    assert_int_equal(pthread_cancel(thread), 0);
    assert_int_equal(pthread_join(thread, &result), 0);
    assert_ptr_equal(result, PTHREAD_CANCELED);
    assert_int_equal(cleaned, 1);
    reset();
    came_back = 0;
    assert_int_equal(pthread_create(&thread, NULL, wait_inside, NULL), 0);
    assert_int_equal(pthread_join(thread, &result), 0);
    assert_ptr_equal(result, PTHREAD_CANCELED);
    assert_int_equal(changed, 1);
    assert_int_equal(came_back, 0);
}

/* --- the alternate stack --- */

static long alternate[2][4096];
static pthread_key_t last_key; /* made after the runtime's: its destructor runs after */
static stack_t kernels_at_exit;

static void look_at_exit(void *unused)
{
    (void)unused;
    syscall(SYS_sigaltstack, NULL, &kernels_at_exit);
}

static void *set_stacks(void *memory)
{
    const stack_t first = {.ss_sp = alternate[0], .ss_size = sizeof(alternate[0])};
    const stack_t second = {.ss_sp = alternate[1], .ss_size = sizeof(alternate[1])};
    const stack_t small = {.ss_sp = alternate[1], .ss_size = 16};
    const stack_t none = {.ss_flags = SS_DISABLE};
    stack_t now;
    int *bad = memory;
    pthread_setspecific(last_key, &now);
    *bad = sigaltstack(&first, NULL) != 0;
    *bad |= (act_during("wait_for", send, NULL) != OG_OK) << 1;
    *bad |= (sigaltstack(NULL, &now) != 0 || now.ss_sp != alternate[0] || now.ss_flags) << 2;
    *bad |= (sigaltstack(&second, &now) != 0 || now.ss_sp != alternate[0]) << 3;
    *bad |= (act_during("wait_for", send, NULL) != OG_OK) << 4;
    *bad |= (sigaltstack(&small, &now) != -1 || errno != ENOMEM) << 5;
    *bad |= (sigaltstack(&none, &now) != 0 || now.ss_sp != alternate[1]) << 6;
    *bad |= (act_during("wait_for", send, NULL) != OG_OK) << 7;
    *bad |= (sigaltstack(&first, &now) != 0 || !(now.ss_flags & SS_DISABLE)) << 8;
    return NULL;
}

static void the_host_may_set_alternate_stacks(void **state)
{
    pthread_t thread;
    int bad = -1;
    (void)state;
    assert_int_equal(pthread_key_create(&last_key, look_at_exit), 0);
    signal(SIGUSR1, handle);
    assert_int_equal(pthread_create(&thread, NULL, set_stacks, &bad), 0);
    pthread_join(thread, NULL);
    assert_int_equal(bad, 0);
    assert_ptr_equal(kernels_at_exit.ss_sp, alternate[0]);
    signal(SIGUSR1, SIG_DFL);
    pthread_key_delete(last_key);
}

/* In the midst of its own stack: the kernel has a domain's, and would not mind. */
static void *change_the_stack_it_is_on(void *memory)
{
    enum { HALF = 32768 };
    const stack_t own = {.ss_sp = (char *)__builtin_frame_address(0) - HALF, .ss_size = 2 * HALF};
    const stack_t other = {.ss_sp = alternate[1], .ss_size = sizeof(alternate[1])};
    stack_t now;
    int *bad = memory;
    *bad = call_words("count_up", NULL, 0, 0, 0, 0) != OG_OK;
    *bad |= (sigaltstack(&own, &now) != 0 || now.ss_flags != SS_DISABLE) << 1;
    *bad |= (sigaltstack(&other, NULL) != -1 || errno != EPERM) << 2;
    *bad |= (sigaltstack(NULL, &now) != 0 || now.ss_flags != SS_ONSTACK) << 3;
    *bad |= (now.ss_sp != own.ss_sp || now.ss_size != own.ss_size) << 4;
    return NULL;
}

static void a_thread_cannot_change_the_alternate_stack_that_it_is_on(void **state)
{
    pthread_t thread;
    int bad = -1;
    (void)state;
    assert_int_equal(pthread_create(&thread, NULL, change_the_stack_it_is_on, &bad), 0);
    pthread_join(thread, NULL);
    assert_int_equal(bad, 0);
    reset();
}

/* --- blocked signals --- */

static void *work_with_all_blocked(void *memory)
{
    sigset_t all, now, none;
    long result;
    int *bad = memory;
    sigfillset(&all);
    sigdelset(&all, SIGKILL);
    sigdelset(&all, SIGSTOP);
    sigemptyset(&none);
    *bad = 0;
    for (int round = 0; round < 2; round++) { /* before there is a thread block, and after */
        pthread_sigmask(SIG_SETMASK, &all, NULL);
        *bad |= call_words("system_call", &result, SYS_getppid, 0, 0, 0) != OG_OK;
        *bad |= (result != -EPERM) << 1;
        *bad |= (call_words("read_word", NULL, 0, 0, 0, 0) != OG_FAULTED) << 2;
        reset();
        *bad |= (call_words("loop_forever", NULL, 0, 0, 0, 0) != OG_DEADLINE) << 3;
        reset();
        pthread_sigmask(SIG_BLOCK, NULL, &now);
        *bad |= (memcmp(&now, &all, 8) != 0) << 4;
        pthread_sigmask(SIG_SETMASK, &none, &now);
        *bad |= (memcmp(&now, &all, 8) != 0) << 5;
        sigprocmask(SIG_BLOCK, NULL, &now);
        *bad |= (memcmp(&now, &none, 8) != 0) << 6;
    }
    return NULL;
}

static void a_thread_with_all_signals_blocked_enters_and_leaves(void **state)
{
    pthread_t thread;
    int bad = -1;
    (void)state;
    assert_int_equal(pthread_create(&thread, NULL, work_with_all_blocked, &bad), 0);
    pthread_join(thread, NULL);
    assert_int_equal(bad, 0);
}

static void a_blocked_signal_comes_when_it_is_unblocked(void **state)
{
    static const int signals[] = {SIGTRAP, SIGUSR1};
    sigset_t set;
    (void)state;
    for (size_t i = 0; i < sizeof(signals) / sizeof(signals[0]); i++) {
        sighandler_t before = signal(signals[i], look_at_mask);
        sigemptyset(&set);
        sigaddset(&set, signals[i]);
        deepest = depth = 0;
        handled = 3;
        sigprocmask(SIG_BLOCK, &set, NULL);
        syscall(SYS_tgkill, getpid(), gettid(), signals[i]);
        assert_int_equal(deepest, 0);
        sigprocmask(SIG_UNBLOCK, &set, NULL);
        assert_int_equal(deepest, 1);
        signal(signals[i], before);
    }
}

static uint64_t seen_in_frame;

static void block_another(int signal, siginfo_t *info, void *context)
{
    ucontext_t *interrupted = context;
    (void)signal, (void)info;
    pthread_sigmask(SIG_BLOCK, NULL, &seen);
    memcpy(&seen_in_frame, &interrupted->uc_sigmask, sizeof(seen_in_frame));
    sigaddset(&interrupted->uc_sigmask, SIGFPE);
}

static uint64_t mask_of(int signal)
{
    return UINT64_C(1) << (signal - 1);
}

/* Of it the kernel blocks only what no domain needs. */
static void a_handler_finds_and_changes_what_the_host_has_blocked(void **state)
{
    struct sigaction set = {.sa_sigaction = block_another, .sa_flags = SA_SIGINFO};
    sigset_t blocked, now, none;
    uint64_t kernels = 0;
    (void)state;
    assert_int_equal(call_words("count_up", NULL, 0, 0, 0, 0), OG_OK);
    sigemptyset(&none);
    sigemptyset(&blocked);
    sigaddset(&blocked, SIGTRAP);
    sigaddset(&blocked, SIGALRM);
    assert_int_equal(sigaction(SIGUSR1, &set, NULL), 0);
    pthread_sigmask(SIG_SETMASK, &blocked, NULL);
    raise(SIGUSR1);
    assert_int_equal(seen_in_frame, mask_of(SIGTRAP) | mask_of(SIGALRM));
    sigaddset(&blocked, SIGUSR1);
    assert_memory_equal(&seen, &blocked, 8);
    sigdelset(&blocked, SIGUSR1);
    sigaddset(&blocked, SIGFPE);
    assert_int_equal(syscall(SYS_rt_sigprocmask, SIG_BLOCK, NULL, &kernels, 8), 0);
    assert_int_equal(kernels, mask_of(SIGALRM));
    assert_int_equal(call_words("read_word", NULL, 0, 0, 0, 0), OG_FAULTED);
    pthread_sigmask(SIG_SETMASK, &none, &now);
    assert_memory_equal(&now, &blocked, 8);
    signal(SIGUSR1, SIG_DFL);
    reset();
}

/* What a handler had the kernel block is so when it leaves by longjmp; no domain is entered with
 * what it needs. */
static void what_a_handler_has_blocked_stays_so_after_longjmp(void **state)
{
    struct sigaction set = {.sa_handler = jump_back};
    sigset_t before, now;
    uint64_t kernels = 0;
    long result = 0;
    (void)state;
    assert_int_equal(call_words("count_up", NULL, 0, 0, 0, 0), OG_OK);
    sigfillset(&set.sa_mask);
    assert_int_equal(sigaction(SIGUSR1, &set, NULL), 0);
    pthread_sigmask(SIG_BLOCK, NULL, &before);
    if (!sigsetjmp(back, 0)) {
        raise(SIGUSR1);
        fail();
    }
    assert_int_equal(call_words("system_call", &result, SYS_getppid, 0, 0, 0), OG_OK);
    assert_int_equal(result, -EPERM);
    assert_int_equal(call_words("read_word", NULL, 0, 0, 0, 0), OG_FAULTED);
    assert_int_equal(syscall(SYS_rt_sigprocmask, SIG_BLOCK, NULL, &kernels, 8), 0);
    assert_int_equal(kernels & (mask_of(SIGSEGV) | mask_of(SIGUSR2)), mask_of(SIGUSR2));
    pthread_sigmask(SIG_SETMASK, &before, &now);
    assert_int_equal(sigismember(&now, SIGSEGV), 1);
    assert_int_equal(sigismember(&now, SIGSYS), 1);
    assert_int_equal(sigismember(&now, SIGUSR2), 1);
    signal(SIGUSR1, SIG_DFL);
    reset();
}

static sigset_t blocked_at_exit;

/* A destructor that runs after the runtime's. */
static void look_at_mask_at_exit(void *unused)
{
    (void)unused;
    pthread_sigmask(SIG_BLOCK, NULL, &blocked_at_exit);
}

static void *block_and_exit(void *result)
{
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGTRAP);
    sigaddset(&set, SIGUSR1);
    pthread_setspecific(last_key, result);
    *(enum og_error *)result = call_words("count_up", NULL, 0, 0, 0, 0);
    pthread_sigmask(SIG_SETMASK, &set, NULL);
    return NULL;
}

static void what_a_thread_has_blocked_is_so_until_it_has_exited(void **state)
{
    pthread_t thread;
    enum og_error error = OG_SYSTEM;
    (void)state;
    sigemptyset(&blocked_at_exit);
    assert_int_equal(pthread_key_create(&last_key, look_at_mask_at_exit), 0);
    assert_int_equal(pthread_create(&thread, NULL, block_and_exit, &error), 0);
    pthread_join(thread, NULL);
    pthread_key_delete(last_key);
    assert_int_equal(error, OG_OK);
    assert_int_equal(sigismember(&blocked_at_exit, SIGTRAP), 1);
    assert_int_equal(sigismember(&blocked_at_exit, SIGUSR1), 1);
    assert_int_equal(sigismember(&blocked_at_exit, SIGSEGV), 0);
    reset();
}

/* In a process that has had no domain. */
static int open_with_all_blocked(const char *folder)
{
    sigset_t all, pending;
    pid_t child = fork();
    if (child == 0) {
        struct og_domain *other;
        const struct og_options options = {.isolation = OG_MPK};
        snprintf(library, sizeof(library), "%s/libogattack.so", folder);
        sigfillset(&all);
        sigprocmask(SIG_SETMASK, &all, NULL);
        int bad =
            og_domain_open(&other, (const char *const[]){library, NULL}, &options, &fault) != OG_OK;
        sigpending(&pending);
        bad |= !sigisemptyset(&pending) << 1;
        _exit(bad);
    }
    int status = -1;
    waitpid(child, &status, 0);
    return status;
}

static void the_first_domain_opens_with_all_signals_blocked(void **state)
{
    (void)state;
    assert_int_equal(first_domain, 0);
}

int main(int argc, char **argv)
{
#define WITH_SLOW(test) cmocka_unit_test_setup_teardown(test, open_it, close_it)
    static const struct CMUnitTest tests[] = {
        WITH_SLOW(handlers_installed_in_any_way_run_on_the_hosts_stack),
        WITH_SLOW(handlers_from_before_the_first_domain_run_on_the_hosts_stack),
        WITH_SLOW(handlers_that_libraries_install_run_on_the_hosts_stack),
        WITH_SLOW(a_fault_that_is_sent_is_none_of_the_librarys),
        cmocka_unit_test(the_host_is_told_its_own_handlers),
        WITH_SLOW(flags_and_masks_of_handlers_hold),
        cmocka_unit_test(what_needs_no_handler_is_left_to_the_kernel),
        WITH_SLOW(a_child_of_vfork_changes_nothing_of_its_parents),
        cmocka_unit_test(a_child_of_vfork_that_is_killed_in_sigaction_keeps_no_lock),
        cmocka_unit_test(who_waits_for_sigaction_does_not_run),
        cmocka_unit_test(the_hosts_own_faults_do_what_they_did),
        WITH_SLOW(setuid_reaches_a_thread_inside),
        WITH_SLOW(a_thread_is_cancelled_when_it_is_back_in_the_host),
        WITH_SLOW(the_host_may_set_alternate_stacks),
        cmocka_unit_test(a_thread_cannot_change_the_alternate_stack_that_it_is_on),
        cmocka_unit_test(a_thread_with_all_signals_blocked_enters_and_leaves),
        cmocka_unit_test(a_blocked_signal_comes_when_it_is_unblocked),
        cmocka_unit_test(a_handler_finds_and_changes_what_the_host_has_blocked),
        cmocka_unit_test(what_a_handler_has_blocked_stays_so_after_longjmp),
        cmocka_unit_test(what_a_thread_has_blocked_is_so_until_it_has_exited),
        cmocka_unit_test(the_first_domain_opens_with_all_signals_blocked),
    };
    if (argc > 1)
        first_domain = open_with_all_blocked(argv[1]);
    signal(SIGWINCH, handle);
    return run_mpk_tests(argc, argv, tests, sizeof(tests) / sizeof(tests[0]));
}
