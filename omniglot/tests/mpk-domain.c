/* The MPK runtime, attacked: each test holds the attack, shows that it succeeds on a library
 * loaded as it is (raw), and that it does not in a domain. Runs in the PKU guest, or on a
 * machine with protection keys; argv[1] is the folder of the hostile library. */
#include "cmocka-tests.h"
#include "omniglot/mpk/layout.h"
#include "omniglot/omniglot.h"

#include <dlfcn.h>
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

static char library[4096];
static void *raw; /* the same library in the host */
static struct og_domain *domain;
static struct og_fault fault;

static void *raw_function(const char *name)
{
    void *function = dlsym(raw, name);
    assert_non_null(function);
    return function;
}

/* cmocka takes the fault signals for the length of each test. */
static void take_signals_back(void)
{
    static const int signals[] = {SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGSYS};
    for (size_t i = 0; i < sizeof(signals) / sizeof(signals[0]); i++)
        assert_int_equal(og_mpk_signal_adopt(signals[i], &fault), OG_OK);
}

static struct og_function boxed(const char *name)
{
    struct og_function function;
    take_signals_back();
    assert_int_equal(og_domain_lookup(domain, name, &function, &fault), OG_OK);
    return function;
}

static int open_domain(void **state)
{
    (void)state;
    const struct og_options options = {.isolation = OG_MPK, .deadline_ms = 1000};
    return og_domain_open(&domain, (const char *const[]){library, NULL}, &options, &fault) != OG_OK;
}

static int close_domain(void **state)
{
    (void)state;
    return og_domain_close(domain, &fault) != OG_OK;
}

/* A call through `entry`, between begin and end; yields how it ended. */
#define CALL(scope, function, expression)                                                          \
    __extension__({                                                                                \
        struct og_function called = (function);                                                    \
        enum og_error ended = og_invoke_begin(&(scope).access, &called, &fault);                   \
        if (!ended) {                                                                              \
            expression;                                                                            \
            ended = og_invoke_end(&(scope).access, &fault);                                        \
        }                                                                                          \
        ended;                                                                                     \
    })
#define AS(type) ((type)called.entry)

typedef long words(long, long, long, long);

/* Calls `name` with up to four words in the domain. */
static enum og_error call_words(const char *name, long *result, long a, long b, long c, long d)
{
    struct og_scope scope;
    long value = 0;
    og_scope_begin(domain, &scope);
    enum og_error error = CALL(scope, boxed(name), value = AS(words *)(a, b, c, d));
    og_scope_end(&scope);
    if (result)
        *result = value;
    return error;
}

static void reset(void)
{
    take_signals_back();
    assert_int_equal(og_domain_reset(domain, &fault), OG_OK);
}

/* After any attack: the host goes on, the domain works again after reset. */
static void assert_works_after_reset(void)
{
    long result;
    reset();
    assert_int_equal(call_words("count_up", &result, 0, 0, 0, 0), OG_OK);
    assert_int_equal(result, 101);
    reset();
}

static long secret = 4242;

static void reading_host_memory_is_a_fault(void **state)
{
    (void)state;
    assert_int_equal(((words *)raw_function("read_word"))((long)&secret, 0, 0, 0), 4242);
    long result = 0;
    assert_int_equal(call_words("read_word", &result, (long)&secret, 0, 0, 0), OG_FAULTED);
    assert_int_not_equal(result, 4242);
    assert_int_equal(fault.signal, SIGSEGV);
    assert_int_equal(fault.address, (uintptr_t)&secret);
    assert_works_after_reset();
}

static void writing_host_memory_is_a_fault(void **state)
{
    (void)state;
    ((words *)raw_function("write_word"))((long)&secret, 1, 0, 0);
    assert_int_equal(secret, 1);
    secret = 4242;
    assert_int_equal(call_words("write_word", NULL, (long)&secret, 1, 0, 0), OG_FAULTED);
    assert_int_equal(secret, 4242);
    assert_works_after_reset();
}

