/* Handlers of the host's, and what else happens while they run: domains are closed and reset, by
 * themselves and by other threads, they leave by longjmp, and their stack comes to its end. */
#include "mpk-test.h"
#include "omniglot/mpk/mpk.h"

#include <errno.h>
#include <sched.h>
#include <setjmp.h>
#include <stdatomic.h>
#include <stddef.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/user.h>
#include <sys/wait.h>
#include <threads.h>
#include <unistd.h>

extern struct mpk_thread *og_mpk_signal_stack_owners[];

static const struct og_options no_deadline = {.isolation = OG_MPK};

static int wait_for(pid_t child)
{
    int status = -1;
    assert_true(child > 0);
    assert_int_equal(waitpid(child, &status, 0), child);
    return status;
}

static atomic_int handled;

static void count(int signal)
{
    (void)signal;
    handled++;
}

static bool call_in(struct og_domain *where)
{
    struct og_scope scope;
    og_scope_begin(where, &scope);
    enum og_error error = CALL(scope, boxed_in(where, "count_up"), (void)AS(words *)(0, 0, 0, 0));
    og_scope_end(&scope);
    return error == OG_OK;
}

/* --- another thread closes or resets the domain, at any moment of a handler --- */

/* Shared by the tracer and the traced process. */
static struct shared {
    atomic_int thread;                     /* the one that handles a signal; it is traced */
    atomic_uintptr_t armed, rights, owner; /* what its handler looks at and changes */
    atomic_bool now, done;                 /* do it; it has been done */
} * shared;

static struct og_domain *entered, *successor;
static bool is_armed_rightly;

static void look_inside(void *user, struct og_scope *scope, const struct og_arguments *arguments,
                        struct og_result *result)
{
    stack_t kernels;
    const struct mpk_thread *thread = mpk_thread_self();
    const struct mpk_context *context = mpk_frame_context(thread->frame);
    (void)user;
    (void)scope;
    (void)arguments;
    syscall(SYS_sigaltstack, NULL, &kernels);
    is_armed_rightly =
        (uintptr_t)kernels.ss_sp == context->signal_stack && !context->signal_stack_stale;
    result->integer = 0;
}

/* Is the kernel's alternate stack, where foreign code runs, the domain's, and clean? */
static bool is_armed_inside(struct og_domain *where)
{
    struct og_callback callback;
    struct og_scope scope;
    if (og_callback_open(where, &callback, look_inside, NULL, &fault))
        return false;
    is_armed_rightly = false;
    og_scope_begin(where, &scope);
    enum og_error error = CALL(scope, boxed_in(where, "call_back"),
                               (void)AS(words *)((long)callback.address, 0, 0, 0));
    og_scope_end(&scope);
    og_callback_close(&callback);
    return !error && is_armed_rightly;
}

static void *handle_one(void *result)
{
    int *bad = result;
    *bad = !call_in(entered);
    struct mpk_thread *thread = mpk_thread_self();
    const struct mpk_context *context = thread->contexts[thread->armed];
    shared->armed = (uintptr_t)&thread->armed;
    shared->rights = (uintptr_t)&thread->domain_pkru;
    shared->owner =
        (uintptr_t)&og_mpk_signal_stack_owners[(context->signal_stack - og_mpk_signal_stacks) /
                                               MPK_SIGNAL_STACK];
    ptrace(PTRACE_TRACEME, 0, NULL, NULL);
    shared->thread = gettid();
    syscall(SYS_tgkill, getpid(), gettid(), SIGSTOP); /* here SIGUSR1 comes */
    syscall(SYS_tgkill, getpid(), gettid(), SIGSTOP); /* it has been handled */
    *bad |= (handled != 1) << 1;
    *bad |= !is_armed_inside(successor) << 2;
    return NULL;
}

static void close_and_open(void)
{
    unsigned index = ((struct mpk_domain *)entered)->index;
    if (og_domain_close(entered, &fault))
        _exit(32);
    successor = open_another(NULL, &no_deadline);
    if (((struct mpk_domain *)successor)->index != index)
        _exit(33);
}

static void reset_it(void)
{
    successor = entered;
    if (og_domain_reset(entered, &fault))
        _exit(34);
}

