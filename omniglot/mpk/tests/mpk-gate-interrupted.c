/* A signal of the host's at every instruction of the gate, one after the other: whoever is
 * interrupted goes on as if there had been none, and the handler has run. A tracer puts a
 * breakpoint where the signal is to come. */
#include "mpk-kernel.h"
#include "mpk-test.h"
#include "omniglot/mpk/mpk.h"

#include <errno.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/user.h>
#include <sys/wait.h>
#include <unistd.h>

extern const unsigned char og_mpk_gate_start[], og_mpk_gate_end[];
extern const unsigned char og_mpk_resume[], og_mpk_resume_given[];

enum { GATE_MOST = 1 << 14, BREAKPOINT = 0xcc, TRAP_FLAG = 0x100 };

/* --- who is interrupted --- */

static struct og_domain *first, *second; /* without a deadline: a tracer takes its time */
static struct og_function calls_back, returns_long_double, asks_kernel, counts;
/* A stack pointer with room below it for an interruption, and for another on the way back. */
static uintptr_t lowest;
static struct og_callback callback;
static volatile long handled;
/* What the handler calls, though it must not: nothing where it has no domain. */
static struct og_function handlers_own;

static bool call_in_handler(void)
{
    struct og_scope scope;
    long value = 0;
    if (!handlers_own.domain)
        return true;
    og_scope_begin(handlers_own.domain, &scope);
    enum og_error error = CALL(scope, handlers_own, value = AS(long (*)(void))());
    og_scope_end(&scope);
    return !error && value > 100;
}

static void handle(int signal)
{
    handled += getppid() > 0 && signal == SIGUSR1 && call_in_handler();
}

static void return_seven(void *user, struct og_scope *scope, const struct og_arguments *arguments,
                         struct og_result *result)
{
    (void)user, (void)scope, (void)arguments;
    result->integer = 7;
}

/* Calls: with a system call, a callback, arguments and results of other kinds, and from one domain
 * to the other, whose signal stack is to be armed. How many were wrong. */
static int go_through_the_gate(void)
{
    struct og_scope scope;
    long value = 0, refused = 0, counted = 0;
    long double extended = 0;
    og_scope_begin(second, &scope);
    int wrong = CALL(scope, asks_kernel, refused = AS(words *)((long)lowest, SYS_getppid, 0, 0)) ||
                refused != -EPERM;
    wrong += CALL(scope, counts, counted = AS(long (*)(void))()) || counted <= 100;
    og_scope_end(&scope);
    og_scope_begin(first, &scope);
    wrong +=
        CALL(scope, calls_back, value = AS(words *)((long)callback.address, 0, 0, 0)) || value != 7;
    wrong += CALL(scope, returns_long_double, extended = AS(long double (*)(double))(2.5)) ||
             extended != 10.0L;
    og_scope_end(&scope);
    return wrong;
}

static int go_through_the_gate_for_ever(void)
{
    if (ptrace(PTRACE_TRACEME, 0, NULL, NULL) || signal(SIGUSR1, handle) == SIG_ERR ||
        og_callback_open(first, &callback, return_seven, NULL, &fault))
        return 100;
    int wrong = 0;
    while (!wrong && !raise(SIGSTOP)) /* the tracer knows where one round ends by this */
        wrong = go_through_the_gate();
    return wrong;
}

/* --- the tracer --- */

/* Of a child that asks for it and stops. Returns its status. */
static int start_tracing(pid_t child)
{
    int status;
    assert_true(child > 0);
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFSTOPPED(status) && WSTOPSIG(status) == SIGSTOP);
    assert_int_equal(ptrace(PTRACE_SETOPTIONS, child, NULL, (void *)(long)PTRACE_O_EXITKILL), 0);
    return status;
}

/* Goes on with the process until it stops again; what has come to it meanwhile comes to it. */
static int go_on(pid_t child, bool by_step, int *status)
{
    int signal = WSTOPSIG(*status);
    if (signal == SIGSTOP || signal == SIGTRAP)
        signal = 0;
    if (ptrace(by_step ? PTRACE_SINGLESTEP : PTRACE_CONT, child, NULL, (void *)(long)signal) ||
        waitpid(child, status, 0) != child || !WIFSTOPPED(*status))
        return -1;
    return WSTOPSIG(*status);
}

