/* The gate, attacked with whatever foreign code can have in registers and flags, and what it leaves
 * where another domain could find it. */
#include "mpk-kernel.h"
#include "mpk-test.h"
#include "omniglot/mpk/mpk.h"

#include <dlfcn.h>
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/user.h>
#include <sys/wait.h>
#include <unistd.h>

extern const unsigned char og_mpk_gate_start[], og_mpk_gate_end[];
extern const unsigned char og_mpk_gate_return[], og_mpk_callback_restart[];
extern const unsigned char og_mpk_callback[], og_mpk_signal_entry[]; /* which follows it */
extern const unsigned char og_mpk_resume[], og_mpk_resume_given[];

static char gate_library[sizeof(library)];
static struct og_domain *attacker;
static void *raw_gate_library;

enum { NULL_GS = 1, BY_IRET = 2, ALIGNMENT_CHECK = 4 };

static void *raw(const char *name)
{
    void *function = dlsym(raw_gate_library, name);
    assert_non_null(function);
    return function;
}

static enum og_error call_in(struct og_domain *in, const char *name, long *result, long a, long b,
                             long c, long d, long e)
{
    typedef long five(long, long, long, long, long);
    struct og_scope scope;
    struct og_function function = boxed_in(in, name);
    long value = 0;
    og_scope_begin(in, &scope);
    enum og_error error = CALL(scope, function, value = AS(five *)(a, b, c, d, e));
    og_scope_end(&scope);
    if (result)
        *result = value;
    return error;
}

static void reset_attacker(void)
{
    assert_int_equal(og_domain_reset(attacker, &fault), OG_OK);
}

static uint32_t rights_of_attacker(void)
{
    long rights;
    assert_int_equal(call_in(attacker, "read_rights", &rights, 0, 0, 0, 0, 0), OG_OK);
    return (uint32_t)rights;
}

static uintptr_t gate_page(void)
{
    uintptr_t base;
    __asm__("rdgsbase %0" : "=r"(base));
    return base + MPK_GS;
}

/* --- jumps --- */

static uint32_t own_rights;

/* The host is there after the jump, and the domain has its own rights. */
static void jump(uintptr_t to, uint32_t rax, long rcx, long rdx, long how)
{
    enum og_error error = call_in(attacker, "jump", NULL, (long)to, (long)rax, rcx, rdx, how);
    assert_true(error == OG_FAULTED || error == OG_OK || error == OG_DEADLINE);
    if (error)
        reset_attacker();
    assert_int_equal(rights_of_attacker(), own_rights);
    assert_int_equal(secret, 4242);
}

static void visit_changes_of_rights(void (*visit)(uintptr_t at))
{
    int found = 0;
    own_rights = rights_of_attacker();
    for (const unsigned char *at = og_mpk_gate_start; at + 3 <= og_mpk_gate_end; at++)
        if (changes_rights(at)) {
            found++;
            visit((uintptr_t)at);
            if (at[-1] == 0x65)
                visit((uintptr_t)at - 1);
        }
    assert_int_equal(found, 10);
    assert_int_equal(call_in(attacker, "read_word", NULL, (long)&secret, 0, 0, 0, 0), OG_FAULTED);
    reset_attacker();
}

static void deny_all(uintptr_t at)
{
    jump(at, UINT32_MAX, 0, 0, 0);
}

static void no_rights_at_all_do_not_kill_the_host(void **state)
{
    (void)state;
    visit_changes_of_rights(deny_all);
}

/* All keys denied but one, wholly or to write, or with one bit that says nothing alone. */
static void give_one_key(uintptr_t at)
{
    for (int key = 0; key < 16; key++)
        for (uint32_t bits = 1; bits <= 3; bits++)
            jump(at, ~(bits << (2 * key)), 0, 0, 0);
}

static void rights_to_one_key_do_not_kill_the_host(void **state)
{
    (void)state;
    visit_changes_of_rights(give_one_key);
}

static void flip_a_bit(uintptr_t at)
{
    for (int bit = 0; bit < 32; bit++)
        jump(at, own_rights ^ UINT32_C(1) << bit, 0, 0, 0);
}

static void rights_with_a_bit_too_many_or_too_few_do_not_kill_the_host(void **state)
{
    (void)state;
    visit_changes_of_rights(flip_a_bit);
}