static _Noreturn void be_traced(void (*act)(void))
{
    pthread_t thread;
    int bad = -1;
    signal(SIGUSR1, count);
    entered = successor = open_another(NULL, &no_deadline);
    (void)boxed_in(entered, "call_back");
    pthread_create(&thread, NULL, handle_one, &bad);
    while (!shared->now)
        sched_yield();
    act();
    shared->done = true;
    pthread_join(thread, NULL);
    _exit(bad);
}

static int stop_of(pid_t thread)
{
    int status;
    assert_int_equal(waitpid(thread, &status, __WALL), thread);
    assert_true(WIFSTOPPED(status));
    return WSTOPSIG(status);
}

static void set_register(pid_t thread, size_t number, uintptr_t value)
{
    size_t at = offsetof(struct user, u_debugreg) + number * sizeof(uintptr_t);
    assert_int_equal(ptrace(PTRACE_POKEUSER, thread, at, value), 0);
}

/* Has the handler come so far? It stops after each access to one of the three places; where the
 * thread stops itself it is over. (The emulated processor does not stop at locked instructions.) */
static bool go_to_access(pid_t thread, int number)
{
    /* Reading and writing; of 8, 4 and 8 bytes (Intel SDM volume 3, 17.2.4). */
    enum { EACH_ACCESS = 0xbfb0015 };
    int signal = SIGUSR1;
    set_register(thread, 0, shared->armed);
    set_register(thread, 1, shared->rights);
    set_register(thread, 2, shared->owner);
    set_register(thread, 7, EACH_ACCESS);
    for (int found = 0; found < number;) {
        ptrace(PTRACE_CONT, thread, NULL, (long)signal);
        signal = stop_of(thread);
        if (signal == SIGSTOP)
            return false;
        found += signal == SIGTRAP;
        signal = signal == SIGTRAP ? 0 : signal;
    }
    return true;
}

static bool has_ended(pid_t child)
{
    siginfo_t info = {0};
    return !waitid(P_PID, (id_t)child, &info, WEXITED | WNOHANG | WNOWAIT) && info.si_pid;
}

/* Does `act` after so many accesses. False: there are fewer. */
static bool act_at_access(void (*act)(void), int number)
{
    memset(shared, 0, sizeof(*shared));
    pid_t child = fork();
    if (!child)
        be_traced(act);
    while (!shared->thread)
        sched_yield();
    pid_t thread = shared->thread;
    assert_int_equal(stop_of(thread), SIGSTOP);
    bool is_there = go_to_access(thread, number);
    set_register(thread, 7, 0);
    shared->now = true;
    while (!shared->done && !has_ended(child))
        sched_yield();
    ptrace(PTRACE_CONT, thread, NULL, NULL);
    if (is_there) {
        assert_int_equal(stop_of(thread), SIGSTOP);
        ptrace(PTRACE_CONT, thread, NULL, NULL);
    }
    for (int status;;) {
        pid_t ended = waitpid(-1, &status, __WALL);
        assert_true(ended > 0);
        if (ended == child) {
            if (status)
                print_message("after access %d of %s\n", number, is_there ? "some" : "all");
            assert_exited_well(status);
            return is_there;
        }
        if (WIFSTOPPED(status))
            ptrace(PTRACE_CONT, ended, NULL, (long)WSTOPSIG(status));
    }
}