static void another_domains_memory_is_out_of_reach(void **state)
{
    (void)state;
    struct og_domain *other;
    struct og_scope scope;
    const struct og_options options = {.isolation = OG_MPK};
    take_signals_back();
    assert_int_equal(og_domain_open(&other, (const char *const[]){library, NULL}, &options, &fault),
                     OG_OK);
    og_scope_begin(other, &scope);
    long og_mut *theirs = og_alloc(&scope, long, 1, &fault);
    assert_int_equal(og_write(&scope.access, theirs, 77, &fault), OG_OK);
    assert_int_equal(call_words("read_word", NULL, (long)og_pass(theirs), 0, 0, 0), OG_FAULTED);
    og_scope_end(&scope);
    assert_int_equal(og_domain_close(other, &fault), OG_OK);
    assert_works_after_reset();
}

static void a_poisoned_domain_is_not_entered(void **state)
{
    (void)state;
    struct og_function count = boxed("count_up");
    struct og_scope scope;
    assert_int_equal(call_words("read_word", NULL, 0, 0, 0, 0), OG_FAULTED);
    og_scope_begin(domain, &scope);
    assert_int_equal(og_invoke_begin(&scope.access, &count, &fault), OG_POISONED);
    og_scope_end(&scope);
    assert_works_after_reset();
}

/* --- system calls --- */

static void system_calls_of_the_library_are_refused(void **state)
{
    (void)state;
    static const long refused[] = {
        SYS_socket,         SYS_fork,          SYS_vfork,        SYS_execve,
        SYS_ptrace,         SYS_prctl,         SYS_personality,  SYS_process_vm_readv,
        SYS_io_uring_setup, SYS_pkey_mprotect, SYS_pkey_alloc,   SYS_pkey_free,
        SYS_clone,          SYS_sigaltstack,   SYS_rt_sigreturn, SYS_shmat,
        SYS_seccomp,        SYS_userfaultfd,   SYS_modify_ldt};
    long result;
    assert_int_equal(((words *)raw_function("system_call"))(SYS_getppid, 0, 0, 0), getppid());
    assert_int_equal(call_words("system_call", &result, SYS_getppid, 0, 0, 0), OG_OK);
    assert_int_equal(result, -EPERM);
    for (size_t i = 0; i < sizeof(refused) / sizeof(refused[0]); i++) {
        assert_int_equal(call_words("system_call", &result, refused[i], 0, 0, 0), OG_OK);
        assert_int_equal(result, -EPERM);
    }
}

static void the_hosts_own_system_call_instructions_are_trapped(void **state)
{
    (void)state;
    long result = 0;
    assert_int_equal(((words *)raw_function("call_address"))((long)getppid, 0, 0, 0), getppid());
    assert_int_equal(
        call_words("call_address", &result, (long)dlsym(RTLD_DEFAULT, "getppid"), 0, 0, 0), OG_OK);
    assert_int_not_equal(result, getppid());
    reset();
}

static void host_memory_cannot_be_mapped_over_or_protected(void **state)
{
    (void)state;
    long page = (long)&secret & -4096, result;
    assert_int_equal(call_words("system_call", &result, SYS_mprotect, page, 4096, PROT_READ),
                     OG_OK);
    assert_true(result < 0);
    assert_int_equal(call_words("system_call", &result, SYS_munmap, page, 4096, 0), OG_OK);
    assert_true(result < 0);
    assert_int_equal(call_words("system_call", &result, SYS_madvise, page, 4096, MADV_DONTNEED),
                     OG_OK);
    assert_true(result < 0);
    assert_int_equal(secret, 4242);
    /* A system call that writes where it is told is not a deputy either. */
    assert_int_equal(call_words("system_call", &result, SYS_getrandom, (long)&secret, 8, 0), OG_OK);
    assert_int_equal(result, -EFAULT);
    assert_int_equal(secret, 4242);
    reset();
}