/* The same, to the end of the round: SIGSTOP, or -1. */
static int end_round(pid_t child, int *status)
{
    int stopped = 0;
    while (stopped >= 0 && stopped != SIGSTOP)
        stopped = go_on(child, false, status);
    return stopped;
}

static uintptr_t place_of(pid_t child)
{
    struct user_regs_struct registers;
    assert_int_equal(ptrace(PTRACE_GETREGS, child, NULL, &registers), 0);
    return registers.rip;
}

/* Code in which signals come. */
struct code {
    uintptr_t start, end;
};

/* Which instructions of it one round executes. */
static void find_instructions(pid_t child, int *status, struct code code,
                              bool executed[static GATE_MOST])
{
    for (int stopped = 0; stopped != SIGSTOP;) {
        stopped = go_on(child, true, status);
        assert_true(stopped > 0);
        uintptr_t offset = place_of(child) - code.start;
        if (offset < GATE_MOST && offset < code.end - code.start)
            executed[offset] = true;
    }
}

/* A round to the breakpoint at `place`. False: it has not come to it, or has ended. */
static bool come_to(pid_t child, int *status, uintptr_t place)
{
    struct user_regs_struct registers;
    for (;;) {
        int stopped = go_on(child, false, status);
        if (stopped < 0 || stopped == SIGSTOP || ptrace(PTRACE_GETREGS, child, NULL, &registers))
            return false;
        if (stopped != SIGTRAP)
            continue;
        bool is_there = registers.rip == place + 1;
        if (is_there)
            registers.rip = place;
        else /* an earlier step's, which was saved with the host's flags */
            registers.eflags &= ~(unsigned long long)TRAP_FLAG;
        ptrace(PTRACE_SETREGS, child, NULL, &registers);
        if (is_there)
            return true;
    }
}

/* A round with the signal before the instruction at `place`, when it is come to for the first time.
 * Whether it has come to it. */
static bool interrupt_at(pid_t child, int *status, uintptr_t place)
{
    void *address = (void *)place;
    long word = ptrace(PTRACE_PEEKTEXT, child, address, NULL);
    ptrace(PTRACE_POKETEXT, child, address, (void *)((word & ~0xffL) | BREAKPOINT));
    bool is_there = come_to(child, status, place);
    ptrace(PTRACE_POKETEXT, child, address, (void *)word);
    if (is_there) {
        *status = SIGUSR1 << 8 | 0x7f; /* as if it had stopped for that */
        end_round(child, status);
    }
    return is_there;
}

/* At `least` as many as that. */
static void interrupt_at_any_instruction(struct code code, long least)
{
    static bool executed[GATE_MOST];
    memset(executed, 0, sizeof(executed));
    char gate_library[sizeof(library)];
    first = open_another(NULL, NULL);
    beside_library(gate_library, "liboggate.so");
    second = open_another(gate_library, NULL);
    calls_back = boxed_in(first, "call_back");
    asks_kernel = boxed_in(second, "call_with_stack_at");
    returns_long_double = boxed_in(first, "return_long_double");
    counts = boxed_in(second, "count_up");
    lowest =
        ((const struct mpk_domain *)second)->seats.stack_low + 2 * (MPK_RED_ZONE + MPK_RESUME_SIZE);
    assert_int_equal(og_function_x87(&returns_long_double, 1, &fault), OG_OK);
    assert_int_equal(og_function_takes(&counts, NULL, 0, &fault), OG_OK);
    pid_t child = fork();
    if (child == 0)
        _exit(go_through_the_gate_for_ever());
    int status = start_tracing(child);
    assert_int_equal(end_round(child, &status), SIGSTOP); /* a round that resolves what it calls */
    find_instructions(child, &status, code, executed);
    long before = ptrace(PTRACE_PEEKDATA, child, (void *)&handled, NULL), count = 0;
    for (size_t at = 0; at < GATE_MOST; at++) {
        if (!executed[at])
            continue;
        count += interrupt_at(child, &status, code.start + at);
        if (!WIFSTOPPED(status))
            fail_msg("interrupted at offset 0x%zx it ends with 0x%x", at, (unsigned)status);
        assert_int_equal(ptrace(PTRACE_PEEKDATA, child, (void *)&handled, NULL), before + count);
    }
    print_message("# %ld instructions\n", count);
    assert_true(count > least);
    assert_int_equal(kill(child, SIGKILL), 0);
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(og_domain_close(first, &fault), OG_OK);
    assert_int_equal(og_domain_close(second, &fault), OG_OK);
}