/* The gate page is out of reach then, and what is where it seems to be must not be needed. */
static void without_a_gs_base(uintptr_t at)
{
    const uint32_t gate_key = ~UINT32_C(4);
    jump(at, 0, 0, 0, NULL_GS);
    jump(at, UINT32_MAX, 0, 0, NULL_GS);
    jump(at, gate_key, 0, 0, NULL_GS);
    jump(at, own_rights, 0, 0, NULL_GS);
    for (int key = 0; key < 16; key++)
        jump(at, gate_key & ~(UINT32_C(3) << (2 * key)), 0, 0, NULL_GS);
}

static void no_rights_without_a_gs_base_do_not_kill_the_host(void **state)
{
    (void)state;
    visit_changes_of_rights(without_a_gs_base);
}

/* Faults, for WRPKRU and what reads the rights; for XRSTOR other parts of the state. */
static void other_registers(uintptr_t at)
{
    jump(at, 0, 1, 0, 0);
    jump(at, 0, 0, 1, 0);
    jump(at, UINT32_MAX, -1, -1, 0);
    jump(at, UINT32_MAX, 0, -1, 0);
    jump(at, UINT32_MAX, 0, -1, NULL_GS);
}

static void other_registers_do_not_kill_the_host(void **state)
{
    (void)state;
    visit_changes_of_rights(other_registers);
}

/* IRET sets the trap flag so that it traps after the first instruction there, with the rights that
 * this has given. */
static void step_there(uintptr_t at)
{
    static const uint32_t registers[] = {0, 0x200, 0x55555555, UINT32_MAX};
    for (size_t i = 0; i < sizeof(registers) / sizeof(registers[0]); i++) {
        jump(at, registers[i], 0, 0, BY_IRET);
        jump(at, registers[i], 0, 0, BY_IRET | NULL_GS);
    }
    jump(at, own_rights, 0, 0, BY_IRET);
}

static void a_step_after_rights_have_changed_ends_the_call(void **state)
{
    (void)state;
    visit_changes_of_rights(step_there);
}

static void read_afterwards(uintptr_t at)
{
    long result = 0, asked = asks_for_all_rights((const unsigned char *)at);
    enum og_error error =
        call_in(attacker, "call_and_read", &result, (long)at, (long)&secret, asked, 0, 0);
    assert_int_not_equal(result, secret);
    if (error)
        reset_attacker();
}

static void no_change_of_rights_comes_back_with_them(void **state)
{
    (void)state;
    assert_int_equal(((words *)raw("read_word"))((long)&secret, 0, 0, 0), secret);
    visit_changes_of_rights(read_afterwards);
}

/* Where a domain goes on after a signal, the code behind leads wherever its stack says. */
static void go_on_there(uintptr_t at, long asked, long how)
{
    enum og_error error =
        call_in(attacker, "go_on_and_write", NULL, (long)at, (long)&secret, 666, asked, how);
    assert_int_equal(secret, 4242);
    assert_int_equal(error, OG_FAULTED);
    reset_attacker();
}

static void who_goes_on_gets_no_more_than_the_domains_rights(void **state)
{
    (void)state;
    long own = 0;
    const unsigned char *at = og_mpk_resume;
    /* Without rights that change it comes back, and has written. */
    ((void (*)(const void *, long *, long, long, long))raw("go_on_and_write"))(og_mpk_resume_given,
                                                                               &own, 666, 0, 0);
    assert_int_equal(own, 666);
    while (!changes_rights(at))
        at++;
    assert_true(at < og_mpk_resume_given);
    for (long how = 0; how <= NULL_GS; how++) {
        go_on_there((uintptr_t)at, 0, how);
        go_on_there((uintptr_t)at, MPK_PKRU_COMPONENT, how);
        go_on_there((uintptr_t)at - (at[-1] == 0x65), MPK_PKRU_COMPONENT, how);
    }
}

/* Behind the change of rights where the kernel delivers signals. */
static void assert_is_no_signal(uintptr_t block, uintptr_t proof)
{
    const unsigned char *change = og_mpk_signal_entry;
    while (!changes_rights(change))
        change++;
    assert_int_equal(
        call_in(attacker, "jump_as_signal", NULL, (long)change, (long)block, (long)proof, 0, 0),
        OG_FAULTED);
    /* The XRSTOR there takes memory that no domain can read. */
    assert_int_equal(fault.signal, kernel_writes_frames_with_all_rights() ? SIGILL : SIGSEGV);
    reset_attacker();
}

