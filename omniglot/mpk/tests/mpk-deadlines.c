/* Deadlines: time in the domain counts, wherever it is spent there, and no other. */
#include "mpk-test.h"
#include "omniglot/mpk/mpk.h"
#include "omniglot/tests/seccomp.h"

#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static struct og_domain *slow; /* with libogsignals.so, and a deadline */

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
    slow = open_slow(300);
    return 0;
}

static int close_it(void **state)
{
    (void)state;
    return og_domain_close(slow, &fault) != OG_OK;
}

static enum og_error call_slow(const char *name, long *result, long argument)
{
    struct og_scope scope;
    long value = 0;
    og_scope_begin(slow, &scope);
    enum og_error error = CALL(scope, boxed_in(slow, name), value = AS(words *)(argument, 0, 0, 0));
    og_scope_end(&scope);
    *result = value;
    return error;
}

static void slow_works_after_reset(void)
{
    long result;
    assert_int_equal(og_domain_reset(slow, &fault), OG_OK);
    assert_int_equal(call_slow("random_at_once", &result, 16), OG_OK);
    assert_int_equal(result, 16);
}

/* --- system calls --- */

static long own_milliseconds(void)
{
    struct timespec time;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
    return time.tv_sec * 1000 + time.tv_nsec / 1000000;
}

/* Nearly all of the time is the kernel's: without it the deadline would come after minutes. */
static void system_calls_count(void **state)
{
    long result;
    (void)state;
    const long before = own_milliseconds();
    assert_int_equal(call_slow("random_for_ever", &result, 1 << 20), OG_DEADLINE);
    const long spent = own_milliseconds() - before;
    print_message("# %ld ms\n", spent);
    assert_true(spent < 3000);
    slow_works_after_reset();
}

/* No system call is served for longer than a moment: the deadline is looked at in between. */
static void a_large_system_call_is_served_in_part(void **state)
{
    long result;
    (void)state;
    slow = open_slow(0);
    assert_int_equal(call_slow("random_at_once", &result, 32 << 20), OG_OK);
    assert_true(result > 0);
    assert_true(result <= 1 << 20);
    assert_int_equal(og_domain_close(slow, &fault), OG_OK);
}

/* --- the clock's signal --- */

/* Foreign code that makes no system call has to be told, each time. */
static void who_was_told_can_be_told_again(void **state)
{
    (void)state;
    for (int round = 0; round < 2; round++) {
        assert_int_equal(call_words("loop_forever", NULL, 0, 0, 0, 0), OG_DEADLINE);
        reset();
    }
}

/* The host has taken the signal that the call was told by, as if it had come (sigtimedwait). */
static void who_does_not_hear_is_told_again(void **state)
{
    (void)state;
    struct mpk_thread *thread = mpk_thread_self();
    struct og_function loop = boxed("loop_forever");
    thread->told = thread->calls + 1;
    struct og_scope scope;
    og_scope_begin(domain, &scope);
    assert_int_equal(CALL(scope, loop, AS(words *)(0, 0, 0, 0)), OG_DEADLINE);
    og_scope_end(&scope);
    reset();
}

static void change_kernels_mask(int how, int signal)
{
    uint64_t mask = UINT64_C(1) << (signal - 1);
    assert_int_equal(syscall(SYS_rt_sigprocmask, how, &mask, NULL, sizeof(mask)), 0);
}

/* A signal as the clock sends it: what it carries is an address of the program's, and known to the
 * runtime alone. */
static siginfo_t clocks_signal(void)
{
    extern const char __executable_start[], end[];
    siginfo_t info = {.si_code = SI_QUEUE};
    info.si_pid = getpid();
    info.si_ptr = (void *)(uintptr_t)__executable_start;
    while (!mpk_deadline_is_own(mpk_deadline_signal(), &info)) {
        assert_true((const char *)info.si_ptr < end);
        info.si_ptr = (char *)info.si_ptr + 1;
    }
    return info;
}