static void files_are_refused_but_for_those_that_are_granted(void **state)
{
    (void)state;
    struct og_domain *other;
    const struct og_options options = {
        .isolation = OG_MPK, .readable_paths = (const char *const[]){"/proc/version", NULL}};
    take_signals_back();
    assert_int_equal(og_domain_open(&other, (const char *const[]){library, NULL}, &options, &fault),
                     OG_OK);
    static const struct {
        const char *path;
        long first;
    } files[] = {{"/proc/version", 'L'}, {"/proc/cpuinfo", -1}, {"/proc/self/mem", -1}};
    assert_int_not_equal(((words *)raw_function("read_file"))((long)"/proc/cpuinfo", 0, 0, 0), -1);
    struct og_domain *first = domain;
    domain = other;
    for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
        struct og_scope scope;
        long result = 0;
        og_scope_begin(domain, &scope);
        char og_mut *path = og_alloc(&scope, char, 64, &fault);
        assert_int_equal(
            og_write_array(&scope.access, path, files[i].path, strlen(files[i].path) + 1, &fault),
            OG_OK);
        assert_int_equal(
            CALL(scope, boxed("read_file"), result = AS(words *)((long)og_pass(path), 0, 0, 0)),
            OG_OK);
        assert_int_equal(result, files[i].first);
        og_scope_end(&scope);
    }
    domain = first;
    assert_int_equal(og_domain_close(other, &fault), OG_OK);
}

/* --- the gate --- */

extern const unsigned char og_mpk_gate_start[], og_mpk_gate_end[];

static void every_wrpkru_of_the_gate_is_followed_by_a_check(void **state)
{
    (void)state;
    int found = 0;
    for (const unsigned char *at = og_mpk_gate_start; at + 3 <= og_mpk_gate_end; at++) {
        if (memcmp(at, "\x0f\x01\xef", 3))
            continue;
        found++;
        /* With all rights asked for, no register that is the domain's choice helps. */
        long result;
        enum og_error error =
            call_words("jump_with_rights", NULL, (long)at, (long)&secret, (long)&secret, 0);
        /* The gate's return is a legitimate way home; all others end in a fault. */
        assert_true(error == OG_FAULTED || error == OG_OK);
        reset();
        assert_int_equal(call_words("read_rights", &result, 0, 0, 0, 0), OG_OK);
        assert_int_equal(result & 3, 3);
        assert_int_equal(call_words("read_word", NULL, (long)&secret, 0, 0, 0), OG_FAULTED);
        reset();
    }
    assert_true(found >= 6);
    assert_works_after_reset();
}

/* The bytes of far returns, which QEMU lets read the stack with the kernel's rights (its guest
 * kernel then dies); processors do not. */
static bool is_far_return(unsigned char byte)
{
    return byte == 0xca || byte == 0xcb || byte == 0xcf;
}

/* Every fifth byte, or with OG_STRESS set each. */
static void the_gate_can_be_jumped_into_anywhere(void **state)
{
    (void)state;
    for (const unsigned char *at = og_mpk_gate_start; at < og_mpk_gate_end;
         at += getenv("OG_STRESS") ? 1 : 5) {
        if (is_far_return(*at))
            continue;
        enum og_error error =
            call_words("jump_with_rights", NULL, (long)at, (long)&secret, (long)&secret, (long)at);
        assert_true(error == OG_FAULTED || error == OG_OK || error == OG_DEADLINE);
        reset();
        assert_int_equal(secret, 4242);
    }
    assert_int_equal(call_words("read_word", NULL, (long)&secret, 0, 0, 0), OG_FAULTED);
    assert_works_after_reset();
}

static void the_hosts_pkey_set_opens_nothing(void **state)
{
    (void)state;
    void *pkey_set_of_libc = dlsym(RTLD_DEFAULT, "pkey_set");
    assert_non_null(pkey_set_of_libc);
    long result = 0;
    assert_int_equal(call_words("call_address", &result, (long)pkey_set_of_libc, 0, 0, 0),
                     OG_FAULTED);
    assert_int_equal(fault.signal, SIGILL);
    assert_works_after_reset();
}