static void a_forged_thread_block_is_no_threads(void **state)
{
    (void)state;
    const uintptr_t proof = 0x5ec2e7;
    uintptr_t own = gate_page();
    struct og_scope scope;
    /* Memory of the domain that holds what is asked for, as far from the block as others are. */
    og_scope_begin(attacker, &scope);
    char og_mut *memory = og_alloc(&scope, char, 3 * MPK_BLOCK_SIZE, &fault);
    uintptr_t forged = (uintptr_t)og_pass(memory);
    assert_true(forged != 0);
    forged += (own - forged) % MPK_BLOCK_SIZE;
    *(uintptr_t *)(forged + MPK_SECRET) = proof;
    *(uintptr_t *)(forged + MPK_HANDLER_STACK) = forged + 2 * MPK_BLOCK_SIZE - 4096;
    og_scope_end(&scope);
    assert_is_no_signal(forged, proof);
    /* The thread's own: not knowing its secret, or with another word that is known, before it and
     * behind it. */
    const unsigned number = ((const struct mpk_domain *)attacker)->index;
    assert_int_not_equal(number, 0);
    assert_is_no_signal(own, proof);
    assert_is_no_signal(own + MPK_HOST_FS - MPK_SECRET, (uintptr_t)__builtin_thread_pointer());
    assert_is_no_signal(own + MPK_ARMED - MPK_SECRET, number);
    /* A block that is nobody's. */
    assert_is_no_signal(own + MPK_BLOCK_SIZE, 0);
}

static void a_callback_that_there_is_not_is_a_fault(void **state)
{
    (void)state;
    static const uint32_t slots[] = {0, 1, MPK_CALLBACKS, 1 << 20, 1u << 31, UINT32_MAX};
    for (size_t i = 0; i < sizeof(slots) / sizeof(slots[0]); i++) {
        assert_int_equal(
            call_in(attacker, "jump", NULL, (long)og_mpk_callback, (long)slots[i], 0, 0, 0),
            OG_FAULTED);
        assert_string_equal(fault.message, "the foreign code called a callback that there is not");
        reset_attacker();
    }
}

static void return_something(void *user, struct og_scope *scope,
                             const struct og_arguments *arguments, struct og_result *result)
{
    (void)scope, (void)arguments;
    ++*(int *)user;
    result->integer = 1;
    result->floating = 1;
}

/* Where a result would be written, and foreign code would go on. */
static void a_callbacks_frame_is_on_the_foreign_stack_only(void **state)
{
    (void)state;
    static uintptr_t hosts[64];
    const uintptr_t thread = gate_page();
    const uintptr_t heap = ((const struct mpk_domain *)attacker)->arena.heap;
    const uintptr_t frames[] = {
        (uintptr_t)&hosts[32], thread + MPK_PKRU + 4, thread + MPK_SECRET, heap + 4096, 0,
        (uintptr_t)-4096};
    for (size_t i = 0; i < sizeof(frames) / sizeof(frames[0]); i++) {
        struct og_callback callback;
        int calls = 0;
        assert_int_equal(og_callback_open(attacker, &callback, return_something, &calls, &fault),
                         OG_OK);
        assert_int_equal(call_in(attacker, "jump_as_callback", NULL, (long)og_mpk_callback_restart,
                                 (long)callback.slot, (long)frames[i], 0, 0),
                         OG_FAULTED);
        assert_int_equal(calls, 0);
        assert_string_equal(fault.message, "the foreign code called a callback that there is not");
        for (size_t at = 0; at < 64; at++)
            assert_int_equal(hosts[at], 0);
        reset_attacker();
    }
}

size_t mpk_scan(const unsigned char *code, size_t size, const char **name);

/* At every offset: the host's scan leaves the gate out. WRFSBASE sets what no host code uses that
 * foreign code can have come to. */