static struct code gate(void)
{
    return (struct code){(uintptr_t)og_mpk_gate_start, (uintptr_t)og_mpk_gate_end};
}

static void a_signal_at_any_instruction_of_the_gate_changes_nothing(void **state)
{
    (void)state;
    interrupt_at_any_instruction(gate(), 300);
}

/* Least of all whose rights the interrupted call goes on with. */
static void a_handler_that_calls_in_at_any_instruction_of_the_gate_changes_nothing(void **state)
{
    (void)state;
    handlers_own = boxed("count_up");
    interrupt_at_any_instruction(gate(), 300);
}

static void a_handler_that_calls_in_while_a_domain_is_armed_changes_nothing(void **state)
{
    (void)state;
    const uintptr_t rights = (uintptr_t)mpk_rights_arm, arm = (uintptr_t)og_mpk_arm, most = 512;
    handlers_own = boxed("count_up");
    interrupt_at_any_instruction((struct code){rights, rights + most}, 3);
    interrupt_at_any_instruction((struct code){arm, arm + most}, 10);
}

/* --- foreign code that stands in the gate --- */

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

/* What is interrupted: foreign code that stands in the gate, with its stack pointer in the middle
 * of what the host's handlers have. */
static _Noreturn void stand_in_gate(const unsigned char *code, struct og_domain *gate)
{
    struct og_scope scope;
    ptrace(PTRACE_TRACEME, 0, NULL, NULL);
    raise(SIGSTOP);
    uintptr_t middle = (uintptr_t)mpk_thread_self() + MPK_BLOCK_SIZE - MPK_HANDLERS / 2;
    og_scope_begin(gate, &scope);
    enum og_error error = CALL(scope, boxed_in(gate, "jump_with_stack"),
                               AS(void (*)(const unsigned char *, uintptr_t))(code, middle));
    og_scope_end(&scope);
    _exit(error != OG_FAULTED ? 3 : handled_at < middle + MPK_HANDLERS / 4 ? 4 : 0);
}

static void a_stack_pointer_in_the_gate_is_no_stack_for_handlers(void **state)
{
    (void)state;
    char path[sizeof(library)];
    struct sigaction action = {.sa_handler = bring_another};
    sigfillset(&action.sa_mask);
    sigaction(SIGUSR1, &action, NULL);
    signal(SIGUSR2, note_stack);
    const unsigned char *code = (const unsigned char *)og_mpk_resume;
    while (!changes_rights(code))
        code++;
    assert_true(code < (const unsigned char *)og_mpk_resume_given);
    beside_library(path, "liboggate.so");
    struct og_domain *gate = open_another(path, NULL);
    boxed_in(gate, "jump_with_stack");
    pid_t child = fork();
    if (child == 0)
        stand_in_gate(code, gate);
    int status = start_tracing(child);
    assert_true(interrupt_at(child, &status, (uintptr_t)code));
    assert_exited_well(status);
    assert_int_equal(og_domain_close(gate, &fault), OG_OK);
}

int main(int argc, char **argv)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_signal_at_any_instruction_of_the_gate_changes_nothing),
        cmocka_unit_test(a_handler_that_calls_in_at_any_instruction_of_the_gate_changes_nothing),
        cmocka_unit_test(a_handler_that_calls_in_while_a_domain_is_armed_changes_nothing),
        cmocka_unit_test(a_stack_pointer_in_the_gate_is_no_stack_for_handlers),
    };
    return run_mpk_tests(argc, argv, tests, sizeof(tests) / sizeof(tests[0]));
}