static void a_null_gs_base_is_a_fault_and_is_put_back(void **state)
{
    (void)state;
    assert_int_equal(call_words("clear_gs", NULL, 0, 0, 0, 0), OG_FAULTED);
    assert_works_after_reset();
}

static void the_selector_cannot_be_written(void **state)
{
    (void)state;
    uintptr_t gs;
    __asm__("rdgsbase %0" : "=r"(gs));
    assert_int_equal(call_words("write_word", NULL, (long)gs, 0, 0, 0), OG_FAULTED);
    assert_works_after_reset();
}

static void no_register_holds_a_host_value(void **state)
{
    (void)state;
    struct og_scope scope;
    long seen = -1;
    og_scope_begin(domain, &scope);
    assert_int_equal(
        CALL(scope, boxed("look_at_registers"),
             {
                 __asm__ volatile(
                     "mov $0x5ec2e7, %%rax\n\tmovq %%rax, %%xmm8\n\tmovq %%rax, %%xmm11\n\t"
                     "movq %%rax, %%xmm15\n\tmov %%rax, %%rbx\n\tmov %%rax, %%r12\n\t"
                     "mov %%rax, %%r13\n\tmov %%rax, %%r14\n\tmov %%rax, %%r15\n\t"
                     "xor %%edx, %%edx\n\txor %%ecx, %%ecx\n\t" /* of which there may be copies */
                     "call *%1"
                     : "=a"(seen)
                     : "D"(called.entry)
                     : "rbx", "rcx", "rdx", "rsi", "r8", "r9", "r10", "r11", "r12", "r13", "r14",
                       "r15", "xmm0", "xmm8", "xmm11", "xmm15", "memory", "cc");
             }),
        OG_OK);
    og_scope_end(&scope);
    assert_int_equal(seen, 0);
}

static void registers_flags_and_control_words_survive_a_mess(void **state)
{
    (void)state;
    uint32_t mxcsr_before, mxcsr_after;
    uint16_t control_before, control_after;
    uint64_t flags;
    long result;
    __asm__("stmxcsr %0\n\tfnstcw %1" : "=m"(mxcsr_before), "=m"(control_before));
    enum og_error error = call_words("leave_a_mess", &result, 0, 0, 0, 0);
    __asm__("stmxcsr %0\n\tfnstcw %1\n\tpushf\n\tpop %2"
            : "=m"(mxcsr_after), "=m"(control_after), "=r"(flags));
    (void)error;
    assert_int_equal(mxcsr_after, mxcsr_before);
    assert_int_equal(control_after, control_before);
    assert_int_equal(flags & 0x400, 0);
    reset();
}

/* --- values across the gate --- */

static void all_kinds_of_arguments_and_results_cross_the_gate(void **state)
{
    (void)state;
    struct pair {
        long integer;
        double floating;
    } pair = {0, 0};
    struct og_scope scope;
    double mixed = 0;
    long double extended = 0;
    og_scope_begin(domain, &scope);
    assert_int_equal(
        CALL(scope, boxed("return_pair"), pair = AS(struct pair(*)(long, double))(41, 1.5)), OG_OK);
    assert_int_equal(pair.integer, 42);
    assert_true(pair.floating == 3.0);
    assert_int_equal(CALL(scope, boxed("mix"),
                          mixed = AS(double (*)(int, double, long, float, double))(1, 2, 3, 4, 5)),
                     OG_OK);
    assert_true(mixed == 54321.0);
    assert_int_equal(
        CALL(scope, boxed("return_long_double"), extended = AS(long double (*)(double))(2.5)),
        OG_OK);
    assert_true(extended == 10.0L);

    struct og_function sum = boxed("sum_25");
    long total = 0;
    assert_int_equal(og_function_stack(&sum, 19 * sizeof(long), &fault), OG_OK);
    assert_int_equal(
        CALL(scope, sum,
             total = AS(long (*)(long, long, long, long, long, long, long, long, long, long, long,
                                 long, long, long, long, long, long, long, long, long, long, long,
                                 long, long, long))(1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14,
                                                    15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25)),
        OG_OK);
    assert_int_equal(total, 5525);

    /* A variadic function of the domain's own libc. */
    char og_mut *text = og_alloc(&scope, char, 64, &fault);
    char og_mut *format = og_alloc(&scope, char, 16, &fault);
    assert_int_equal(og_write_array(&scope.access, format, "%d %.1f", 8, &fault), OG_OK);
    int written = 0;
    assert_int_equal(CALL(scope, boxed("sprintf"),
                          written = AS(int (*)(char *, const char *, ...))(
                              og_pass(text), og_pass(format), 12, 3.5)),
                     OG_OK);
    assert_int_equal(written, 6);
    char copy[7] = "";
    assert_int_equal(og_read_array(&scope.access, text, copy, 6, &fault), OG_OK);
    assert_string_equal(copy, "12 3.5");
    og_scope_end(&scope);
}