static void the_gate_holds_no_other_instruction_that_opens_anything(void **state)
{
    (void)state;
    const char *name = NULL;
    int changes = 0;
    for (const unsigned char *at = og_mpk_gate_start; at < og_mpk_gate_end; at++) {
        at += mpk_scan(at, (size_t)(og_mpk_gate_end - at), &name);
        if (at >= og_mpk_gate_end)
            break;
        if (strcmp(name, "WRFSBASE")) {
            assert_string_equal(name, kernel_writes_frames_with_all_rights() ? "WRPKRU" : "XRSTOR");
            changes++;
        }
    }
    assert_int_equal(changes, 10);
}

/* Foreign code has its own rights when it jumps; with those that a change of rights gives it, it
 * is where that is. */
static void every_byte_of_the_gate_can_be_jumped_to_without_a_gs_base(void **state)
{
    (void)state;
    own_rights = rights_of_attacker();
    for (const unsigned char *at = og_mpk_gate_start; at < og_mpk_gate_end; at += 3)
        if (!may_be_far_return(at) && !is_filler(at))
            jump((uintptr_t)at, UINT32_MAX, 0, 0, NULL_GS | ALIGNMENT_CHECK);
}

/* --- going on after a signal --- */

static void a_system_call_changes_nothing_but_its_result(void **state)
{
    (void)state;
    long result = -1;
    assert_int_equal(((words *)raw("keep_everything"))(SYS_getpid, 0, 0, 0), 0);
    assert_int_equal(call_in(attacker, "keep_everything", &result, SYS_getpid, 0, 0, 0, 0), OG_OK);
    assert_int_equal(result, 0);
}

/* It would trap in the gate, on the way back, and look like the host's own. */
static void the_trap_flag_does_not_outlive_a_system_call(void **state)
{
    (void)state;
    long result = 0;
    int status = 0;
    pid_t child = fork();
    if (child == 0)
        _exit(((words *)raw("system_call_with_trap_flag"))(SYS_getppid, 0, 0, 0) <= 0);
    assert_true(child > 0);
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGTRAP);
    for (int i = 0; i < 10; i++) {
        assert_int_equal(
            call_in(attacker, "system_call_with_trap_flag", &result, SYS_getppid, 0, 0, 0, 0),
            OG_OK);
        assert_int_equal(result, -EPERM);
    }
}

static void a_system_call_needs_a_stack_of_the_domains(void **state)
{
    (void)state;
    long result = 0, id, code;
    struct og_scope scope;
    enum { SIZE = 4096, ROOM = MPK_RED_ZONE + MPK_RESUME_SIZE };
    assert_int_equal(call_in(attacker, "call_with_word", &id, SYS_getpid, 0, 0, 0, 0), OG_OK);
    assert_int_equal(call_in(attacker, "own_code", &code, 0, 0, 0, 0, 0), OG_OK);
    og_scope_begin(attacker, &scope);
    char og_mut *memory = og_alloc(&scope, char, SIZE, &fault);
    uintptr_t end = (uintptr_t)og_pass(memory) + SIZE;
    /* Any memory of the domain is one, however aligned. */
    for (uintptr_t shift = 0; shift < 9; shift++) {
        assert_int_equal(call_in(attacker, "call_with_stack_at", &result, (long)(end - shift),
                                 SYS_getpid, 0, 0, 0),
                         OG_OK);
        assert_int_equal(result, id);
    }
    og_scope_end(&scope);
    char text[MPK_RED_ZONE + MPK_RESUME_SIZE] = "the host's";
    const uintptr_t wrong[] = {0,
                               8,
                               ROOM,
                               (uintptr_t)text + sizeof(text),
                               (uintptr_t)gate_page() + ROOM,
                               (uintptr_t)code + ROOM,
                               UINTPTR_MAX,
                               (uintptr_t)1 << 63};
    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
        assert_int_equal(
            call_in(attacker, "call_with_stack_at", NULL, (long)wrong[i], SYS_getpid, 0, 0, 0),
            OG_FAULTED);
        assert_string_equal(fault.message, "the foreign code had no stack when it was interrupted");
        assert_int_equal(fault.signal, SIGSEGV);
        assert_string_equal(text, "the host's");
        reset_attacker();
    }
    assert_works_after_reset();
}

