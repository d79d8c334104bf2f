/* The runtime over the PMP: calls with every class of argument and result, callbacks, nesting,
 * memory, reset, and two domains that switch. */
#include "omniglot/omniglot.h"
#include "omniglot/parameters.h"
#include "omniglot/pmp/pmp.h"
#include "omniglot/rv32/kernel.h"
#include "omniglot/rv32/tests/tap.h"
#include "probe.h"

#include <string.h>

#define P OG_PARAMETER

static struct og_domain *domain;
static struct og_fault fault;

static bool open_domain(void)
{
    const struct og_options options = {.isolation = OG_PMP};
    if (!og_domain_open(&domain, (const char *const[]){"libprobe.so", NULL}, &options, &fault))
        return true;
    printf("# %s: %s: %s\n", og_error_name(fault.error), fault.symbol, fault.message);
    return false;
}

static bool close_domain(void)
{
    return !og_domain_close(domain, &fault);
}

/* Defines `entry` as the probe's function of that name, and begins a scope. */
#define BEGIN(name)                                                                                \
    struct og_function function;                                                                   \
    struct og_scope scope;                                                                         \
    check(open_domain());                                                                          \
    check(!og_domain_lookup(domain, #name, &function, &fault));                                    \
    og_scope_begin(domain, &scope)
#define ENTRY(name) ((__typeof__(&name))function.entry)
#define END()                                                                                      \
    og_scope_end(&scope);                                                                          \
    check(close_domain())

static void words_arrive_in_registers_and_on_the_stack(void)
{
    BEGIN(probe_words);
    check(!og_function_stack(&function,
                             OG_STACK_BYTES(P(uint32_t), P(uint32_t), P(uint32_t), P(uint32_t),
                                            P(uint32_t), P(uint32_t), P(uint32_t), P(uint32_t),
                                            P(uint32_t), P(uint32_t)),
                             &fault));
    check(!og_invoke_begin(&scope.access, &function, &fault));
    uint32_t result = ENTRY(probe_words)(1, 2, 3, 4, 5, 6, 7, 8, 9, 10);
    check(!og_invoke_end(&scope.access, &fault));
    check(result == 385);
    END();
}

static void double_word_is_cut_between_register_and_stack(void)
{
    BEGIN(probe_cut);
    check(OG_STACK_BYTES(P(uint32_t), P(uint32_t), P(uint32_t), P(uint32_t), P(uint32_t),
                         P(uint32_t), P(uint32_t), P(uint64_t)) == 4);
    check(!og_function_stack(&function, 4, &fault));
    check(!og_invoke_begin(&scope.access, &function, &fault));
    uint64_t result = ENTRY(probe_cut)(1, 2, 3, 4, 5, 6, 7, 0x123456789abcdef0);
    check(!og_invoke_end(&scope.access, &fault));
    check(result == 0x123456789abcdef0 + 28);
    END();
}

static void doubles_arrive_and_return(void)
{
    BEGIN(probe_doubles);
    check(!og_function_stack(
        &function, OG_STACK_BYTES(P(double), P(float), P(double), P(double), P(double)), &fault));
    check(!og_invoke_begin(&scope.access, &function, &fault));
    double result = ENTRY(probe_doubles)(0.5, 1.25f, 3.75, 7.5, 11.25);
    check(!og_invoke_end(&scope.access, &fault));
    check(result == 0.5 + 2.5 + 11.25 + 30 + 56.25);
    END();
}

static void narrow_integers_are_extended(void)
{
    BEGIN(probe_narrow);
    check(!og_invoke_begin(&scope.access, &function, &fault));
    check(ENTRY(probe_narrow)(77) == -77);
    check(!og_invoke_end(&scope.access, &fault));
    END();
}

static void small_structs_return_in_registers(void)
{
    BEGIN(probe_returns_two);
    check(!OG_RETURNED_IN_MEMORY(struct probe_two) && OG_RETURNED_IN_MEMORY(struct probe_large));
    check(!og_invoke_begin(&scope.access, &function, &fault));
    struct probe_two two = ENTRY(probe_returns_two)(3, 9);
    check(!og_invoke_end(&scope.access, &fault));
    check(two.first == 9 && two.second == 3);
    END();
}

static void memory_of_a_scope_is_filled_inside(void)
{
    BEGIN(probe_fills);
    struct probe_large og_mut *large = og_alloc(&scope, struct probe_large, 1, &fault);
    check(large != NULL);
    check(!og_invoke_begin(&scope.access, &function, &fault));
    ENTRY(probe_fills)(og_pass(large), 100);
    check(!og_invoke_end(&scope.access, &fault));
    og_read_begin(&scope.access);
    const struct probe_large og_valid *valid = og_validate_array(&scope.access, large, 1, &fault);
    check(valid && og_value(&scope.access, valid).values[7] == 107);
    og_read_end(&scope.access);
    END();
}

static void host_memory_is_no_foreign_memory(void)
{
    BEGIN(probe_length);
    static char host[8] = "secret";
    char og_foreign *pointer = (char og_foreign *)host;
    check(!og_upgrade(&scope.access, pointer, 1, &fault) && fault.error == OG_OUT_OF_BOUNDS);
    check(!og_invoke_begin(&scope.access, &function, &fault));
    ENTRY(probe_length)(host);
    check(og_invoke_end(&scope.access, &fault) == OG_FAULTED);
    check(fault.address == (uintptr_t)host);
    END();
}

static void data_and_constants_of_the_library_upgrade(void)
{
    BEGIN(probe_nothing);
    void og_foreign *address;
    check(!og_domain_lookup_data(domain, "probe_data", &address, &fault));
    int og_mut *data = og_upgrade_mut(&scope.access, (int og_foreign *)address, 1, &fault);
    int value = 0;
    check(data && !og_read(&scope.access, data, &value, &fault) && value == 42);
    char og_foreign *code = (char og_foreign *)pmp_library_find("libprobe.so")->flash;
    check(og_upgrade(&scope.access, code, 1, &fault) != NULL);
    check(!og_upgrade_mut(&scope.access, code, 1, &fault));
    END();
}

static int count(struct og_function *function, struct og_scope *scope)
{
    int result = -1;
    if (!og_invoke_begin(&scope->access, function, &fault)) {
        result = ((__typeof__(&probe_count))function->entry)();
        if (og_invoke_end(&scope->access, &fault))
            result = -1;
    }
    return result;
}

static int read_int(struct og_scope *scope, const char *symbol)
{
    void og_foreign *address;
    int value = -1;
    if (og_domain_lookup_data(domain, symbol, &address, &fault) ||
        og_read(&scope->access, og_upgrade(&scope->access, (int og_foreign *)address, 1, &fault),
                &value, &fault))
        return -1;
    return value;
}

static void reset_puts_back_what_was_loaded(void)
{
    BEGIN(probe_count);
    check(count(&function, &scope) == 1 && count(&function, &scope) == 2);
    check(read_int(&scope, "probe_data") == 44 && read_int(&scope, "probe_constructed") == 1);
    check(og_domain_reset(domain, &fault) == OG_BUSY);
    og_scope_end(&scope);
    check(!og_domain_reset(domain, &fault));
    og_scope_begin(domain, &scope);
    check(read_int(&scope, "probe_data") == 42 && read_int(&scope, "probe_constructed") == 1);
    check(count(&function, &scope) == 1);
    END();
}

static void heap_that_is_used_up_is_null_inside_and_an_error_outside(void)
{
    BEGIN(probe_allocate);
    check(og_heap_alloc(&scope.access, char, 1 << 20, &fault) == NULL);
    check(fault.error == OG_NO_MEMORY);
    check(!og_invoke_begin(&scope.access, &function, &fault));
    check(ENTRY(probe_allocate)(1 << 20) == NULL);
    check(!og_invoke_end(&scope.access, &fault));
    char og_mut *memory = og_heap_alloc(&scope.access, char, 100, &fault);
    check(memory && !og_heap_free(&scope.access, memory, &fault));
    check(og_alloc(&scope, char, 1 << 20, &fault) == NULL && fault.error == OG_NO_MEMORY);
    END();
}

static void errno_is_the_domains_own(void)
{
    BEGIN(probe_errno);
    check(!og_invoke_begin(&scope.access, &function, &fault));
    check(ENTRY(probe_errno)() != 0);
    check(!og_invoke_end(&scope.access, &fault));
    END();
}

/* --- callbacks --- */

static uint32_t tag;

static void triple(void *user, struct og_scope *scope, const struct og_arguments *arguments,
                   struct og_result *result)
{
    (void)user;
    (void)scope;
    tag = (uint32_t)arguments->integers[2];
    result->integer = 3 * og_argument_u64(arguments, 0);
}

static void callback_gets_and_returns_double_words(void)
{
    BEGIN(probe_call_back);
    struct og_callback callback;
    check(!og_callback_open(domain, &callback, triple, NULL, &fault));
    check(!og_invoke_begin(&scope.access, &function, &fault));
    uint64_t result = ENTRY(probe_call_back)(
        og_callback_pointer(&callback, uint64_t(*)(uint64_t, uint32_t)), 0x100000001);
    check(!og_invoke_end(&scope.access, &fault));
    check(result == 0x300000004 && tag == 7);
    /* Where there is no callback any more, a call of it ends. */
    uintptr_t address = callback.address;
    og_callback_close(&callback);
    check(!og_invoke_begin(&scope.access, &function, &fault));
    ENTRY(probe_call_back)((uint64_t(*)(uint64_t, uint32_t))address, 1);
    check(og_invoke_end(&scope.access, &fault) == OG_FAULTED);
    END();
}

static void sum_all(void *user, struct og_scope *scope, const struct og_arguments *arguments,
                    struct og_result *result) OG_NO_ANALYSIS
{
    (void)user;
    uint32_t sum = 0, more[2] = {0, 0};
    for (size_t i = 0; i < 8; i++)
        sum += arguments->integers[i];
    const uint32_t og_ref *stack =
        og_upgrade(&scope->access, (const uint32_t og_foreign *)arguments->stack, 2, &fault);
    if (stack && !og_read_array(&scope->access, stack, more, 2, &fault))
        result->integer = sum + more[0] + more[1];
}

static void callback_finds_stacked_arguments(void)
{
    BEGIN(probe_call_back_many);
    struct og_callback callback;
    check(!og_callback_open(domain, &callback, sum_all, NULL, &fault));
    check(!og_invoke_begin(&scope.access, &function, &fault));
    uint32_t result = ENTRY(probe_call_back_many)((probe_many *)callback.address);
    check(!og_invoke_end(&scope.access, &fault));
    check(result == 55);
    END();
}

static struct og_function inner;
static int inner_result;

static void call_again(void *user, struct og_scope *scope, const struct og_arguments *arguments,
                       struct og_result *result) OG_NO_ANALYSIS
{
    (void)user;
    (void)arguments;
    (void)result;
    inner_result = count(&inner, scope);
}

static void calls_nest_and_registers_of_both_sides_survive(void)
{
    BEGIN(probe_keeps_registers);
    struct og_callback callback;
    check(!og_domain_lookup(domain, "probe_count", &inner, &fault));
    check(!og_callback_open(domain, &callback, call_again, NULL, &fault));
    check(!og_invoke_begin(&scope.access, &function, &fault));
    check(ENTRY(probe_keeps_registers)((void (*)(void))callback.address) == 1);
    check(!og_invoke_end(&scope.access, &fault));
    check(inner_result == 1);
    END();
}

/* --- two domains --- */

static void two_domains_switch(void)
{
    const struct og_options options = {.isolation = OG_PMP};
    struct og_domain *second;
    struct og_function theirs;
    struct og_scope outer;
    BEGIN(probe_count);
    check(!og_domain_open(&second, (const char *const[]){"libhostile.so", NULL}, &options, &fault));
    check(!og_domain_lookup(second, "hostile_read", &theirs, &fault));
    og_scope_begin(second, &outer);
    check(count(&function, &scope) == 1);
    check(!og_invoke_begin(&outer.access, &theirs, &fault));
    /* It can read itself, */
    void og_foreign *own, *others;
    check(!og_domain_lookup_data(second, "hostile_data", &own, &fault));
    ((uint32_t(*)(uintptr_t))theirs.entry)((uintptr_t)own);
    check(!og_invoke_end(&outer.access, &fault));
    check(count(&function, &scope) == 2);
    /* and not the other, though that was just selected. */
    check(!og_domain_lookup_data(domain, "probe_data", &others, &fault));
    check(!og_invoke_begin(&outer.access, &theirs, &fault));
    ((uint32_t(*)(uintptr_t))theirs.entry)((uintptr_t)others);
    check(og_invoke_end(&outer.access, &fault) == OG_FAULTED);
    check(fault.address == (uintptr_t)others);
    check(count(&function, &scope) == 3);
    og_scope_end(&outer);
    check(!og_domain_close(second, &fault));
    END();
}

static struct og_domain *other;
static struct og_function others_function;

static void enter_other(void *user, struct og_scope *scope, const struct og_arguments *arguments,
                        struct og_result *result) OG_NO_ANALYSIS
{
    struct og_scope within;
    (void)user;
    (void)scope;
    (void)arguments;
    (void)result;
    og_scope_begin(other, &within);
    if (!og_invoke_begin(&within.access, &others_function, &fault)) {
        ((uint32_t(*)(uintptr_t))others_function.entry)(4);
        inner_result = og_invoke_end(&within.access, &fault);
    }
    og_scope_end(&within);
}

static void fault_in_a_nested_domain_ends_that_call_only(void)
{
    const struct og_options options = {.isolation = OG_PMP};
    struct og_callback callback;
    BEGIN(probe_keeps_registers);
    check(!og_domain_open(&other, (const char *const[]){"libhostile.so", NULL}, &options, &fault));
    check(!og_domain_lookup(other, "hostile_read", &others_function, &fault));
    check(!og_callback_open(domain, &callback, enter_other, NULL, &fault));
    inner_result = -1;
    check(!og_invoke_begin(&scope.access, &function, &fault));
    check(ENTRY(probe_keeps_registers)((void (*)(void))callback.address) == 1);
    check(!og_invoke_end(&scope.access, &fault));
    check(inner_result == OG_FAULTED);
    check(!og_domain_close(other, &fault));
    END();
}

/* --- deadlines --- */

enum { ONE_MS_OF_STEPS = 400000 /* at least: a step takes some instructions of 1 ns */ };

static enum og_error work_inside(uint32_t steps)
{
    const struct og_options options = {.isolation = OG_PMP, .deadline_ms = 1};
    struct og_function function;
    struct og_scope scope;
    if (og_domain_open(&domain, (const char *const[]){"libprobe.so", NULL}, &options, &fault) ||
        og_domain_lookup(domain, "probe_work", &function, &fault))
        return fault.error;
    og_scope_begin(domain, &scope);
    enum og_error error = og_invoke_begin(&scope.access, &function, &fault);
    if (!error) {
        ((__typeof__(&probe_work))function.entry)(steps);
        error = og_invoke_end(&scope.access, &fault);
    }
    og_scope_end(&scope);
    return error;
}

static void deadline_ends_what_takes_longer_and_nothing_else(void)
{
    check(work_inside(10) == OG_OK);
    check(close_domain());
    check(work_inside(2 * ONE_MS_OF_STEPS) == OG_DEADLINE);
    check(!og_domain_reset(domain, &fault));
    check(close_domain());
}

/* Enters the probe, from a callback of the other library, for longer than that one may take. */
static void work_meanwhile(void *user, struct og_scope *scope, const struct og_arguments *arguments,
                           struct og_result *result) OG_NO_ANALYSIS
{
    struct og_scope within;
    (void)user;
    (void)scope;
    (void)arguments;
    (void)result;
    og_scope_begin(domain, &within);
    if (!og_invoke_begin(&within.access, &inner, &fault)) {
        ((__typeof__(&probe_work))inner.entry)(2 * ONE_MS_OF_STEPS);
        inner_result = og_invoke_end(&within.access, &fault);
    }
    og_scope_end(&within);
}

static void deadline_of_the_outer_call_is_not_the_inner_domains(void)
{
    const struct og_options options = {.isolation = OG_PMP, .deadline_ms = 1};
    struct og_callback callback;
    struct og_function function;
    struct og_scope scope;
    check(open_domain());
    check(!og_domain_lookup(domain, "probe_work", &inner, &fault));
    check(!og_domain_open(&other, (const char *const[]){"libhostile.so", NULL}, &options, &fault));
    check(!og_domain_lookup(other, "hostile_call_back_loop", &function, &fault));
    check(!og_callback_open(other, &callback, work_meanwhile, NULL, &fault));
    inner_result = -1;
    og_scope_begin(other, &scope);
    check(!og_invoke_begin(&scope.access, &function, &fault));
    ((uint32_t(*)(void (*)(void)))function.entry)((void (*)(void))callback.address);
    check(og_invoke_end(&scope.access, &fault) == OG_DEADLINE);
    og_scope_end(&scope);
    check(inner_result == OG_OK);
    check(!og_domain_close(other, &fault) && close_domain());
}

/* --- bad input --- */

static void what_the_image_has_not_is_an_error_that_names_it(void)
{
    const struct og_options options = {.isolation = OG_PMP};
    const struct og_options large = {.isolation = OG_PMP, .heap_size = 1 << 20};
    const struct og_options mpk = {.isolation = OG_MPK};
    const struct og_options limited = {.isolation = OG_PMP, .callback_limit = 1};
    struct og_domain *none;
    struct og_function missing;
    const char *const absent[] = {"libabsent.so", NULL}, *const present[] = {"libprobe.so", NULL};
    check(og_domain_open(&none, absent, &options, &fault) == OG_NOT_FOUND);
    check(!strcmp(fault.symbol, "libabsent.so") && !none);
    check(og_domain_open(&none, present, &large, &fault) == OG_NO_MEMORY);
    check(og_domain_open(&none, present, &mpk, &fault) == OG_UNSUPPORTED);
    check(og_domain_open(&none, present, &limited, &fault) == OG_UNSUPPORTED);
    check(open_domain());
    check(og_domain_open(&none, present, &options, &fault) == OG_BUSY);
    check(og_domain_lookup(domain, "no_such", &missing, &fault) == OG_NOT_FOUND);
    check(close_domain());
}

static void a_domain_that_names_no_isolation_is_behind_the_pmp(void)
{
    const struct og_options options = {0};
    const char *const present[] = {"libprobe.so", NULL};
    check(!og_domain_open(&domain, present, &options, &fault));
    check(og_domain_isolation(domain) == OG_PMP);
    check(close_domain());
    check(!og_domain_open(&domain, present, NULL, &fault));
    check(og_domain_isolation(domain) == OG_PMP);
    check(close_domain());
}

static void thunks_end_with_their_domain(void)
{
    for (int i = 0; i < 200; i++) {
        struct og_function function;
        check(open_domain());
        check(!og_domain_lookup(domain, "probe_nothing", &function, &fault));
        check(!og_domain_lookup(domain, "probe_count", &function, &fault));
        check(close_domain());
    }
}

static const struct tap_test tests[] = {
    TAP_TEST(words_arrive_in_registers_and_on_the_stack),
    TAP_TEST(double_word_is_cut_between_register_and_stack),
    TAP_TEST(doubles_arrive_and_return),
    TAP_TEST(narrow_integers_are_extended),
    TAP_TEST(small_structs_return_in_registers),
    TAP_TEST(memory_of_a_scope_is_filled_inside),
    TAP_TEST(host_memory_is_no_foreign_memory),
    TAP_TEST(data_and_constants_of_the_library_upgrade),
    TAP_TEST(reset_puts_back_what_was_loaded),
    TAP_TEST(heap_that_is_used_up_is_null_inside_and_an_error_outside),
    TAP_TEST(errno_is_the_domains_own),
    TAP_TEST(callback_gets_and_returns_double_words),
    TAP_TEST(callback_finds_stacked_arguments),
    TAP_TEST(calls_nest_and_registers_of_both_sides_survive),
    TAP_TEST(two_domains_switch),
    TAP_TEST(fault_in_a_nested_domain_ends_that_call_only),
    TAP_TEST(deadline_ends_what_takes_longer_and_nothing_else),
    TAP_TEST(deadline_of_the_outer_call_is_not_the_inner_domains),
    TAP_TEST(what_the_image_has_not_is_an_error_that_names_it),
    TAP_TEST(a_domain_that_names_no_isolation_is_behind_the_pmp),
    TAP_TEST(thunks_end_with_their_domain),
};

int main(void)
{
    return tap_run(tests, TAP_COUNT(tests));
}