/* One is pending when the host begins to wait. */
static void who_waits_for_any_signal_does_not_get_the_clocks(void **state)
{
    (void)state;
    enum { TIMED, UNTIMED, PLAIN, WAYS };
    const struct timespec moment = {0, 20000000};
    const int clocks = mpk_deadline_signal();
    const int others = SIGRTMAX - 1; /* the kernel hands out lower numbers first */
    siginfo_t sent = clocks_signal(), info;
    sigset_t all;
    int got = 0;
    sigfillset(&all);
    change_kernels_mask(SIG_BLOCK, clocks);
    change_kernels_mask(SIG_BLOCK, others);
    for (int way = TIMED; way < WAYS; way++) {
        assert_int_equal(
            syscall(SYS_rt_tgsigqueueinfo, getpid(), syscall(SYS_gettid), clocks, &sent), 0);
        if (way == TIMED) {
            assert_int_equal(sigtimedwait(&all, NULL, &moment), -1);
            assert_int_equal(errno, EAGAIN);
            continue;
        }
        pthread_kill(pthread_self(), others);
        if (way == UNTIMED) {
            assert_int_equal(sigwaitinfo(&all, &info), others);
            assert_int_equal(info.si_signo, others);
        } else {
            assert_int_equal(sigwait(&all, &got), 0);
            assert_int_equal(got, others);
        }
    }
    change_kernels_mask(SIG_UNBLOCK, others);
    change_kernels_mask(SIG_UNBLOCK, clocks);
}

static void queue_at_most(rlim_t signals)
{
    struct rlimit limit;
    assert_int_equal(getrlimit(RLIMIT_SIGPENDING, &limit), 0);
    limit.rlim_cur = signals < limit.rlim_max ? signals : limit.rlim_max;
    assert_int_equal(setrlimit(RLIMIT_SIGPENDING, &limit), 0);
}

/* What other processes of the user have queued counts, too. */
static void who_can_be_sent_no_signal_that_is_queued_is_told(void **state)
{
    (void)state;
    queue_at_most(0);
    for (int round = 0; round < 2; round++) {
        assert_int_equal(call_words("loop_forever", NULL, 0, 0, 0, 0), OG_DEADLINE);
        reset();
    }
    queue_at_most(RLIM_INFINITY);
    assert_int_equal(call_words("loop_forever", NULL, 0, 0, 0, 0), OG_DEADLINE);
    reset();
}

/* How late its timers may be, in nanoseconds. */
static unsigned long slack_of(const char *thread)
{
    char path[64];
    unsigned long slack = ULONG_MAX;
    snprintf(path, sizeof(path), "/proc/%.32s/timerslack_ns", thread);
    FILE *file = fopen(path, "r");
    if (!file || fscanf(file, "%lu", &slack) != 1)
        print_message("# %s cannot be read\n", path);
    if (file)
        fclose(file);
    return slack;
}

static unsigned long slack_of_others(void)
{
    unsigned long most = 0;
    const struct dirent *entry;
    DIR *folder = opendir("/proc/self/task");
    while (folder && (entry = readdir(folder))) {
        if (*entry->d_name == '.' || atoi(entry->d_name) == getpid())
            continue;
        unsigned long slack = slack_of(entry->d_name);
        most = slack > most ? slack : most;
    }
    if (folder)
        closedir(folder);
    return most;
}

/* As where the system does not let it: from Linux 6.12 on those have no slack. */
static bool deny_real_time(void)
{
    return filter_system_call(SYS_sched_setscheduler, -1, 0, SECCOMP_RET_ERRNO | EPERM);
}

/* Threads inherit it (systemd: TimerSlackNSec=). */
static void the_clock_is_not_late_where_the_hosts_timers_may_be(void **state)
{
    (void)state;
    const unsigned long late = 1000000000;
    pid_t child = fork();
    if (child == 0) {
        int bad = og_domain_close(domain, &fault) != OG_OK; /* and its clock */
        bad |= prctl(PR_SET_TIMERSLACK, late, 0, 0, 0) != 0 || !deny_real_time();
        slow = open_slow(300);
        bad |= ((unsigned long)prctl(PR_GET_TIMERSLACK) != late) << 1;
        bad |= (slack_of_others() >= 1000000) << 2;
        bad |= (og_domain_close(slow, &fault) != OG_OK) << 3;
        _exit(bad);
    }
    int status = -1;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(status, 0);
}