/* --- faults --- */

static void every_way_to_fail_ends_the_call_and_not_the_host(void **state)
{
    (void)state;
    static const struct {
        const char *function;
        long a, b;
        int signal;
        const char *message;
    } ways[] = {
        {"read_word", 0, 0, SIGSEGV, ""},
        {"read_word", (long)0x8000000000000000, 0, SIGSEGV, ""},
        {"overflow_stack", 0, 0, SIGSEGV, "the foreign stack overflowed"},
        {"call_abort", 0, 0, SIGABRT, "the foreign code called abort"},
        {"call_exit", 0, 0, 0, "the foreign code called exit"},
        {"divide", 1, 0, SIGFPE, ""},
        {"execute_nothing", 0, 0, SIGILL, ""},
        {"hit_breakpoint", 0, 0, SIGTRAP, ""},
        {"call_address", 0x1234, 0, SIGSEGV, ""},
    };
    for (size_t i = 0; i < sizeof(ways) / sizeof(ways[0]); i++) {
        enum og_error error = call_words(ways[i].function, NULL, ways[i].a, ways[i].b, 0, 0);
        if (error != OG_FAULTED)
            print_message("%s: %s\n", ways[i].function, fault.message);
        assert_int_equal(error, OG_FAULTED);
        assert_int_equal(fault.signal, ways[i].signal);
        if (ways[i].message[0])
            assert_string_equal(fault.message, ways[i].message);
        assert_works_after_reset();
    }
}

static void an_endless_loop_ends_at_the_deadline(void **state)
{
    (void)state;
    assert_int_equal(call_words("loop_forever", NULL, 0, 0, 0, 0), OG_DEADLINE);
    assert_works_after_reset();
}

static void an_exhausted_heap_is_null_inside(void **state)
{
    (void)state;
    long blocks = 0;
    assert_int_equal(call_words("exhaust_heap", &blocks, 0, 0, 0, 0), OG_OK);
    assert_true(blocks >= 60 && blocks < 130);
    assert_works_after_reset();
}

static void reset_brings_back_data_and_heap(void **state)
{
    (void)state;
    long result;
    for (int i = 0; i < 50; i++) {
        assert_int_equal(call_words("count_up", &result, 0, 0, 0, 0), OG_OK);
        assert_int_equal(result, 101);
        assert_int_equal(call_words("count_per_thread", &result, 0, 0, 0, 0), OG_OK);
        assert_int_equal(result, 6);
        reset();
    }
}

/* --- callbacks --- */

static long callback_calls;

static void multiply(void *user, struct og_scope *scope, const struct og_arguments *arguments,
                     struct og_result *result)
{
    (void)scope;
    callback_calls++;
    result->integer = arguments->integers[0] * arguments->integers[1] + (uintptr_t)user +
                      (uintptr_t)arguments->floats[0];
}