static void an_overflown_stack_is_told_in_a_system_call_too(void **state)
{
    (void)state;
    long result;
    uintptr_t low = 0;
    enum { SIZE = OG_DEFAULT_FOREIGN_STACK, NEAR = 1 << 20 };
    for (uintptr_t depth = SIZE - NEAR; depth < SIZE + NEAR && !low; depth += 4096) {
        enum og_error error =
            call_in(attacker, "call_below_stack", &result, (long)depth, SYS_getpid, 0, 0, 0);
        if (error) {
            assert_int_equal(error, OG_FAULTED);
            assert_string_equal(fault.message, "the foreign stack overflowed");
            low = fault.address;
            reset_attacker();
        }
    }
    assert_true(low != 0);
}

static void the_registers_of_one_domain_are_not_there_for_another(void **state)
{
    (void)state;
    const long marker = 0x5ec2e7c0ffee1234;
    struct og_domain *other = open_another(gate_library, NULL);
    long found = 0;
    assert_int_equal(call_in(attacker, "call_with_word", NULL, SYS_getpid, marker, 0, 0, 0), OG_OK);
    assert_int_equal(call_in(other, "find_word", &found, (long)gate_page(), 4096 / 8, marker, 0, 0),
                     OG_OK);
    assert_int_equal(found, -1);
    assert_int_equal(og_domain_close(other, &fault), OG_OK);
}

/* --- the signal stack --- */

static stack_t armed_stack(void)
{
    stack_t stack;
    assert_int_equal(syscall(SYS_sigaltstack, NULL, &stack), 0); /* the kernel knows */
    assert_int_equal(stack.ss_flags & SS_DISABLE, 0);
    return stack;
}

static void what_a_domain_leaves_on_the_signal_stack_is_gone_after_reset(void **state)
{
    (void)state;
    long found = 0;
    assert_int_equal(call_in(attacker, "count_up", NULL, 0, 0, 0, 0, 0), OG_OK);
    long place = (long)armed_stack().ss_sp + 64;
    enum og_error error = call_in(attacker, "write_word", NULL, place, 4711, 0, 0, 0);
    reset_attacker();
    /* From Linux 6.12 on it cannot write there. */
    if (error == OG_FAULTED)
        return;
    assert_int_equal(call_in(attacker, "read_word", &found, place, 0, 0, 0, 0), OG_OK);
    assert_int_equal(found, 0);
}

static void what_a_domain_leaves_on_the_signal_stack_is_gone_for_the_next(void **state)
{
    (void)state;
    uintptr_t places[2];
    long found = 0;
    for (int i = 0; i < 2; i++) {
        struct og_domain *other = open_another(gate_library, NULL);
        assert_int_equal(call_in(other, "count_up", NULL, 0, 0, 0, 0, 0), OG_OK);
        places[i] = (uintptr_t)armed_stack().ss_sp + 64;
        found = *(volatile long *)places[i];
        /* From Linux 6.12 on it cannot write there: then as if the kernel had. */
        if (call_in(other, "write_word", NULL, (long)places[i], 4711, 0, 0, 0))
            *(volatile long *)places[i] = 4711;
        assert_int_equal(og_domain_close(other, &fault), OG_OK);
    }
    assert_int_equal(places[1], places[0]);
    assert_int_equal(found, 0);
}

static volatile bool handled;
static pthread_t main_thread;
static const long sent = 0x5e17c0ffee5ec2e7;

static long *told_in_domain;

static void tell(int signal)
{
    (void)signal;
    *told_in_domain = 1;
    handled = true;
}

static void *send_until_handled(void *unused)
{
    (void)unused;
    while (!handled) {
        pthread_sigqueue(main_thread, SIGUSR1, (union sigval){.sival_ptr = (void *)sent});
        usleep(1000);
    }
    return NULL;
}