static volatile sig_atomic_t heard;

static void hear(int signal)
{
    heard = signal;
}

/* The host may use it, too. */
static void the_clocks_signal_is_the_hosts_where_the_host_sends_it(void **state)
{
    (void)state;
    const int number = mpk_deadline_signal();
    assert_ptr_equal(signal(number, hear), SIG_DFL);
    assert_int_equal(raise(number), 0);
    assert_int_equal(heard, number);
    heard = 0;
    assert_int_equal(sigqueue(getpid(), number, (union sigval){.sival_ptr = NULL}), 0);
    assert_int_equal(heard, number);
    heard = 0;
    assert_int_equal(call_words("loop_forever", NULL, 0, 0, 0, 0), OG_DEADLINE);
    assert_int_equal(heard, 0);
    assert_ptr_equal(signal(number, SIG_DFL), hear);
    reset();
}

/* --- callbacks --- */

static long times, interrupted;

static void go_on(void *user, struct og_scope *scope, const struct og_arguments *arguments,
                  struct og_result *result)
{
    (void)user;
    (void)scope;
    (void)arguments;
    result->integer = 1;
}

/* Calls the domain that called. */
static void call_in(void *user, struct og_scope *scope, const struct og_arguments *arguments,
                    struct og_result *result) OG_REQUIRES(scope->access);
static void call_in(void *user, struct og_scope *scope, const struct og_arguments *arguments,
                    struct og_result *result)
{
    const struct og_function *again = user;
    (void)arguments;
    enum og_error error = CALL(*scope, *again, AS(words *)(16, 0, 0, 0));
    times += !error;
    result->integer = !error;
}

static void sleep_once(void *user, struct og_scope *scope, const struct og_arguments *arguments,
                       struct og_result *result)
{
    const struct timespec *time = user;
    (void)scope;
    (void)arguments;
    interrupted += nanosleep(time, NULL) && errno == EINTR;
    result->integer = 0;
}

static enum og_error call_back_while(og_callback_function *function, void *user)
{
    struct og_callback callback;
    long result;
    assert_int_equal(og_callback_open(slow, &callback, function, user, &fault), OG_OK);
    enum og_error error = call_slow("call_back_while", &result, (long)callback.address);
    og_callback_close(&callback);
    return error;
}

static void callbacks_do_not_stretch_a_call(void **state)
{
    (void)state;
    assert_int_equal(call_back_while(go_on, NULL), OG_DEADLINE);
    slow_works_after_reset();
}

static void callbacks_that_call_in_do_not_start_the_outer_call_anew(void **state)
{
    struct og_function again = boxed_in(slow, "random_at_once");
    (void)state;
    times = 0;
    assert_int_equal(call_back_while(call_in, &again), OG_DEADLINE);
    assert_true(times > 0);
    slow_works_after_reset();
}

/* As if the clock had looked just before the call back, and its signal had come after it. */
static void charge_the_call(void *user, struct og_scope *scope,
                            const struct og_arguments *arguments, struct og_result *result)
{
    uintptr_t base;
    (void)user, (void)scope, (void)arguments, (void)result;
    __asm__("rdgsbase %0" : "=r"(base));
    struct mpk_thread *thread = (struct mpk_thread *)(base + MPK_GS);
    atomic_store(&thread->charged, UINT64_MAX / 2);
    atomic_store(&thread->charged_for, atomic_load(&thread->calls));
    atomic_store(&thread->over_for, atomic_load(&thread->calls));
}

static void a_call_that_is_over_does_not_go_on_after_a_callback(void **state)
{
    (void)state;
    struct og_callback callback;
    void og_foreign *data;
    assert_int_equal(og_domain_lookup_data(domain, "went_on", &data, &fault), OG_OK);
    const volatile long *went_on = (const long *)og_foreign_address(data);
    assert_int_equal(og_callback_open(domain, &callback, charge_the_call, NULL, &fault), OG_OK);
    assert_int_equal(call_words("call_back_and_go_on", NULL, (long)callback.address, 0, 0, 0),
                     OG_DEADLINE);
    assert_int_equal(*went_on, 0);
    og_callback_close(&callback);
    assert_works_after_reset();
}

