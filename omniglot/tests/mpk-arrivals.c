/* Signals that come while a thread begins, and ceases, to be one that enters domains: one after
 * each system call that it makes, by ptrace, so that none of the states in between is left out. */
#include "mpk-test.h"

#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/user.h>
#include <sys/wait.h>
#include <unistd.h>

static volatile sig_atomic_t came;

static void count(int signal)
{
    (void)signal;
    came++;
}

static void *enter(void *memory)
{
    struct og_scope scope;
    long value = 0;
    og_scope_begin(domain, &scope);
    enum og_error error = CALL(scope, boxed("count_up"), value = AS(words *)(0, 0, 0, 0));
    og_scope_end(&scope);
    *(bool *)memory = !error && value == 101;
    return NULL;
}

/* What is traced: a thread that comes and goes. */
static _Noreturn void come_and_go(void)
{
    pthread_t thread;
    bool worked = false;
    ptrace(PTRACE_TRACEME, 0, NULL, NULL);
    raise(SIGSTOP);
    if (pthread_create(&thread, NULL, enter, &worked) || pthread_join(thread, NULL))
        _exit(3);
    _exit(!worked ? 4 : came < 10 ? 5 : 0);
}

/* One signal at a time: the handler makes system calls as well. */
struct tracee {
    bool at_exit;    /* the next stop is a system call's exit */
    bool in_handler; /* or the signal waits to be unblocked */
    bool returns;    /* the system call is the handler's return */
};

/* Which signal the thread, which has stopped at a system call, goes on with. */
static int signal_for(pid_t thread, struct tracee *tracee)
{
    struct user_regs_struct registers;
    bool was_exit = tracee->at_exit;
    tracee->at_exit = !was_exit;
    if (ptrace(PTRACE_GETREGS, thread, NULL, &registers))
        return 0;
    if (!was_exit) {
        tracee->returns = registers.orig_rax == SYS_rt_sigreturn;
        return 0;
    }
    if (tracee->returns)
        tracee->in_handler = false;
    else if (!tracee->in_handler)
        return tracee->in_handler = true, SIGUSR1;
    return 0;
}

/* Goes on until the process, `first`, has ended, and returns how. */
static int trace(pid_t first)
{
    struct tracee tracee = {false};
    int status;
    for (pid_t thread; (thread = waitpid(-1, &status, __WALL)) > 0;) {
        int stop = WSTOPSIG(status);
        bool is_new = stop == SIGSTOP, is_call = stop == (SIGTRAP | 0x80);
        if (!WIFSTOPPED(status) && thread == first)
            return status;
        if (!WIFSTOPPED(status))
            continue;
        int next = is_call ? signal_for(thread, &tracee) : is_new || status >> 16 ? 0 : stop;
        ptrace(thread == first ? PTRACE_CONT : PTRACE_SYSCALL, thread, NULL, (long)next);
    }
    return -1;
}

static void a_signal_may_come_at_any_time_while_a_thread_comes_and_goes(void **state)
{
    (void)state;
    int status;
    signal(SIGUSR1, count);
    boxed("count_up"); /* a child of fork looks nothing up */
    reset();
    pid_t child = fork();
    if (!child)
        come_and_go();
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFSTOPPED(status));
    assert_int_equal(
        ptrace(PTRACE_SETOPTIONS, child, NULL,
               (long)(PTRACE_O_TRACECLONE | PTRACE_O_TRACESYSGOOD | PTRACE_O_EXITKILL)),
        0);
    ptrace(PTRACE_CONT, child, NULL, NULL);
    status = trace(child);
    if (WIFSIGNALED(status))
        print_message("killed: %s\n", strsignal(WTERMSIG(status)));
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), 0);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_signal_may_come_at_any_time_while_a_thread_comes_and_goes),
    };
    return run_mpk_tests(argc, argv, tests, sizeof(tests) / sizeof(tests[0]));
}