static void what_a_signal_carries_is_not_left_for_the_domain_it_interrupts(void **state)
{
    (void)state;
    struct sigaction action = {.sa_handler = tell}, before;
    void og_foreign *data;
    pthread_t sender;
    long found = 0;
    assert_int_equal(og_domain_lookup_data(attacker, "told", &data, &fault), OG_OK);
    told_in_domain = (long *)og_foreign_address(data);
    assert_int_equal(sigaction(SIGUSR1, &action, &before), 0);
    assert_int_equal(og_mpk_signal_adopt(SIGUSR1, &fault), OG_OK);
    main_thread = pthread_self();
    handled = false;
    struct og_function wait = boxed_in(attacker, "wait_to_be_told");
    struct og_scope scope;
    og_scope_begin(attacker, &scope);
    sigset_t set, old;
    sigemptyset(&set);
    sigaddset(&set, SIGUSR1);
    pthread_sigmask(SIG_BLOCK, &set, &old);
    assert_int_equal(pthread_create(&sender, NULL, send_until_handled, NULL), 0);
    pthread_sigmask(SIG_SETMASK, &old, NULL);
    long told = 0;
    assert_int_equal(CALL(scope, wait, told = AS(words *)(0, 0, 0, 0)), OG_OK);
    assert_int_equal(told, 1);
    og_scope_end(&scope);
    pthread_join(sender, NULL);
    stack_t stack = armed_stack();
    enum og_error error = call_in(attacker, "find_word", &found, (long)stack.ss_sp,
                                  (long)(stack.ss_size / sizeof(long)), sent, 0, 0);
    if (error != OG_FAULTED) {
        assert_int_equal(error, OG_OK);
        assert_int_equal(found, -1);
    }
    assert_int_equal(sigaction(SIGUSR1, &before, NULL), 0);
    reset_attacker();
}

/* --- keys --- */

/* In a child, for the process's first domain decides. */
static int open_with_a_key_taken(bool taken)
{
    int key = taken ? pkey_alloc(0, 0) : 0;
    struct og_domain *first;
    const struct og_options options = {.isolation = OG_MPK};
    struct og_fault why;
    enum og_error error =
        og_domain_open(&first, (const char *const[]){gate_library, NULL}, &options, &why);
    if (!taken)
        return error == OG_OK && pkey_alloc(0, 0) < 0 && errno == ENOSPC ? 0 : 1;
    if (error != OG_UNSUPPORTED || !strstr(why.message, "1 of its 15"))
        return 2;
    /* Nothing is held on to, and it works when the key is free. */
    pkey_free(key);
    return og_domain_open(&first, (const char *const[]){gate_library, NULL}, &options, &why) ? 3
                                                                                             : 0;
}

static int keys_alone, keys_taken;

static int in_child(bool taken)
{
    int status = -1;
    pid_t child = fork();
    if (child == 0)
        _exit(open_with_a_key_taken(taken));
    return child > 0 && waitpid(child, &status, 0) == child ? status : -1;
}

static void a_host_with_keys_of_its_own_is_told(void **state)
{
    (void)state;
    assert_int_equal(keys_taken, 0);
}

static void a_host_gets_no_key_once_a_domain_is_open(void **state)
{
    (void)state;
    assert_int_equal(keys_alone, 0);
}

/* --- what a signal could find in registers, step by step --- */

/* Stops where a tracer can begin to step. */
static void stop_and_return(void *user, struct og_scope *scope,
                            const struct og_arguments *arguments, struct og_result *result)
{
    (void)user;
    (void)scope;
    (void)arguments;
    result->integer = 7;
    (void)raise(SIGSTOP);
}

static int call_back_under_a_tracer(void)
{
    struct og_callback callback;
    struct og_scope scope;
    long value = 0;
    if (ptrace(PTRACE_TRACEME, 0, NULL, NULL) ||
        og_callback_open(domain, &callback, stop_and_return, NULL, &fault))
        return 1;
    og_scope_begin(domain, &scope);
    enum og_error error =
        CALL(scope, boxed("call_back"), value = AS(words *)((long)callback.address, 0, 0, 0));
    og_scope_end(&scope);
    return error ? 2 : value != 7 ? 3 : 0;
}

/* Is it an address in the process, and neither the domain's nor the gate's? */
static bool is_the_hosts(pid_t child, uintptr_t address)
{
    const struct mpk_arena *arena = &((const struct mpk_domain *)domain)->arena;
    errno = 0;
    (void)ptrace(PTRACE_PEEKDATA, child, (void *)address, NULL);
    return !errno && !og_is_within(address, 1, arena->start, arena->start + arena->size) &&
           !og_is_within(address, 1, (uintptr_t)og_mpk_gate_start, (uintptr_t)og_mpk_gate_end);
}

static int hosts_values_in(pid_t child, const struct user_regs_struct *registers)
{
    const unsigned long long all[] = {
        registers->rax, registers->rbx, registers->rcx, registers->rdx, registers->rsi,
        registers->rdi, registers->rbp, registers->r8,  registers->r9,  registers->r10,
        registers->r11, registers->r12, registers->r13, registers->r14, registers->r15,
    };
    int found = 0;
    for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++)
        found += is_the_hosts(child, all[i]);
    return found;
}

