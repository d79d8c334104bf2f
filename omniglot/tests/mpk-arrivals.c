/* Signals that come in a moment of choice, by ptrace. */
#include "mpk-test.h"
#include "omniglot/mpk/mpk.h"

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

extern const char og_mpk_resume[], og_mpk_resume_given[];

/* A child that stops before it goes on, to be traced. */
static pid_t fork_traced(void)
{
    int status;
    pid_t child = fork();
    if (!child) {
        ptrace(PTRACE_TRACEME, 0, NULL, NULL);
        raise(SIGSTOP);
        return 0;
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFSTOPPED(status));
    assert_int_equal(
        ptrace(PTRACE_SETOPTIONS, child, NULL,
               (long)(PTRACE_O_TRACECLONE | PTRACE_O_TRACESYSGOOD | PTRACE_O_EXITKILL)),
        0);
    return child;
}

static void assert_exited_well(int status)
{
    if (WIFSIGNALED(status))
        print_message("killed: %s\n", strsignal(WTERMSIG(status)));
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), 0);
}

/* --- while a thread begins, and ceases, to be one that enters domains ---
 *
 * One after each system call that it makes, so that no state in between is left out. */

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
    signal(SIGUSR1, count);
    boxed("count_up"); /* a child of fork looks nothing up */
    reset();
    pid_t child = fork_traced();
    if (!child)
        come_and_go();
    ptrace(PTRACE_CONT, child, NULL, NULL);
    assert_exited_well(trace(child));
}

/* --- while the gate goes on in foreign code --- */

static uintptr_t handled_at; /* the stack */

static void bring_another(int signal)
{
    (void)signal;
    raise(SIGUSR2); /* which comes when this returns */
}

static void note_stack(int signal)
{
    (void)signal;
    handled_at = (uintptr_t)__builtin_frame_address(0);
}

/* What is traced: foreign code that stands in the gate, with its stack pointer in the middle of
 * what the host's handlers have. */
static _Noreturn void stand_in_gate(const char *code, struct og_domain *gate)
{
    struct og_scope scope;
    uintptr_t middle = (uintptr_t)mpk_thread_self() + MPK_BLOCK_SIZE / 2;
    og_scope_begin(gate, &scope);
    enum og_error error = CALL(scope, boxed_in(gate, "jump_with_stack"),
                               AS(void (*)(const char *, uintptr_t))(code, middle));
    og_scope_end(&scope);
    _exit(error != OG_FAULTED ? 3 : handled_at < middle + MPK_BLOCK_SIZE / 4 ? 4 : 0);
}

/* Sends `signal` to the child in the moment in which it comes to `code`. */
static int send_at(pid_t child, const char *code, int signal)
{
    struct user_regs_struct registers;
    int status;
    long kept = ptrace(PTRACE_PEEKTEXT, child, code, NULL);
    ptrace(PTRACE_POKETEXT, child, code, (kept & ~0xffL) | 0xcc); /* INT3 */
    ptrace(PTRACE_CONT, child, NULL, NULL);
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFSTOPPED(status) && WSTOPSIG(status) == SIGTRAP);
    ptrace(PTRACE_POKETEXT, child, code, kept);
    assert_int_equal(ptrace(PTRACE_GETREGS, child, NULL, &registers), 0);
    registers.rip--;
    assert_int_equal(ptrace(PTRACE_SETREGS, child, NULL, &registers), 0);
    for (long next = signal;; next = WSTOPSIG(status)) {
        ptrace(PTRACE_CONT, child, NULL, next);
        if (waitpid(child, &status, 0) != child || !WIFSTOPPED(status))
            return status;
    }
}

static void a_stack_pointer_in_the_gate_is_no_stack_for_handlers(void **state)
{
    (void)state;
    static const unsigned char wrpkru[] = {0x0f, 0x01, 0xef};
    char path[sizeof(library)];
    struct sigaction action = {.sa_handler = bring_another};
    sigfillset(&action.sa_mask);
    sigaction(SIGUSR1, &action, NULL);
    signal(SIGUSR2, note_stack);
    const char *code = memmem(og_mpk_resume, (size_t)(og_mpk_resume_given - og_mpk_resume), wrpkru,
                              sizeof(wrpkru));
    assert_non_null(code);
    beside_library(path, "liboggate.so");
    struct og_domain *gate = open_another(path, NULL);
    boxed_in(gate, "jump_with_stack");
    pid_t child = fork_traced();
    if (!child)
        stand_in_gate(code, gate);
    assert_exited_well(send_at(child, code, SIGUSR1));
    assert_int_equal(og_domain_close(gate, &fault), OG_OK);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_signal_may_come_at_any_time_while_a_thread_comes_and_goes),
        cmocka_unit_test(a_stack_pointer_in_the_gate_is_no_stack_for_handlers),
    };
    return run_mpk_tests(argc, argv, tests, sizeof(tests) / sizeof(tests[0]));
}