static void call_again(void *user, struct og_scope *scope, const struct og_arguments *arguments,
                       struct og_result *result) OG_REQUIRES(scope->access);
static void call_again(void *user, struct og_scope *scope, const struct og_arguments *arguments,
                       struct og_result *result)
{
    struct og_callback *inner = user;
    long value = 0;
    if (CALL(*scope, boxed("call_back"),
             value = AS(long (*)(uintptr_t, long, long, double))(
                 inner->address, (long)arguments->integers[0], 2, 0.5)) == OG_OK)
        result->integer = (uintptr_t)value + 1;
}

static void fault_inside(void *user, struct og_scope *scope, const struct og_arguments *arguments,
                         struct og_result *result) OG_REQUIRES(scope->access);
static void fault_inside(void *user, struct og_scope *scope, const struct og_arguments *arguments,
                         struct og_result *result)
{
    (void)user;
    (void)arguments;
    result->integer =
        CALL(*scope, boxed("execute_nothing"), AS(void (*)(void))()) == OG_FAULTED ? 1 : 0;
}

static void callbacks_reach_the_host_and_nest(void **state)
{
    (void)state;
    struct og_callback simple, nested;
    struct og_scope scope;
    long value = 0;
    assert_int_equal(og_callback_open(domain, &simple, multiply, (void *)1000, &fault), OG_OK);
    assert_int_equal(og_callback_open(domain, &nested, call_again, &simple, &fault), OG_OK);
    og_scope_begin(domain, &scope);
    for (int i = 0; i < 100; i++) {
        assert_int_equal(
            CALL(scope, boxed("call_back"),
                 value = AS(long (*)(uintptr_t, long, long, double))(simple.address, 6, 7, 3.0)),
            OG_OK);
        assert_int_equal(value, 1045);
        assert_int_equal(
            CALL(scope, boxed("call_back"),
                 value = AS(long (*)(uintptr_t, long, long, double))(nested.address, 6, 7, 3.0)),
            OG_OK);
        assert_int_equal(value, 1013);
    }
    og_scope_end(&scope);
    og_callback_close(&nested);
    og_callback_close(&simple);
    assert_int_equal(callback_calls, 200);
}

static void a_closed_callback_is_a_fault(void **state)
{
    (void)state;
    struct og_callback simple;
    assert_int_equal(og_callback_open(domain, &simple, multiply, NULL, &fault), OG_OK);
    long address = (long)simple.address;
    og_callback_close(&simple);
    assert_int_equal(call_words("call_address", NULL, address, 0, 0, 0), OG_FAULTED);
    assert_works_after_reset();
}

static void a_fault_in_a_nested_call_ends_the_outer_call_too(void **state)
{
    (void)state;
    struct og_callback callback;
    assert_int_equal(og_callback_open(domain, &callback, fault_inside, NULL, &fault), OG_OK);
    assert_int_equal(call_words("call_back", NULL, (long)callback.address, 1, 2, 0), OG_FAULTED);
    og_callback_close(&callback);
    assert_works_after_reset();
}

/* --- threads --- */

static void *count_in_thread(void *memory)
{
    long *bad = memory;
    for (long i = 1; i <= 200; i++) {
        long value = 0;
        struct og_scope scope;
        og_scope_begin(domain, &scope);
        if (CALL(scope, boxed("count_per_thread"), value = AS(words *)(0, 0, 0, 0)) != OG_OK ||
            value != 5 + i)
            ++*bad;
        og_scope_end(&scope);
    }
    return NULL;
}

static void threads_have_stacks_and_thread_variables_of_their_own(void **state)
{
    (void)state;
    pthread_t threads[8];
    long bad[8] = {0};
    for (int round = 0; round < 3; round++) {
        for (int i = 0; i < 8; i++)
            assert_int_equal(pthread_create(&threads[i], NULL, count_in_thread, &bad[i]), 0);
        for (int i = 0; i < 8; i++) {
            assert_int_equal(pthread_join(threads[i], NULL), 0);
            assert_int_equal(bad[i], 0);
        }
        reset();
    }
}