/* What a callback takes is the host's own time, in which the clock disturbs nobody. */
static void a_callback_may_sleep(void **state)
{
    struct timespec time = {1, 0};
    (void)state;
    interrupted = 0;
    assert_int_equal(call_back_while(sleep_once, &time), OG_OK);
    assert_int_equal(interrupted, 0);
}

/* --- the clock --- */

struct waiting {
    volatile long *words;
    void (*act)(void);
};

static pthread_t waiter;

static void *act_while_it_waits(void *memory)
{
    const struct waiting *waiting = memory;
    while (!waiting->words[0])
        usleep(100);
    waiting->act();
    waiting->words[1] = 7;
    return NULL;
}

static enum og_error act_during_call(struct og_domain *other, void (*act)(void))
{
    struct og_scope scope;
    pthread_t thread;
    long value = 0;
    og_scope_begin(other, &scope);
    long og_mut *place = og_alloc(&scope, long, 2, &fault);
    struct waiting waiting = {(volatile long *)(uintptr_t)place, act};
    waiting.words[0] = waiting.words[1] = 0;
    waiter = pthread_self();
    pthread_create(&thread, NULL, act_while_it_waits, &waiting);
    enum og_error error =
        CALL(scope, boxed_in(other, "wait_for"), value = AS(words *)((long)place, 0, 0, 0));
    pthread_join(thread, NULL);
    og_scope_end(&scope);
    return error ? error : value == 7 ? OG_OK : OG_FAULTED;
}

/* Once the clock has found the call: what came before is not charged to it. */
static void stop(void)
{
    usleep(100000);
    kill(getpid(), SIGSTOP);
}

/* Stopped for four times the deadline, the domain has not run. */
static void a_stopped_process_is_no_overrun(void **state)
{
    (void)state;
    struct og_domain *other = open_slow(500);
    (void)boxed_in(other,
                   "wait_for"); /* the child can look up no function that the parent has not */
    pid_t child = fork();
    if (child == 0)
        _exit(act_during_call(other, stop) == OG_OK ? 0 : 1);
    int status = 0;
    assert_int_equal(waitpid(child, &status, WUNTRACED), child);
    assert_true(WIFSTOPPED(status));
    sleep(2);
    assert_int_equal(kill(child, SIGCONT), 0);
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), 0);
    assert_int_equal(og_domain_close(other, &fault), OG_OK);
}

static volatile sig_atomic_t handled;

static void sleep_in_handler(int signal)
{
    const struct timespec time = {1, 0};
    (void)signal;
    interrupted += nanosleep(&time, NULL) && errno == EINTR;
    handled = 1;
}

static void interrupt(void)
{
    handled = 0;
    pthread_kill(waiter, SIGUSR1);
    while (!handled)
        usleep(100);
}

/* So is what a handler takes that has interrupted the domain. */
static void a_handler_may_sleep(void **state)
{
    (void)state;
    interrupted = 0;
    signal(SIGUSR1, sleep_in_handler);
    assert_int_equal(act_during_call(slow, interrupt), OG_OK);
    signal(SIGUSR1, SIG_DFL);
    assert_int_equal(interrupted, 0);
}

static void take_a_while(void)
{
    usleep(600000);
}

static void a_domain_without_a_deadline_has_time(void **state)
{
    (void)state;
    struct og_domain *other = open_slow(0);
    assert_int_equal(act_during_call(other, take_a_while), OG_OK);
    assert_int_equal(og_domain_close(other, &fault), OG_OK);
}

static int threads_now(void)
{
    int count = 0;
    DIR *folder = opendir("/proc/self/task");
    while (folder && readdir(folder))
        count++;
    if (folder)
        closedir(folder);
    return count - 2;
}

/* --- real-time hosts --- */

static void bind_to(int processor)
{
    cpu_set_t set;
    CPU_ZERO(&set);
    CPU_SET(processor, &set);
    assert_int_equal(sched_setaffinity(0, sizeof(set), &set), 0);
}

static void *spin_elsewhere(void *data)
{
    bind_to(1);
    for (;;)
        *(volatile bool *)data = true;
    return NULL;
}