/* From the selector's store on a signal's frame is the domain's. */
static void no_register_holds_a_host_value_while_a_callback_returns(void **state)
{
    (void)state;
    int status = 0, steps = 0, found = 0;
    (void)boxed("call_back");
    uintptr_t selector = gate_page() + MPK_SELECTOR;
    pid_t child = fork();
    if (child == 0)
        _exit(call_back_under_a_tracer());
    assert_true(child > 0);
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFSTOPPED(status) && WSTOPSIG(status) == SIGSTOP);
    for (bool is_blocked = false, in_gate = false;
         WIFSTOPPED(status) && (!is_blocked || in_gate);) {
        struct user_regs_struct registers;
        assert_int_equal(ptrace(PTRACE_SINGLESTEP, child, NULL, NULL), 0);
        assert_int_equal(waitpid(child, &status, 0), child);
        assert_true(WIFSTOPPED(status));
        assert_int_equal(ptrace(PTRACE_GETREGS, child, NULL, &registers), 0);
        in_gate = og_is_within(registers.rip, 1, (uintptr_t)og_mpk_callback,
                               (uintptr_t)og_mpk_signal_entry);
        is_blocked = (ptrace(PTRACE_PEEKDATA, child, (void *)selector, NULL) & 0xff) == MPK_BLOCK;
        if (is_blocked) {
            steps++;
            found += hosts_values_in(child, &registers);
        }
    }
    assert_true(steps > 5);
    assert_int_equal(found, 0);
    assert_int_equal(ptrace(PTRACE_CONT, child, NULL, NULL), 0);
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(status, 0);
}

/* --- */

static int open_attacker(void **state)
{
    (void)state;
    if (!attacker)
        attacker = open_another(gate_library,
                                &(struct og_options){.isolation = OG_MPK, .deadline_ms = 1000});
    return 0;
}

int main(int argc, char **argv)
{
#define TEST(name) cmocka_unit_test_setup(name, open_attacker)
    const struct CMUnitTest tests[] = {
        TEST(a_host_with_keys_of_its_own_is_told),
        TEST(a_host_gets_no_key_once_a_domain_is_open),
        TEST(no_rights_at_all_do_not_kill_the_host),
        TEST(rights_to_one_key_do_not_kill_the_host),
        TEST(rights_with_a_bit_too_many_or_too_few_do_not_kill_the_host),
        TEST(no_rights_without_a_gs_base_do_not_kill_the_host),
        TEST(other_registers_do_not_kill_the_host),
        TEST(a_step_after_rights_have_changed_ends_the_call),
        TEST(no_change_of_rights_comes_back_with_them),
        TEST(who_goes_on_gets_no_more_than_the_domains_rights),
        TEST(a_forged_thread_block_is_no_threads),
        TEST(a_callback_that_there_is_not_is_a_fault),
        TEST(a_callbacks_frame_is_on_the_foreign_stack_only),
        TEST(the_gate_holds_no_other_instruction_that_opens_anything),
        TEST(every_byte_of_the_gate_can_be_jumped_to_without_a_gs_base),
        TEST(a_system_call_changes_nothing_but_its_result),
        TEST(the_trap_flag_does_not_outlive_a_system_call),
        TEST(a_system_call_needs_a_stack_of_the_domains),
        TEST(an_overflown_stack_is_told_in_a_system_call_too),
        TEST(the_registers_of_one_domain_are_not_there_for_another),
        TEST(what_a_domain_leaves_on_the_signal_stack_is_gone_after_reset),
        TEST(what_a_domain_leaves_on_the_signal_stack_is_gone_for_the_next),
        TEST(what_a_signal_carries_is_not_left_for_the_domain_it_interrupts),
        TEST(no_register_holds_a_host_value_while_a_callback_returns),
    };
    if (argc > 1) {
        snprintf(gate_library, sizeof(gate_library), "%s/liboggate.so", argv[1]);
        raw_gate_library = dlopen(gate_library, RTLD_NOW | RTLD_LOCAL);
        keys_taken = in_child(true);
        keys_alone = in_child(false);
    }
    return run_mpk_tests(argc, argv, tests, sizeof(tests) / sizeof(tests[0]));
}