/* --- signals --- */

static volatile sig_atomic_t ticks;

static void tick(int signal)
{
    (void)signal;
    if (getppid() >= 0)
        ticks++;
}

static void the_hosts_signal_handlers_run_while_foreign_code_does(void **state)
{
    (void)state;
    struct sigaction action = {.sa_handler = tick}, before;
    struct itimerval timer = {{0, 1000}, {0, 1000}}, off = {{0, 0}, {0, 0}};
    struct og_function count = boxed("count_up");
    long value = 0, calls = 0;
    assert_int_equal(sigaction(SIGALRM, &action, &before), 0);
    assert_int_equal(og_mpk_signal_adopt(SIGALRM, &fault), OG_OK);
    ticks = 0;
    assert_int_equal(setitimer(ITIMER_REAL, &timer, NULL), 0);
    struct og_scope scope;
    og_scope_begin(domain, &scope);
    while (ticks < 500 && calls < 5000000) {
        enum og_error error = CALL(scope, count, value = AS(words *)(0, 0, 0, 0));
        calls++;
        assert_int_equal(error, OG_OK);
        assert_int_equal(value, 100 + calls);
    }
    og_scope_end(&scope);
    assert_int_equal(setitimer(ITIMER_REAL, &off, NULL), 0);
    assert_true(ticks >= 500);
    reset();
}

static void a_child_of_fork_has_working_and_closed_domains(void **state)
{
    (void)state;
    long result;
    assert_int_equal(call_words("count_up", &result, 0, 0, 0, 0), OG_OK);
    assert_int_equal(call_words("system_call", &result, SYS_getppid, 0, 0, 0), OG_OK);
    assert_int_equal(call_words("read_word", NULL, (long)&secret, 0, 0, 0), OG_FAULTED);
    reset();
    (void)boxed("loop_forever"); /* the child can look up no function that the parent has not */
    pid_t child = fork();
    if (child == 0) {
        int bad = call_words("count_up", &result, 0, 0, 0, 0) != OG_OK || result != 101;
        bad |=
            (call_words("system_call", &result, SYS_getppid, 0, 0, 0) != OG_OK || result != -EPERM)
            << 1;
        bad |= (call_words("read_word", NULL, (long)&secret, 0, 0, 0) != OG_FAULTED) << 2;
        bad |= (og_domain_reset(domain, &fault) != OG_OK) << 3;
        bad |= (call_words("loop_forever", NULL, 0, 0, 0, 0) != OG_DEADLINE) << 4;
        _exit(bad);
    }
    int status = -1;
    assert_true(child > 0);
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), 0);
    assert_works_after_reset();
}

/* --- many --- */

static void a_thousand_resets_and_many_domains_leak_nothing(void **state)
{
    (void)state;
    struct og_domain *domains[16];
    int count = 0;
    const struct og_options options = {.isolation = OG_MPK};
    for (int i = 0; i < 1000; i++)
        reset();
    for (int round = 0; round < 3; round++) {
        enum og_error error = OG_OK;
        for (count = 0; count < 16 && !error; count++)
            error = og_domain_open(&domains[count], (const char *const[]){library, NULL}, &options,
                                   &fault);
        /* One is open already, of 14. */
        assert_int_equal(error, OG_NO_MEMORY);
        assert_int_equal(count - 1, 13);
        for (int i = 0; i < count - 1; i++)
            assert_int_equal(og_domain_close(domains[i], &fault), OG_OK);
    }
}

