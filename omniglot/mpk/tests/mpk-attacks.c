/* The MPK runtime, attacked: each test holds the attack, shows that it succeeds on a library
 * loaded as it is (raw), and that it does not in a domain. */
#include "mpk-kernel.h"
#include "mpk-test.h"
#include "omniglot/mpk/layout.h"

#include <dlfcn.h>
#include <errno.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

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
        SYS_socket,      SYS_execve,           SYS_ptrace,         SYS_prctl,
        SYS_personality, SYS_process_vm_readv, SYS_io_uring_setup, SYS_pkey_mprotect,
        SYS_pkey_alloc,  SYS_pkey_free,        SYS_sigaltstack,    SYS_rt_sigreturn,
        SYS_shmat,       SYS_seccomp,          SYS_userfaultfd,    SYS_modify_ldt};
    long result;
    assert_int_equal(((words *)raw_function("system_call"))(SYS_getppid, 0, 0, 0), getppid());
    assert_int_equal(call_words("system_call", &result, SYS_getppid, 0, 0, 0), OG_OK);
    assert_int_equal(result, -EPERM);
    for (size_t i = 0; i < sizeof(refused) / sizeof(refused[0]); i++) {
        assert_int_equal(call_words("system_call", &result, refused[i], 0, 0, 0), OG_OK);
        assert_int_equal(result, -EPERM);
    }
    /* As pthread_create says that there can be no more threads, and fork no more processes. */
    assert_int_equal(call_words("system_call", &result, SYS_clone3, 0, 0, 0), OG_OK);
    assert_int_equal(result, -ENOSYS);
    static const long makers[] = {SYS_clone, SYS_fork, SYS_vfork};
    for (size_t i = 0; i < sizeof(makers) / sizeof(makers[0]); i++) {
        assert_int_equal(call_words("system_call", &result, makers[i], 0, 0, 0), OG_OK);
        assert_int_equal(result, -EAGAIN);
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

static void system_calls_of_32_bits_are_refused(void **state)
{
    (void)state;
    enum { GETPPID_OF_32_BITS = 64 };
    long result = 0;
    assert_int_equal(((words *)raw_function("system_call_of_32_bits"))(GETPPID_OF_32_BITS, 0, 0, 0),
                     getppid());
    assert_int_equal(call_words("system_call_of_32_bits", &result, GETPPID_OF_32_BITS, 0, 0, 0),
                     OG_OK);
    assert_int_not_equal(result, getppid());
    assert_true(result < 0);
    assert_works_after_reset();
}

/* --- the gate --- */

extern const unsigned char og_mpk_gate_start[], og_mpk_gate_end[], og_mpk_gate_return[];

static void every_change_of_rights_in_the_gate_is_followed_by_a_check(void **state)
{
    (void)state;
    int found = 0;
    for (const unsigned char *at = og_mpk_gate_start; at + 3 <= og_mpk_gate_end; at++) {
        if (!changes_rights(at))
            continue;
        found++;
        /* With all rights asked for, no register that is the domain's choice helps. */
        long result;
        enum og_error error = call_words("jump_with_rights", NULL, (long)at,
                                         asks_for_all_rights(at), (long)&secret, 0);
        /* The gate's return is a legitimate way home; all others end in a fault. */
        assert_true(error == OG_FAULTED || error == OG_OK);
        reset();
        assert_int_equal(call_words("read_rights", &result, 0, 0, 0, 0), OG_OK);
        assert_int_equal(result & 3, 3);
        assert_int_equal(call_words("read_word", NULL, (long)&secret, 0, 0, 0), OG_FAULTED);
        reset();
    }
    assert_int_equal(found, 10);
    assert_works_after_reset();
}

/* Every fifth byte, or with OG_STRESS set each. */
static void the_gate_can_be_jumped_into_anywhere(void **state)
{
    (void)state;
    for (const unsigned char *at = og_mpk_gate_start; at < og_mpk_gate_end;
         at += getenv("OG_STRESS") ? 1 : 5) {
        /* What fills the gate's pages is each byte like the other. */
        if (may_be_far_return(at) || is_filler(at))
            continue;
        enum og_error error =
            call_words("jump_with_rights", NULL, (long)at, 0, (long)&secret, (long)at);
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

/* A call in the host's code that holds a WRPKRU still calls, and holds none. */
static void the_hosts_unlucky_calls_are_redirected(void **state)
{
    (void)state;
    char path[sizeof(library)];
    beside_library(path, "libogunlucky.so");
    void *handle = dlopen(path, RTLD_NOW);
    assert_non_null(handle);
    words *unlucky = (words *)dlsym(handle, "unlucky");
    const unsigned char *wrpkru = (const unsigned char *)unlucky + 5;
    assert_non_null(unlucky);
    assert_memory_equal(wrpkru, "\x0f\x01\xef", 3);
    assert_int_equal(unlucky(41, 0, 0, 0), 42);
    assert_int_equal(og_domain_close(open_another(NULL, NULL), &fault), OG_OK);
    assert_memory_not_equal(wrpkru, "\x0f\x01\xef", 3);
    assert_int_equal(unlucky(41, 0, 0, 0), 42);
    assert_int_equal(call_words("jump_with_rights", NULL, (long)wrpkru, 0, (long)&secret, 0),
                     OG_FAULTED);
    assert_works_after_reset();
}

/* Bytes that are no call stay as they are, and the host without domains. */
static void what_looks_like_an_unlucky_call_is_refused(void **state)
{
    (void)state;
    struct og_domain *other;
    const struct og_options options = {.isolation = OG_MPK};
    char path[sizeof(library)];
    beside_library(path, "libogforbidden.so");
    void *handle = dlopen(path, RTLD_NOW);
    assert_non_null(handle);
    assert_int_equal(og_domain_open(&other, (const char *const[]){library, NULL}, &options, &fault),
                     OG_FORBIDDEN);
    assert_null(other);
    assert_non_null(strstr(fault.symbol, "libogforbidden.so"));
    dlclose(handle);
    assert_int_equal(og_domain_close(open_another(NULL, NULL), &fault), OG_OK);
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
    assert_int_equal(call_words("write_word", NULL, (long)(gs + MPK_GS + MPK_SELECTOR), 0, 0, 0),
                     OG_FAULTED);
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

enum { INTEGERS = 6, FLOATS = 8 };

/* Calls with something in every register that can hold an argument, and on the stack. */
static void call_full(void (*entry)(void))
{
    typedef void full(long, long, long, long, long, long, long, double, double, double, double,
                      double, double, double, double);
    ((full *)entry)(1, 2, 3, 4, 5, 6, 7, 1, 2, 3, 4, 5, 6, 7, 8);
}

/* Are the first `integers` and `floats` what call_full has passed, and all others clear? */
static bool registers_are(const uint64_t *found, size_t integers, size_t floats)
{
    bool as_due = true;
    for (size_t i = 0; i < INTEGERS; i++)
        as_due = as_due && found[i] == (i < integers ? i + 1 : 0);
    for (size_t i = 0; i < FLOATS; i++) {
        double passed = (double)i + 1;
        uint64_t bits[2] = {0, 0};
        memcpy(bits, &passed, i < floats ? sizeof(passed) : 0);
        as_due = as_due && !memcmp(found + INTEGERS + 2 * i, bits, i < floats ? 8 : 16);
    }
    return as_due;
}

static void what_a_function_does_not_take_is_cleared(void **state)
{
    (void)state;
    struct og_parameter parameters[INTEGERS + 1 + FLOATS];
    const struct og_parameter integer = OG_PARAMETER(long), floating = OG_PARAMETER(double);
    void og_foreign *data;
    struct og_scope scope;
    assert_int_equal(og_domain_lookup_data(domain, "registers_found", &data, &fault), OG_OK);
    const uint64_t *found = (const uint64_t *)og_foreign_address(data);
    void *raw = raw_function("registers_found");
    call_full((void (*)(void))raw_function("keep_registers"));
    assert_true(registers_are(raw, INTEGERS, FLOATS));
    og_scope_begin(domain, &scope);
    /* One integer more than there are registers: it is on the stack. */
    for (size_t integers = 0; integers <= INTEGERS + 1; integers++)
        for (size_t floats = 0; floats <= FLOATS; floats++) {
            struct og_function function = boxed("keep_registers");
            for (size_t i = 0; i < integers + floats; i++)
                parameters[i] = i < integers ? integer : floating;
            assert_int_equal(og_function_takes(&function, parameters, integers + floats, &fault),
                             OG_OK);
            assert_int_equal(CALL(scope, function, call_full(called.entry)), OG_OK);
            assert_true(registers_are(found, integers, floats));
        }
    og_scope_end(&scope);
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

static void no_upper_half_holds_a_host_value(void **state)
{
    (void)state;
    struct og_scope scope;
    long seen[2] = {0, 0};
    void *raw_entry = raw_function("look_at_upper_halves");
    og_scope_begin(domain, &scope);
    assert_int_equal(CALL(
                         scope, boxed("look_at_upper_halves"),
                         for (int i = 0; i < 2; i++) {
                             __asm__ volatile("mov $0x5ec2e7, %%eax\n\tvmovq %%rax, %%xmm3\n\t"
                                              "vinsertf128 $1, %%xmm3, %%ymm3, %%ymm3\n\t"
                                              "vmovaps %%ymm3, %%ymm11\n\tcall *%1"
                                              : "=a"(seen[i])
                                              : "r"(i ? called.entry : (void (*)(void))raw_entry)
                                              : "rdi", "rcx", "rdx", "rsi", "r8", "r9", "r10",
                                                "r11", "xmm0", "xmm3", "xmm11", "memory", "cc");
                         }),
                     OG_OK);
    og_scope_end(&scope);
    assert_int_equal(seen[0], 0x5ec2e7);
    assert_int_equal(seen[1], 0);
}

/* The x87 unit's tag word: 0xffff when its stack is empty. What is there when the host loads eight
 * values more is lost to them (QEMU does not emulate that, so the tags are looked at). */
static unsigned x87_tags(void)
{
    struct {
        uint32_t control, status, tags, others[4];
    } environment;
    __asm__ volatile("fnstenv %0\n\tfldenv %0" : "+m"(environment));
    return environment.tags & 0xffff;
}

static void the_x87_unit_is_empty_after_a_call(void **state)
{
    (void)state;
    ((words *)raw_function("fill_x87_stack"))(0, 0, 0, 0);
    assert_int_equal(x87_tags(), 0);
    __asm__ volatile("fninit");
    assert_int_equal(call_words("fill_x87_stack", NULL, 0, 0, 0, 0), OG_OK);
    assert_int_equal(x87_tags(), 0xffff);
    reset();
}

/* Where it were not, what foreign code computes there would come to nothing. */
static void the_x87_stack_is_empty_in_a_call(void **state)
{
    (void)state;
    long tags = 0;
    assert_int_equal(call_words("x87_tags", &tags, 0, 0, 0, 0), OG_OK);
    assert_int_equal(tags, 0xffff);
}

static void fill_x87_and_return(void *user, struct og_scope *scope,
                                const struct og_arguments *arguments, struct og_result *result)
{
    (void)scope, (void)arguments;
    *(bool *)user = x87_tags() == 0xffff;
    result->integer = 0;
}

static void the_x87_unit_is_empty_in_a_callback(void **state)
{
    (void)state;
    struct og_callback callback;
    bool right = false;
    assert_int_equal(og_callback_open(domain, &callback, fill_x87_and_return, &right, &fault),
                     OG_OK);
    assert_int_equal(call_words("call_back_with_full_x87", NULL, (long)callback.address, 0, 0, 0),
                     OG_OK);
    assert_true(right);
    og_callback_close(&callback);
    reset();
}

/* Leaves a secret in every register of the unit, and its stack empty. */
static void compute_in_x87(void)
{
    uint64_t value = 0x5ec2e7;
    __asm__ volatile(".irp number,0,1,2,3,4,5,6,7\n\tmovq %0, %%mm\\number\n\t.endr\n\temms"
                     :
                     : "m"(value)
                     : "mm0", "mm1", "mm2", "mm3", "mm4", "mm5", "mm6", "mm7");
}

static void the_x87_registers_hold_nothing_of_the_hosts(void **state)
{
    (void)state;
    uint64_t seen = 0;
    compute_in_x87();
    assert_int_equal(((words *)raw_function("look_at_x87"))(0, 0, 0, 0), 0x5ec2e7);
    struct og_scope scope;
    og_scope_begin(domain, &scope);
    assert_int_equal(CALL(scope, boxed("look_at_x87"),
                          {
                              compute_in_x87();
                              seen = ((uint64_t(*)(void))called.entry)();
                          }),
                     OG_OK);
    og_scope_end(&scope);
    assert_int_equal(seen, 0);
}

static void compute_and_return(void *user, struct og_scope *scope,
                               const struct og_arguments *arguments, struct og_result *result)
{
    (void)user, (void)scope, (void)arguments;
    result->integer = 0;
    compute_in_x87();
}

static void the_x87_registers_hold_nothing_of_the_hosts_after_a_callback(void **state)
{
    (void)state;
    struct og_callback callback;
    long seen = -1;
    assert_int_equal(og_callback_open(domain, &callback, compute_and_return, NULL, &fault), OG_OK);
    assert_int_equal(
        call_words("look_at_x87_after_callback", &seen, (long)callback.address, 0, 0, 0), OG_OK);
    assert_int_equal(seen, 0);
    og_callback_close(&callback);
}

/* The x87 unit notes where its last instruction was, and where that one's operand. */
enum { INSTRUCTION = 3, OPERAND = 5 };
static long double datum_of_x87 = 3;

static __attribute__((noinline)) void use_x87(void)
{
    __asm__ volatile("fldt %0\n\tfstp %%st(0)" : : "m"(datum_of_x87));
}

static void use_and_return(void *user, struct og_scope *scope, const struct og_arguments *arguments,
                           struct og_result *result)
{
    (void)user, (void)scope, (void)arguments;
    result->integer = 0;
    use_x87();
}

/* The lower 32 bits of where use_x87 has its instructions and their operand. What is noted may be
 * the gate's, nothing, or the kernel's, which puts its own there when another thread has had the
 * processor (X86_BUG_FXSAVE_LEAK: processors of AMD's do not save what an instruction noted). */
static bool is_hosts(long seen)
{
    uint32_t after = (uint32_t)seen - (uint32_t)(uintptr_t)use_x87;
    uint32_t inside = (uint32_t)seen - (uint32_t)(uintptr_t)&datum_of_x87;
    return after < 64 || inside < sizeof(datum_of_x87);
}

/* At the first time, unless another thread has the processor between the two. */
static bool raw_is_told(long word)
{
    words *environment = (words *)raw_function("x87_environment");
    bool told = false;
    for (int i = 0; i < 1000 && !told; i++) {
        use_x87();
        told = is_hosts(environment(word, 0, 0, 0));
    }
    return told;
}

static void the_x87_unit_does_not_tell_where_the_host_is(void **state)
{
    (void)state;
    struct og_callback callback;
    assert_int_equal(og_callback_open(domain, &callback, use_and_return, NULL, &fault), OG_OK);
    for (long word = INSTRUCTION; word <= OPERAND; word += OPERAND - INSTRUCTION) {
        assert_true(raw_is_told(word));
        long seen = -1;
        use_x87();
        assert_int_equal(call_words("x87_environment", &seen, word, 0, 0, 0), OG_OK);
        assert_false(is_hosts(seen));
        seen = -1;
        assert_int_equal(
            call_words("x87_environment_after_callback", &seen, (long)callback.address, word, 0, 0),
            OG_OK);
        assert_false(is_hosts(seen));
    }
    og_callback_close(&callback);
}

struct control {
    uint32_t mxcsr;
    uint16_t x87;
    uint64_t flags;
};

static void read_control(struct control *control)
{
    __asm__ volatile("stmxcsr %0\n\tfnstcw %1\n\tpushf\n\tpop %2"
                     : "=m"(control->mxcsr), "=m"(control->x87), "=r"(control->flags));
}

static void note_control(void *user, struct og_scope *scope, const struct og_arguments *arguments,
                         struct og_result *result)
{
    (void)scope, (void)arguments;
    read_control(user);
    __asm__ volatile("vmovq %0, %%xmm9\n\tvinsertf128 $1, %%xmm9, %%ymm9, %%ymm9"
                     :
                     : "r"(secret)
                     : "xmm9");
    result->integer = 0;
}

/* A host that has chosen others than a new process has. */
static void control_words_are_the_hosts_in_a_callback_and_after_a_call(void **state)
{
    (void)state;
    const uint32_t mxcsr = 0x3f80;
    const uint16_t x87 = 0x027f;
    struct og_callback callback;
    struct control inside = {0}, after;
    assert_int_equal(og_callback_open(domain, &callback, note_control, &inside, &fault), OG_OK);
    __asm__ volatile("ldmxcsr %0\n\tfldcw %1" : : "m"(mxcsr), "m"(x87));
    enum og_error error = call_words("call_back_in_a_mess", NULL, (long)callback.address, 0, 0, 0);
    read_control(&after);
    const uint32_t usual_mxcsr = 0x1f80;
    __asm__ volatile("ldmxcsr %0\n\tfninit" : : "m"(usual_mxcsr));
    assert_int_equal(error, OG_OK);
    assert_int_equal(inside.mxcsr, mxcsr);
    assert_int_equal(inside.x87, x87);
    assert_int_equal(inside.flags & 0x400, 0);
    assert_int_equal(after.mxcsr, mxcsr);
    assert_int_equal(after.x87, x87);
    og_callback_close(&callback);
    reset();
}

static void no_register_holds_a_host_value_after_a_callback(void **state)
{
    (void)state;
    struct og_callback callback;
    struct control unused;
    long seen = -1;
    assert_int_equal(og_callback_open(domain, &callback, note_control, &unused, &fault), OG_OK);
    assert_int_equal(call_words("look_after_callback", &seen, (long)callback.address, 0, 0, 0),
                     OG_OK);
    assert_int_equal(seen, 0);
    og_callback_close(&callback);
    reset();
}

static void a_pending_x87_exception_is_not_the_hosts(void **state)
{
    (void)state;
    uint16_t status;
    ((words *)raw_function("leave_x87_exception"))(0, 0, 0, 0);
    __asm__ volatile("fnstsw %0\n\tfnclex\n\tfninit" : "=m"(status));
    assert_int_equal(status & 0x80, 0x80);
    assert_int_equal(call_words("leave_x87_exception", NULL, 0, 0, 0, 0), OG_OK);
    __asm__ volatile("fnstsw %0" : "=m"(status));
    assert_int_equal(status & 0xff, 0);
    /* The same with a result, which the gate keeps. */
    struct og_function function = boxed("leave_x87_exception");
    struct og_scope scope;
    long double result = 0;
    assert_int_equal(og_function_x87(&function, 1, &fault), OG_OK);
    og_scope_begin(domain, &scope);
    assert_int_equal(CALL(scope, function, result = AS(long double (*)(void))()), OG_OK);
    og_scope_end(&scope);
    (void)result;
    __asm__ volatile("fnstsw %0" : "=m"(status));
    assert_int_equal(status & 0xff, 0);
    reset();
}

static void single_steps_end_the_call_before_the_gate_opens(void **state)
{
    (void)state;
    assert_int_equal(call_words("step_into", NULL, (long)og_mpk_gate_return, 0, 0, 0), OG_FAULTED);
    assert_int_equal(fault.signal, SIGTRAP);
    assert_works_after_reset();
}

/* --- the signal stack --- */

static volatile sig_atomic_t handled;

static void count_signal(int signal)
{
    (void)signal;
    handled++;
}

/* The signal stack of the domain that was entered last is armed while the host runs, and before
 * Linux 6.12 the domain can read it. */
static void an_interrupted_hosts_registers_are_not_left_on_the_signal_stack(void **state)
{
    (void)state;
    struct sigaction action = {.sa_handler = count_signal}, before;
    stack_t stack;
    long found = 0, marker = 0x5ec2e7c0ffee1234;
    struct og_function find = boxed("find_word");
    assert_int_equal(sigaction(SIGUSR1, &action, &before), 0);
    assert_int_equal(og_mpk_signal_adopt(SIGUSR1, &fault), OG_OK);
    assert_int_equal(call_words("count_up", NULL, 0, 0, 0, 0), OG_OK);
    assert_int_equal(syscall(SYS_sigaltstack, NULL, &stack), 0); /* the kernel knows */
    assert_int_equal(stack.ss_flags & SS_DISABLE, 0);
    handled = 0;
    /* kill(getpid(), SIGUSR1) with the marker in a register. */
    long result;
    __asm__ volatile("mov %3, %%r12\n\tmovq %3, %%xmm9\n\tsyscall"
                     : "=a"(result)
                     : "a"(SYS_kill), "D"((long)getpid()), "r"(marker), "S"((long)SIGUSR1)
                     : "rcx", "r11", "r12", "xmm9", "memory");
    assert_int_equal(result, 0);
    assert_int_equal(handled, 1);
    struct og_scope scope;
    og_scope_begin(domain, &scope);
    enum og_error error = CALL(
        scope, find,
        found = AS(words *)((long)stack.ss_sp, (long)(stack.ss_size / sizeof(long)), marker, 0));
    og_scope_end(&scope);
    /* Where the kernel writes frames with all rights the domain cannot even look. */
    assert_int_equal(error, kernel_writes_frames_with_all_rights() ? OG_FAULTED : OG_OK);
    if (!error)
        assert_int_equal(found, -1);
    assert_int_equal(sigaction(SIGUSR1, &before, NULL), 0);
    assert_works_after_reset();
}

int main(int argc, char **argv)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(reading_host_memory_is_a_fault),
        cmocka_unit_test(writing_host_memory_is_a_fault),
        cmocka_unit_test(another_domains_memory_is_out_of_reach),
        cmocka_unit_test(a_poisoned_domain_is_not_entered),
        cmocka_unit_test(system_calls_of_the_library_are_refused),
        cmocka_unit_test(the_hosts_own_system_call_instructions_are_trapped),
        cmocka_unit_test(host_memory_cannot_be_mapped_over_or_protected),
        cmocka_unit_test(files_are_refused_but_for_those_that_are_granted),
        cmocka_unit_test(every_change_of_rights_in_the_gate_is_followed_by_a_check),
        cmocka_unit_test(the_gate_can_be_jumped_into_anywhere),
        cmocka_unit_test(the_hosts_pkey_set_opens_nothing),
        cmocka_unit_test(the_hosts_unlucky_calls_are_redirected),
        cmocka_unit_test(what_looks_like_an_unlucky_call_is_refused),
        cmocka_unit_test(a_null_gs_base_is_a_fault_and_is_put_back),
        cmocka_unit_test(the_selector_cannot_be_written),
        cmocka_unit_test(no_register_holds_a_host_value),
        cmocka_unit_test(what_a_function_does_not_take_is_cleared),
        cmocka_unit_test(registers_flags_and_control_words_survive_a_mess),
        cmocka_unit_test(system_calls_of_32_bits_are_refused),
        cmocka_unit_test(no_upper_half_holds_a_host_value),
        cmocka_unit_test(the_x87_unit_is_empty_after_a_call),
        cmocka_unit_test(the_x87_stack_is_empty_in_a_call),
        cmocka_unit_test(the_x87_unit_is_empty_in_a_callback),
        cmocka_unit_test(control_words_are_the_hosts_in_a_callback_and_after_a_call),
        cmocka_unit_test(no_register_holds_a_host_value_after_a_callback),
        cmocka_unit_test(the_x87_registers_hold_nothing_of_the_hosts),
        cmocka_unit_test(the_x87_registers_hold_nothing_of_the_hosts_after_a_callback),
        cmocka_unit_test(the_x87_unit_does_not_tell_where_the_host_is),
        cmocka_unit_test(a_pending_x87_exception_is_not_the_hosts),
        cmocka_unit_test(single_steps_end_the_call_before_the_gate_opens),
        cmocka_unit_test(an_interrupted_hosts_registers_are_not_left_on_the_signal_stack),
    };
    return run_mpk_tests(argc, argv, tests, sizeof(tests) / sizeof(tests[0]));
}
