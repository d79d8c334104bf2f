/* Signals that come while the gate goes on in foreign code, in the moment that a tracer chooses. */
#include "mpk-test.h"
#include "omniglot/mpk/mpk.h"

#include <signal.h>
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
    assert_int_equal(ptrace(PTRACE_SETOPTIONS, child, NULL, (long)PTRACE_O_EXITKILL), 0);
    return child;
}

static void assert_exited_well(int status)
{
    if (WIFSIGNALED(status))
        print_message("killed: %s\n", strsignal(WTERMSIG(status)));
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), 0);
}

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
    uintptr_t middle = (uintptr_t)mpk_thread_self() + MPK_BLOCK_SIZE - MPK_HANDLERS / 2;
    og_scope_begin(gate, &scope);
    enum og_error error = CALL(scope, boxed_in(gate, "jump_with_stack"),
                               AS(void (*)(const char *, uintptr_t))(code, middle));
    og_scope_end(&scope);
    _exit(error != OG_FAULTED ? 3 : handled_at < middle + MPK_HANDLERS / 4 ? 4 : 0);
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
        cmocka_unit_test(a_stack_pointer_in_the_gate_is_no_stack_for_handlers),
    };
    return run_mpk_tests(argc, argv, tests, sizeof(tests) / sizeof(tests[0]));
}