static void act_at_each_access(void (*act)(void))
{
    int number = 1;
    shared = mmap(NULL, sizeof(*shared), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    assert_ptr_not_equal(shared, MAP_FAILED);
    while (act_at_access(act, number))
        number++;
    assert_true(number > 1);
}

static void a_domain_is_closed_at_any_moment_of_another_threads_handler(void **state)
{
    (void)state;
    act_at_each_access(close_and_open);
}

static void a_domain_is_reset_at_any_moment_of_another_threads_handler(void **state)
{
    (void)state;
    act_at_each_access(reset_it);
}

/* --- the handler closes it --- */

static void close_entered(int signal)
{
    (void)signal;
    if (entered && og_domain_close(entered, &fault))
        _exit(35);
    entered = NULL;
    handled++;
}

/* Enters another before it closes the first. */
static void close_entered_in_another(int signal)
{
    if (entered && !call_in(domain))
        _exit(36);
    close_entered(signal);
}

static _Noreturn void close_in_handler(void (*handler)(int))
{
    long result;
    entered = open_another(NULL, &no_deadline);
    bool works = call_in(entered);
    signal(SIGUSR1, handler);
    raise(SIGUSR1);
    raise(SIGUSR1);
    works &= handled == 2 && call_in(domain);
    works &= !call_words("system_call", &result, SYS_getppid, 0, 0, 0) && result == -EPERM;
    raise(SIGUSR1);
    _exit(works && handled == 3 ? 0 : 1);
}

static void a_handler_closes_the_domain_on_whose_stack_it_came(void **state)
{
    (void)state;
    void (*const handlers[])(int) = {close_entered, close_entered_in_another};
    (void)boxed("count_up");
    (void)boxed("system_call");
    for (size_t i = 0; i < sizeof(handlers) / sizeof(handlers[0]); i++) {
        pid_t child = fork();
        if (!child)
            close_in_handler(handlers[i]);
        assert_exited_well(wait_for(child));
    }
}

static bool has_called;

static void call_in_from_handler(int signal)
{
    (void)signal;
    has_called = call_in(domain);
}

static void what_a_handler_has_entered_is_armed_anew_after_it(void **state)
{
    (void)state;
    entered = open_another(NULL, &no_deadline);
    signal(SIGUSR1, call_in_from_handler);
    assert_true(call_in(entered));
    raise(SIGUSR1);
    assert_true(has_called);
    assert_true(is_armed_inside(domain));
    assert_true(is_armed_inside(entered));
    signal(SIGUSR1, SIG_DFL);
    assert_int_equal(og_domain_close(entered, &fault), OG_OK);
}

/* --- it leaves by longjmp --- */

static sigjmp_buf back;

static void jump_back(int signal)
{
    siglongjmp(back, signal);
}

static int stacks_of(const struct mpk_thread *thread)
{
    int stacks = 0;
    for (size_t i = 0; i < MPK_SIGNAL_STACKS; i++)
        stacks += og_mpk_signal_stack_owners[i] == thread;
    return stacks;
}

static pthread_barrier_t turns;

static void *jump_and_enter(void *memory)
{
    int *stacks = memory;
    bool works = call_in(entered);
    if (!sigsetjmp(back, 1))
        raise(SIGUSR1);
    works &= call_in(domain) && call_in(entered);
    pthread_barrier_wait(&turns); /* it is closed */
    pthread_barrier_wait(&turns);
    works &= call_in(domain);
    *stacks = works ? stacks_of(mpk_thread_self()) : -1;
    return NULL;
}

static void a_thread_whose_handler_left_by_longjmp_keeps_no_stack_of_a_closed_domain(void **state)
{
    (void)state;
    pthread_t thread;
    int stacks = -1;
    entered = open_another(NULL, &no_deadline);
    signal(SIGUSR1, jump_back);
    pthread_barrier_init(&turns, NULL, 2);
    assert_int_equal(pthread_create(&thread, NULL, jump_and_enter, &stacks), 0);
    pthread_barrier_wait(&turns);
    assert_int_equal(og_domain_close(entered, &fault), OG_OK);
    pthread_barrier_wait(&turns);
    pthread_join(thread, NULL);
    assert_int_equal(stacks, 1);
    signal(SIGUSR1, SIG_DFL);
}

static void who_gets_no_signal_stack_is_told_so(void **state)
{
    (void)state;
    struct og_domain *other = NULL;
    while (mpk_signal_stack_take(mpk_thread_self()))
        ;
    enum og_error error =
        og_domain_open(&other, (const char *const[]){library, NULL}, &no_deadline, &fault);
    assert_int_equal(error, OG_NO_MEMORY);
    assert_non_null(strstr(fault.message, "signal stack"));
    /* What one gives back is there for the next. */
    assert_int_equal(og_domain_close(domain, &fault), OG_OK);
    domain = open_another(NULL, &no_deadline);
}

/* --- the stack for handlers ends --- */

static volatile bool has_end;

static __attribute__((noinline)) void recurse(volatile char *above)
{
    volatile char room[512];
    room[0] = *above;
    if (!has_end)
        recurse(room);
    room[1] = room[0];
}

static void handle_without_end(int signal)
{
    volatile char start = (char)signal;
    recurse(&start);
}

static void a_handler_that_recurses_ends_the_process(void **state)
{
    (void)state;
    (void)boxed("count_up");
    for (int is_armed = 0; is_armed < 2; is_armed++) {
        pid_t child = fork();
        if (!child) {
            if (is_armed && !call_in(domain))
                _exit(2);
            signal(SIGUSR1, handle_without_end);
            raise(SIGUSR1);
            _exit(1);
        }
        int status = wait_for(child);
        assert_true(WIFSIGNALED(status));
        assert_int_equal(WTERMSIG(status), SIGSEGV);
    }
}

/* Is interrupted again this far above the end of the stack, with a domain's signal stack armed:
 * what a handler needs for itself is more than that. */
static void be_deep(int signal)
{
    enum { LEFT = 11 << 10 };
    uintptr_t end = (uintptr_t)mpk_thread_self() + MPK_BLOCK_SIZE - MPK_HANDLERS;
    uintptr_t here = (uintptr_t)__builtin_frame_address(0);
    if (handled++)
        _exit(37);
    if (!call_in(domain))
        _exit(38);
    volatile char *room = __builtin_alloca(here - end - LEFT);
    *room = 0;
    raise(signal);
    *room = 1;
}

/* What the host has in the block, apart from its stack. */
struct block {
    unsigned char bytes[MPK_PAGE];
};

static struct block block_of(pid_t child)
{
    struct block block;
    const struct iovec to = {&block, sizeof(block)};
    const struct iovec from = {(char *)mpk_thread_self() + MPK_PRIVATE, sizeof(block)};
    assert_int_equal(process_vm_readv(child, &to, 1, &from, 1, 0), sizeof(block));
    /* The clock writes down what it has seen. */
    memset(block.bytes + offsetof(struct mpk_thread, seen) - MPK_PRIVATE, 0, sizeof(uint64_t));
    return block;
}

static void a_deep_handlers_frame_does_not_reach_the_thread_block(void **state)
{
    (void)state;
    struct block before, after;
    const struct sigaction action = {.sa_handler = be_deep, .sa_flags = SA_NODEFER};
    assert_true(call_in(domain));
    pid_t child = fork();
    if (!child) {
        sigaction(SIGUSR1, &action, NULL);
        ptrace(PTRACE_TRACEME, 0, NULL, NULL);
        raise(SIGUSR1);
        _exit(1);
    }
    assert_int_equal(stop_of(child), SIGUSR1);
    ptrace(PTRACE_CONT, child, NULL, (long)SIGUSR1);
    assert_int_equal(stop_of(child), SIGUSR1);
    before = block_of(child);
    ptrace(PTRACE_CONT, child, NULL, (long)SIGUSR1);
    assert_int_equal(stop_of(child), SIGSEGV);
    after = block_of(child);
    ptrace(PTRACE_KILL, child, NULL, NULL);
    (void)wait_for(child);
    assert_memory_equal(&before, &after, sizeof(before));
}

/* --- what a new thread has blocked --- */

static void *tell_mask(void *mask)
{
    pthread_sigmask(SIG_BLOCK, NULL, mask);
    return NULL;
}

static int tell_mask_too(void *mask)
{
    return pthread_sigmask(SIG_BLOCK, NULL, mask);
}

static void a_thread_has_blocked_what_its_creator_has(void **state)
{
    (void)state;
    sigset_t set, before, found;
    pthread_t thread;
    thrd_t other;
    uint64_t kernels;
    assert_true(call_in(domain));
    sigemptyset(&set);
    sigaddset(&set, SIGSEGV);
    sigaddset(&set, SIGUSR2);
    sigaddset(&set, mpk_deadline_signal());
    pthread_sigmask(SIG_SETMASK, &set, &before);
    assert_int_equal(pthread_create(&thread, NULL, tell_mask, &found), 0);
    pthread_join(thread, NULL);
    assert_memory_equal(&found, &set, 8);
    assert_int_equal(thrd_create(&other, tell_mask_too, &found), thrd_success);
    thrd_join(other, NULL);
    assert_memory_equal(&found, &set, 8);
    /* And who enters domains goes on as before. */
    assert_int_equal(syscall(SYS_rt_sigprocmask, SIG_BLOCK, NULL, &kernels, 8), 0);
    assert_int_equal(kernels, mpk_mask_of(SIGUSR2));
    assert_true(call_in(domain));
    pthread_sigmask(SIG_SETMASK, &before, &found);
    assert_memory_equal(&found, &set, 8);
}

/* --- a child in which no clock can be started --- */

static bool forbids_threads;

/* Runs before the runtime's own, which starts the clock. */
static void forbid_threads(void)
{
    struct rlimit limit;
    if (!forbids_threads)
        return;
    getrlimit(RLIMIT_NPROC, &limit);
    limit.rlim_cur = 0;
    setrlimit(RLIMIT_NPROC, &limit);
    syscall(SYS_setresuid, 65534, 65534, 65534); /* the limit is not root's */
}

/* Looked up before: where it is refused nothing can be looked up. */
static enum og_error call(struct og_function function)
{
    struct og_scope scope;
    og_scope_begin(domain, &scope);
    enum og_error error = CALL(scope, function, (void)AS(words *)(0, 0, 0, 0));
    og_scope_end(&scope);
    return error;
}

static int use_without_clock(struct og_domain *patient, struct og_function count_up,
                             struct og_function loop_forever)
{
    struct rlimit limit;
    struct og_fault why;
    if (call(count_up) != OG_POISONED || !strstr(fault.message, "clock"))
        return 1;
    if (og_domain_reset(domain, &why) != OG_SYSTEM || !strstr(why.message, "clock"))
        return 2;
    if (call(count_up) == OG_OK)
        return 3;
    if (!call_in(patient)) /* it has no deadline */
        return 4;
    getrlimit(RLIMIT_NPROC, &limit);
    limit.rlim_cur = limit.rlim_max;
    setrlimit(RLIMIT_NPROC, &limit);
    if (og_domain_reset(domain, &why))
        return 5;
    if (call(loop_forever) != OG_DEADLINE)
        return 6;
    return og_domain_reset(domain, &why) ? 7 : 0;
}

static void a_child_without_a_clock_enters_no_domain_that_has_a_deadline(void **state)
{
    (void)state;
    struct og_domain *patient = open_another(NULL, &no_deadline);
    struct og_function count_up = boxed("count_up"), loop_forever = boxed("loop_forever");
    assert_true(call_in(patient));
    forbids_threads = true;
    pid_t child = fork();
    forbids_threads = false;
    if (!child)
        _exit(use_without_clock(patient, count_up, loop_forever));
    assert_exited_well(wait_for(child));
    assert_int_equal(og_domain_close(patient, &fault), OG_OK);
}

static void a_child_without_a_clock_is_told_what_poisoned_the_domain_first(void **state)
{
    (void)state;
    struct og_function count_up = boxed("count_up");
    assert_int_equal(call(boxed("read_word")), OG_FAULTED); /* at null */
    forbids_threads = true;
    pid_t child = fork();
    forbids_threads = false;
    if (!child)
        _exit(call(count_up) != OG_POISONED || !strstr(fault.message, "faulted"));
    assert_exited_well(wait_for(child));
    assert_works_after_reset();
}

/* Before the runtime's own. */
static void begin(void)
{
    pthread_atfork(NULL, NULL, forbid_threads);
}
__attribute__((section(".preinit_array"), used)) static void (*const first)(void) = begin;

int main(int argc, char **argv)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_domain_is_closed_at_any_moment_of_another_threads_handler),
        cmocka_unit_test(a_domain_is_reset_at_any_moment_of_another_threads_handler),
        cmocka_unit_test(a_handler_closes_the_domain_on_whose_stack_it_came),
        cmocka_unit_test(what_a_handler_has_entered_is_armed_anew_after_it),
        cmocka_unit_test(a_thread_whose_handler_left_by_longjmp_keeps_no_stack_of_a_closed_domain),
        cmocka_unit_test(who_gets_no_signal_stack_is_told_so),
        cmocka_unit_test(a_handler_that_recurses_ends_the_process),
        cmocka_unit_test(a_deep_handlers_frame_does_not_reach_the_thread_block),
        cmocka_unit_test(a_thread_has_blocked_what_its_creator_has),
        cmocka_unit_test(a_child_without_a_clock_enters_no_domain_that_has_a_deadline),
        cmocka_unit_test(a_child_without_a_clock_is_told_what_poisoned_the_domain_first),
    };
    return run_mpk_tests(argc, argv, tests, sizeof(tests) / sizeof(tests[0]));
}
