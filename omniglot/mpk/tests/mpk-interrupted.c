/* The host is interrupted wherever it is in the runtime: a tracer sends the process a signal at
 * each system call that it makes, and between any two instructions of a thread's life in a domain.
 * The host's handler makes a system call of its own. */
#include "mpk-test.h"

#include <linux/ptrace.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

/* As <sys/ptrace.h> declares it, which does not go with <linux/ptrace.h>. */
long ptrace(int request, ...);

/* --- the tracer --- */

enum { TRACEES = 8, MOST_SIGNALS = 1000000 };

struct tracee {
    pid_t id;
    bool sent, delivered; /* the signal; until its handler returns */
    uint64_t call;
};

struct tracer {
    struct tracee tracees[TRACEES];
    size_t count;
    long every; /* 0: at each system call; else after as many instructions */
    long instructions, passed, signals;
};

static struct tracee *find(struct tracer *tracer, pid_t id)
{
    for (size_t i = 0; i < tracer->count; i++)
        if (tracer->tracees[i].id == id)
            return &tracer->tracees[i];
    assert_true(tracer->count < TRACEES);
    struct tracee *found = &tracer->tracees[tracer->count++];
    *found = (struct tracee){.id = id};
    return found;
}

/* At a system call's entry or exit. Returns the signal to send. */
static int at_call(struct tracer *tracer, struct tracee *tracee)
{
    struct ptrace_syscall_info info = {0};
    assert_true(ptrace(PTRACE_GET_SYSCALL_INFO, tracee->id, sizeof(info), &info) > 0);
    if (info.op == PTRACE_SYSCALL_INFO_ENTRY) {
        tracee->call = info.entry.nr;
        if (tracee->call == SYS_rt_sigreturn && tracee->delivered)
            tracee->sent = tracee->delivered = false;
        return 0;
    }
    if (tracer->every || tracee->sent || tracee->call == SYS_rt_sigreturn)
        return 0;
    tracee->sent = true;
    return SIGUSR1;
}

static bool is_blocked(pid_t thread)
{
    uint64_t mask = 0;
    assert_int_equal(ptrace(PTRACE_GETSIGMASK, thread, sizeof(mask), &mask), 0);
    return mask >> (SIGUSR1 - 1) & 1;
}

/* Returns the signal to go on with. */
static int at_signal(struct tracer *tracer, struct tracee *tracee, int signal)
{
    if (signal == SIGUSR1)
        tracee->delivered = true;
    if (signal != SIGTRAP || !tracer->every)
        return signal == SIGSTOP ? 0 : signal;
    tracer->instructions++;
    if (tracee->sent || ++tracer->passed < tracer->every || is_blocked(tracee->id))
        return 0;
    tracer->passed = 0;
    tracee->sent = tracee->delivered = true;
    return SIGUSR1;
}

static void go_on(const struct tracer *tracer, const struct tracee *tracee, int signal)
{
    bool is_first = tracee == tracer->tracees; /* waits for the others */
    bool steps = tracer->every && !is_first && !tracee->sent;
    (void)ptrace(steps ? PTRACE_SINGLESTEP : PTRACE_SYSCALL, tracee->id, 0, (long)signal);
}

/* Until `child` has ended. Returns how. */
static int trace(struct tracer *tracer, pid_t child)
{
    const long options = PTRACE_O_TRACESYSGOOD | PTRACE_O_TRACECLONE | PTRACE_O_EXITKILL;
    int status = -1, signal;
    pid_t id;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFSTOPPED(status));
    assert_int_equal(ptrace(PTRACE_SETOPTIONS, child, 0, options), 0);
    go_on(tracer, find(tracer, child), 0);
    while ((id = waitpid(-1, &status, __WALL)) > 0) {
        if (id == child && !WIFSTOPPED(status))
            return status;
        if (!WIFSTOPPED(status))
            continue;
        struct tracee *tracee = find(tracer, id);
        if (status >> 16)
            signal = 0;
        else if (WSTOPSIG(status) == (SIGTRAP | 0x80))
            signal = at_call(tracer, tracee);
        else
            signal = at_signal(tracer, tracee, WSTOPSIG(status));
        tracer->signals += signal == SIGUSR1 && tracee->sent;
        assert_true(tracer->signals < MOST_SIGNALS);
        go_on(tracer, tracee, signal);
    }
    return status;
}

/* --- what is traced --- */

static atomic_long handled;

static void handle(int signal)
{
    (void)signal;
    syscall(SYS_getppid);
    handled++;
}

static struct og_function asks_kernel, counts_up; /* looked up before */

/* 0, or what went wrong. */
static int call_once(void)
{
    struct og_scope scope;
    long asked = 0, counted = 0;
    og_scope_begin(domain, &scope);
    enum og_error error = CALL(scope, asks_kernel, asked = AS(words *)(SYS_getppid, 0, 0, 0));
    if (!error)
        error = CALL(scope, counts_up, counted = AS(words *)(0, 0, 0, 0));
    og_scope_end(&scope);
    return error ? 1 : asked != -1 || counted != 101 ? 2 : 0;
}

static void *live(void *result)
{
    *(int *)result = call_once();
    return NULL;
}

/* Being traced takes its time. */
static const struct og_options patient = {.isolation = OG_MPK, .deadline_ms = 600000};

static int run_thread(void)
{
    pthread_t thread;
    int result = -1;
    if (pthread_create(&thread, NULL, live, &result) || pthread_join(thread, NULL))
        return 3;
    return result;
}

static int open_and_close(void)
{
    struct og_domain *other;
    struct og_fault why;
    struct og_function function;
    if (og_domain_open(&other, (const char *const[]){library, NULL}, &patient, &why))
        return 4;
    if (og_domain_lookup(other, "count_up", &function, &why))
        return 5;
    if (og_domain_reset(other, &why))
        return 6;
    return og_domain_close(other, &why) ? 7 : 0;
}

/* Runs `act` in a process of its own, interrupted all the time. Returns how often. */
static long interrupt(int (*act)(void), long every)
{
    struct tracer tracer = {.every = every};
    pid_t child = fork();
    if (child == 0) {
        domain = open_another(NULL, &patient);
        asks_kernel = boxed("system_call");
        counts_up = boxed("count_up");
        ptrace(PTRACE_TRACEME, 0, 0, 0);
        signal(SIGUSR1, handle);
        raise(SIGSTOP);
        int result = act();
        _exit(result ? result : handled ? 0 : 99);
    }
    int status = trace(&tracer, child);
    print_message("# %ld signals, %ld instructions\n", tracer.signals, tracer.instructions);
    assert_exited_well(status);
    return tracer.signals;
}

static void a_thread_is_interrupted_at_each_system_call_of_its_life(void **state)
{
    (void)state;
    assert_true(interrupt(run_thread, 0) > 20);
}

static void a_domains_opening_is_interrupted_at_each_system_call(void **state)
{
    (void)state;
    assert_true(interrupt(open_and_close, 0) > 200);
}

/* Not between any two, which would take minutes: at each forty-seventh. */
static void a_thread_is_interrupted_between_instructions_of_its_life(void **state)
{
    (void)state;
    long signals = interrupt(run_thread, 47);
    assert_true(signals > 30);
}

int main(int argc, char **argv)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_thread_is_interrupted_at_each_system_call_of_its_life),
        cmocka_unit_test(a_thread_is_interrupted_between_instructions_of_its_life),
        cmocka_unit_test(a_domains_opening_is_interrupted_at_each_system_call),
    };
    return run_mpk_tests(argc, argv, tests, sizeof(tests) / sizeof(tests[0]));
}