/* In a child, whose clock starts when it does, a real-time thread goes into foreign code for ever.
 * Nobody else runs on its processor then but who has a higher priority; nor on the other one, if
 * the host `spins` there. */
static void loop_with(int priority, bool spins)
{
    const struct sched_param parameters = {.sched_priority = priority};
    (void)boxed("loop_forever"); /* a child finds only what its parent has found */
    bind_to(0);
    assert_int_equal(sched_setscheduler(0, SCHED_FIFO, &parameters), 0);
    pid_t child = fork();
    if (child == 0) {
        volatile bool runs = !spins;
        pthread_t thread;
        alarm(10);
        if (spins && pthread_create(&thread, NULL, spin_elsewhere, (void *)&runs))
            _exit(1);
        while (!runs)
            usleep(1000);
        _exit(call_words("loop_forever", NULL, 0, 0, 0, 0) != OG_DEADLINE);
    }
    int status = -1;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_exited_well(status);
}

static void a_real_time_thread_that_is_bound_to_a_processor_has_a_deadline(void **state)
{
    (void)state;
    loop_with(sched_get_priority_max(SCHED_FIFO), false);
}

static void real_time_threads_on_every_processor_have_a_deadline(void **state)
{
    (void)state;
    loop_with(10, true);
}

/* The clock is there for those who have a deadline, and goes with the last of them. */
static void the_clock_ends_with_the_last_deadline(void **state)
{
    (void)state;
    pid_t child = fork();
    if (child == 0) {
        int bad = threads_now() != 2;
        bad |= (og_domain_close(slow, &fault) != OG_OK) << 1;
        bad |= (threads_now() != 2) << 2; /* `domain` has one */
        bad |= (og_domain_close(domain, &fault) != OG_OK) << 3;
        bad |= (threads_now() != 1) << 4;
        struct og_domain *other = open_slow(0);
        bad |= (threads_now() != 1) << 5;
        slow = open_slow(50);
        long result;
        bad |= (call_slow("random_for_ever", &result, 1 << 20) != OG_DEADLINE) << 6;
        bad |= (og_domain_close(slow, &fault) != OG_OK) << 7;
        bad |= (threads_now() != 1 || og_domain_close(other, &fault) != OG_OK) << 1;
        _exit(bad);
    }
    int status = -1;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), 0);
}

int main(int argc, char **argv)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(system_calls_count, open_it, close_it),
        cmocka_unit_test(a_large_system_call_is_served_in_part),
        cmocka_unit_test(who_was_told_can_be_told_again),
        cmocka_unit_test(who_does_not_hear_is_told_again),
        cmocka_unit_test(who_can_be_sent_no_signal_that_is_queued_is_told),
        cmocka_unit_test(the_clock_is_not_late_where_the_hosts_timers_may_be),
        cmocka_unit_test(who_waits_for_any_signal_does_not_get_the_clocks),
        cmocka_unit_test(a_real_time_thread_that_is_bound_to_a_processor_has_a_deadline),
        cmocka_unit_test(real_time_threads_on_every_processor_have_a_deadline),
        cmocka_unit_test(the_clocks_signal_is_the_hosts_where_the_host_sends_it),
        cmocka_unit_test_setup_teardown(callbacks_do_not_stretch_a_call, open_it, close_it),
        cmocka_unit_test_setup_teardown(callbacks_that_call_in_do_not_start_the_outer_call_anew,
                                        open_it, close_it),
        cmocka_unit_test(a_call_that_is_over_does_not_go_on_after_a_callback),
        cmocka_unit_test_setup_teardown(a_callback_may_sleep, open_it, close_it),
        cmocka_unit_test_setup_teardown(a_handler_may_sleep, open_it, close_it),
        cmocka_unit_test(a_stopped_process_is_no_overrun),
        cmocka_unit_test_setup_teardown(a_domain_without_a_deadline_has_time, open_it, close_it),
        cmocka_unit_test_setup_teardown(the_clock_ends_with_the_last_deadline, open_it, close_it),
    };
    return run_mpk_tests(argc, argv, tests, sizeof(tests) / sizeof(tests[0]));
}