static void bad_libraries_are_named_and_leave_no_domain(void **state)
{
    (void)state;
    struct og_domain *other;
    const struct og_options options = {.isolation = OG_MPK};
    take_signals_back();
    assert_int_equal(
        og_domain_open(&other, (const char *const[]){"libnone.so.9", NULL}, &options, &fault),
        OG_NOT_FOUND);
    assert_null(other);
    assert_string_equal(fault.symbol, "libnone.so.9");
    FILE *file = fopen("/tmp/libdamaged.so", "w");
    fwrite("\x7f"
           "ELF damaged",
           1, 12, file);
    fclose(file);
    assert_int_equal(
        og_domain_open(&other, (const char *const[]){"/tmp/libdamaged.so", NULL}, &options, &fault),
        OG_NOT_FOUND);
    assert_null(other);
}

static void a_library_with_a_forbidden_instruction_is_refused(void **state)
{
    (void)state;
    struct og_domain *other;
    const struct og_options options = {.isolation = OG_MPK};
    take_signals_back();
    char path[4200];
    snprintf(path, sizeof(path), "%s", library);
    memcpy(strrchr(path, '/'), "/libogforbidden.so", 19);
    assert_int_equal(og_domain_open(&other, (const char *const[]){path, NULL}, &options, &fault),
                     OG_FORBIDDEN);
    assert_string_equal(fault.message, "WRPKRU");
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reading_host_memory_is_a_fault),
        cmocka_unit_test(writing_host_memory_is_a_fault),
        cmocka_unit_test(another_domains_memory_is_out_of_reach),
        cmocka_unit_test(a_poisoned_domain_is_not_entered),
        cmocka_unit_test(system_calls_of_the_library_are_refused),
        cmocka_unit_test(the_hosts_own_system_call_instructions_are_trapped),
        cmocka_unit_test(host_memory_cannot_be_mapped_over_or_protected),
        cmocka_unit_test(files_are_refused_but_for_those_that_are_granted),
        cmocka_unit_test(every_wrpkru_of_the_gate_is_followed_by_a_check),
        cmocka_unit_test(the_gate_can_be_jumped_into_anywhere),
        cmocka_unit_test(the_hosts_pkey_set_opens_nothing),
        cmocka_unit_test(a_null_gs_base_is_a_fault_and_is_put_back),
        cmocka_unit_test(the_selector_cannot_be_written),
        cmocka_unit_test(no_register_holds_a_host_value),
        cmocka_unit_test(registers_flags_and_control_words_survive_a_mess),
        cmocka_unit_test(all_kinds_of_arguments_and_results_cross_the_gate),
        cmocka_unit_test(every_way_to_fail_ends_the_call_and_not_the_host),
        cmocka_unit_test(an_endless_loop_ends_at_the_deadline),
        cmocka_unit_test(an_exhausted_heap_is_null_inside),
        cmocka_unit_test(reset_brings_back_data_and_heap),
        cmocka_unit_test(callbacks_reach_the_host_and_nest),
        cmocka_unit_test(a_closed_callback_is_a_fault),
        cmocka_unit_test(a_fault_in_a_nested_call_ends_the_outer_call_too),
        cmocka_unit_test(threads_have_stacks_and_thread_variables_of_their_own),
        cmocka_unit_test(the_hosts_signal_handlers_run_while_foreign_code_does),
        cmocka_unit_test(a_child_of_fork_has_working_and_closed_domains),
        cmocka_unit_test(a_thousand_resets_and_many_domains_leak_nothing),
        cmocka_unit_test(bad_libraries_are_named_and_leave_no_domain),
        cmocka_unit_test(a_library_with_a_forbidden_instruction_is_refused),
    };
    setvbuf(stdout, NULL, _IONBF, 0);
    if (argc < 2) {
        fprintf(stderr, "usage: mpk-domain FOLDER-OF-libogattack.so\n");
        return 2;
    }
    snprintf(library, sizeof(library), "%s/libogattack.so", argv[1]);
    raw = dlopen(library, RTLD_NOW | RTLD_LOCAL);
    if (!raw) {
        fprintf(stderr, "mpk-domain: %s\n", dlerror());
        return 2;
    }
    if (argc > 2)
        cmocka_set_test_filter(argv[2]);
    return cmocka_run_group_tests(tests, open_domain, close_domain);
}
