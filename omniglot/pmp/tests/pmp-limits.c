/* What a hostile library gains by calling back, and what a call leaves where the library can find
 * it: time, the host's stack, registers, memory. */
#include "hostile.h"
#include "omniglot/omniglot.h"
#include "omniglot/parameters.h"
#include "omniglot/pmp/pmp.h"
#include "omniglot/rv32/kernel.h"
#include "omniglot/rv32/tests/tap.h"

#include <string.h>

enum { DEADLINE_MS = 1, DEADLINE = DEADLINE_MS * KERNEL_TICKS_PER_MS };

static struct og_domain *domain;
static struct og_fault fault;
static const struct pmp_library *library;

static bool close_hostile(void)
{
    bool is_closed = !og_domain_close(domain, &fault);
    domain = NULL;
    return is_closed;
}

static bool open_hostile(unsigned deadline_ms)
{
    const struct og_options options = {.isolation = OG_PMP, .deadline_ms = deadline_ms};
    library = pmp_library_find("libhostile.so");
    close_hostile(); /* after a test that failed */
    if (!og_domain_open(&domain, (const char *const[]){"libhostile.so", NULL}, &options, &fault))
        return true;
    printf("# %s: %s\n", og_error_name(fault.error), fault.message);
    return false;
}

/* Calls the hostile function of that name with up to eight words, in a scope of its own. */
static enum og_error call(const char *name, uintptr_t a0, uintptr_t a1, uint32_t *result)
{
    struct og_function function;
    struct og_scope scope;
    if (og_domain_lookup(domain, name, &function, &fault))
        return fault.error;
    og_scope_begin(domain, &scope);
    enum og_error error = og_invoke_begin(&scope.access, &function, &fault);
    if (!error) {
        *result = ((uint32_t(*)(uintptr_t, uintptr_t))function.entry)(a0, a1);
        error = og_invoke_end(&scope.access, &fault);
    }
    og_scope_end(&scope);
    return error;
}

/* The library is as after it was loaded, once it is reset. */
static bool works_after_reset(void)
{
    void og_foreign *data;
    uint32_t result = 0;
    return !og_domain_reset(domain, &fault) &&
           !og_domain_lookup_data(domain, "hostile_data", &data, &fault) &&
           !call("hostile_read", (uintptr_t)data, 0, &result) && result == 7;
}

/* --- callbacks that call in --- */

static struct og_callback callback;
static unsigned depth, depth_limit;
static uint32_t steps;

/* Calls the function again that calls this. */
static void call_again(void *user, struct og_scope *scope, const struct og_arguments *arguments,
                       struct og_result *result)
{
    uint32_t inner = 0;
    (void)user;
    (void)scope;
    (void)arguments;
    if (++depth < depth_limit)
        call("hostile_spin_and_call_back", callback.address, steps, &inner);
    result->integer = inner;
}

static void calls_that_a_callback_makes_end_at_the_outer_calls_deadline(void)
{
    uint32_t result = 0;
    check(open_hostile(DEADLINE_MS));
    check(!og_callback_open(domain, &callback, call_again, NULL, &fault));
    depth = 0;
    depth_limit = 8;
    steps = 100000; /* each call takes most of its time, and none more */
    uint64_t start = kernel_time();
    check(call("hostile_spin_and_call_back", callback.address, steps, &result) == OG_DEADLINE);
    uint64_t took = kernel_time() - start;
    printf("# %u ticks of %u, %u calls\n", (unsigned)took, (unsigned)DEADLINE, depth);
    check(depth > 0);
    check(took < DEADLINE + DEADLINE / 10);
    check(works_after_reset());
    check(close_hostile());
}

static void calling_back_deeper_and_deeper_does_not_use_up_the_hosts_stack(void)
{
    extern char __stack_low[];
    uintptr_t low = (uintptr_t)__stack_low - 64 * sizeof(uint32_t);
    volatile uint32_t *below = (volatile uint32_t *)low;
    uint32_t result = 0;
    check(open_hostile(0));
    for (int i = 0; i < 2; i++) {
        for (int word = 0; word < 64; word++)
            below[word] = 0;
        check(!og_callback_open(domain, &callback, call_again, NULL, &fault));
        depth = 0;
        depth_limit = UINT32_MAX;
        steps = 1;
        enum og_error error = call("hostile_spin_and_call_back", callback.address, steps, &result);
        for (int word = 0; word < 64; word++)
            check(!below[word]);
        check(error == OG_FAULTED);
        printf("# %u calls deep: %s\n", depth, fault.message);
        check(strstr(fault.message, "host's stack") && depth > 3);
        check(works_after_reset());
    }
    check(close_hostile());
}

static uint32_t many;

/* Calls in with arguments that go over the library's stack. */
static void call_with_many(void *user, struct og_scope *scope, const struct og_arguments *arguments,
                           struct og_result *result) OG_NO_ANALYSIS
{
    struct og_function function;
    (void)user;
    (void)arguments;
    (void)result;
    if (og_domain_lookup(domain, "hostile_call_many", &function, &fault) ||
        og_function_stack(&function, 8, &fault) ||
        og_invoke_begin(&scope->access, &function, &fault))
        return;
    many = ((__typeof__(&hostile_call_many))function.entry)(1, 2, 3, 4, 5, 6, 7, 8, 9, 10);
    if (og_invoke_end(&scope->access, &fault))
        many = 0;
}

/* From every place near both ends of the library's RAM. */
static void calling_back_from_the_lowest_bytes_of_the_stack_harms_nobody(void)
{
    enum { REACH = 1200, STEP = 16 };
    uint32_t result = 0, done = 0;
    check(open_hostile(DEADLINE_MS));
    volatile uint32_t *below = (volatile uint32_t *)(library->ram - 16);
    uint32_t before[4] = {below[0], below[1], below[2], below[3]};
    for (int offset = -REACH; offset <= REACH; offset += STEP) {
        uintptr_t at = offset < 0 ? library->ram_end + (uintptr_t)offset + REACH / 2
                                  : library->ram + (uintptr_t)offset - REACH / 16;
        check(!og_callback_open(domain, &callback, call_with_many, NULL, &fault));
        many = 0;
        enum og_error error = call("hostile_ecall_pivoted", at, 0, &result);
        check(error == OG_FAULTED || many == 55);
        done += many == 55;
        for (int i = 0; i < 4; i++)
            check(below[i] == before[i]);
        check(works_after_reset());
    }
    check(done > 0);
    check(close_hostile());
}

static void a_callback_of_another_domain_cannot_be_called(void)
{
    const struct og_options options = {.isolation = OG_PMP};
    struct og_domain *probe;
    uint32_t result = 0;
    check(open_hostile(0));
    check(!og_domain_open(&probe, (const char *const[]){"libprobe.so", NULL}, &options, &fault));
    check(!og_callback_open(probe, &callback, call_again, NULL, &fault));
    depth = depth_limit = 0;
    check(call("hostile_jump", callback.address, 0, &result) == OG_FAULTED);
    check(fault.address == callback.address && depth == 0);
    /* Nor by the number, which is the other domain's. */
    check(works_after_reset());
    check(call("hostile_ecall_pivoted", library->stack_top - 64, 0, &result) == OG_FAULTED);
    check(depth == 0);
    check(!og_domain_close(probe, &fault) && close_hostile());
}

static void close_itself(void *user, struct og_scope *scope, const struct og_arguments *arguments,
                         struct og_result *result)
{
    (void)user;
    (void)scope;
    (void)arguments;
    (void)result;
    depth++;
    og_callback_close(&callback);
    memset(&callback, 0x5a, sizeof(callback));
}

static void a_callback_that_closed_itself_is_gone(void)
{
    uint32_t result = 0;
    check(open_hostile(0));
    check(!og_callback_open(domain, &callback, close_itself, NULL, &fault));
    depth = 0;
    check(call("hostile_call_twice", callback.address, 0, &result) == OG_FAULTED);
    check(depth == 1 && works_after_reset());
    check(close_hostile());
}

/* --- what is left behind --- */

typedef uint32_t eight(uint32_t, uint32_t, uint32_t, uint32_t, uint32_t, uint32_t, uint32_t,
                       uint32_t);

static uint32_t call_with_secrets(void (*entry)(void))
{
    return ((eight *)entry)(1, 2, 4, 8, 16, 32, 64, 128);
}

/* What the function finds in registers, having said that it takes `count` parameters. */
static uint32_t found_by(const struct og_parameter *parameters, size_t count) OG_NO_ANALYSIS
{
    struct og_function function;
    struct og_scope scope;
    uint32_t found = UINT32_MAX;
    if (og_domain_lookup(domain, "hostile_arguments", &function, &fault) ||
        og_function_takes(&function, parameters, count, &fault))
        return found;
    og_scope_begin(domain, &scope);
    if (!og_invoke_begin(&scope.access, &function, &fault)) {
        found = call_with_secrets(function.entry);
        if (og_invoke_end(&scope.access, &fault))
            found = UINT32_MAX;
    }
    og_scope_end(&scope);
    return found;
}

#define P OG_PARAMETER

static void argument_registers_that_a_function_does_not_take_are_cleared(void)
{
    check(call_with_secrets((void (*)(void))hostile_arguments) == 254);
    check(open_hostile(0));
    check(found_by(OG_PARAMETERS(P(uint32_t))) == 0);
    check(found_by(NULL, 0) == 0);
    check(found_by(OG_PARAMETERS(P(uint32_t), P(uint32_t), P(double), P(int))) == 2 + 4 + 8 + 16);
    check(found_by(OG_PARAMETERS(P(double), P(double), P(double), P(double), P(int))) == 254);
    check(close_hostile());
}

static uint32_t checksum(void)
{
    uint32_t sum = 0;
    for (const uint32_t *word = (const uint32_t *)library->ram;
         word < (const uint32_t *)library->ram_end; word++)
        sum = sum * 31 + *word;
    return sum;
}

static void reset_leaves_nothing_of_what_was_in_the_librarys_memory(void)
{
    uint32_t result = 0;
    check(open_hostile(DEADLINE_MS));
    uint32_t fresh = checksum();
    /* All of it, the stack that it runs on included. */
    call("hostile_fill", library->ram, library->ram_end, &result);
    check(checksum() != fresh);
    check(!og_domain_reset(domain, &fault));
    check(checksum() == fresh);
    check(works_after_reset());
    check(close_hostile());
}

static void floating_point_registers_are_no_place_to_leave_anything(void)
{
    uint32_t result = 0;
    check(open_hostile(0));
    check(call("hostile_read_float_control", 0, 0, &result) == OG_FAULTED);
    check(works_after_reset());
    check(close_hostile());
}

/* --- borders --- */

/* What QEMU has for flash the host can write. */
static void put_code(uintptr_t at, const void *code, size_t size)
{
    memcpy((void *)at, code, size);
    __asm__ volatile(".option push\n\t.option arch, +zifencei\n\tfence.i\n\t.option pop"
                     :
                     :
                     : "memory");
}

/* Half of each word is the library's. Behind what follows its RAM there is more RAM in QEMU. */
static void a_word_across_a_border_is_out_of_reach(void)
{
    uint32_t result = 0;
    check(open_hostile(0));
    const uintptr_t borders[] = {library->ram, library->ram_end, library->flash,
                                 library->flash_end};
    for (size_t i = 0; i < 4; i++) {
        for (uintptr_t at = borders[i] - 3; at < borders[i]; at++) {
            volatile uint8_t *outside = (volatile uint8_t *)borders[i] - (i % 2 == 0);
            uint8_t before = *outside;
            *outside = 0x5a;
            check(call("hostile_read", at, 0, &result) == OG_FAULTED);
            check(works_after_reset());
            check(call("hostile_write", at, 0xa5a5a5a5, &result) == OG_FAULTED);
            check(*outside == 0x5a);
            *outside = before;
            check(works_after_reset());
        }
    }
    check(close_hostile());
}

static void an_instruction_across_the_end_of_its_flash_does_not_run(void)
{
    const uint32_t code[2] = {0x06300513, 0x00008067}; /* li a0, 99; ret */
    uint32_t result = 0;
    check(open_hostile(0));
    /* Inside it runs, */
    put_code(library->flash_end - sizeof(code), code, sizeof(code));
    check(!call("hostile_jump", library->flash_end - sizeof(code), 0, &result) && result == 99);
    /* and not where its second half is outside. */
    put_code(library->flash_end - 2, code, sizeof(code));
    check(call("hostile_jump", library->flash_end - 2, 0, &result) == OG_FAULTED);
    check(works_after_reset());
    check(close_hostile());
}

/* By an instruction for each, written to where the library's flash has room: no counter, no clock,
 * nothing of the floating point unit, nothing of the machine's. */
static void no_control_register_can_be_read_or_written(void)
{
    enum { REGISTERS = 4096, CSRRS_A0 = 0x2573, CSRRW_A0 = 0x1573, RETURN = 0x00008067 };
    uint32_t result = 0;
    check(open_hostile(DEADLINE_MS));
    for (uint32_t number = 0; number < 2 * REGISTERS; number++) {
        bool is_write = number >= REGISTERS;
        uint32_t code[2] = {number << 20 | (is_write ? CSRRW_A0 : CSRRS_A0), RETURN};
        uintptr_t at = library->flash_end - sizeof(code);
        put_code(at, code, sizeof(code));
        enum og_error error = call("hostile_jump", at, 0, &result);
        if (error != OG_FAULTED)
            printf("# register 0x%x can be %s\n", (unsigned)(number % REGISTERS),
                   is_write ? "written" : "read");
        check(error == OG_FAULTED && fault.instruction == at);
        check(!og_domain_reset(domain, &fault));
    }
    check(works_after_reset());
    check(close_hostile());
}

/* --- the deadline's moment --- */

static uint32_t calls_at_the_deadline;

static void count_call(void *user, struct og_scope *scope, const struct og_arguments *arguments,
                       struct og_result *result)
{
    (void)user;
    (void)scope;
    (void)arguments;
    calls_at_the_deadline++;
    result->integer = 1;
}

/* The steps that fit into the deadline, and those around them: the timer interrupts at every
 * instruction of the way out and back. */
static void the_deadline_may_come_at_any_instruction(void)
{
    uint32_t low = 0, high = 1000000, result = 0, late = 0, done = 0;
    check(open_hostile(DEADLINE_MS));
    while (high - low > 1) {
        uint32_t middle = (low + high) / 2;
        check(!og_callback_open(domain, &callback, count_call, NULL, &fault));
        enum og_error error = call("hostile_spin_and_call_back", callback.address, middle, &result);
        check(error == OG_OK || error == OG_DEADLINE);
        *(error ? &high : &low) = middle;
        check(!og_domain_reset(domain, &fault));
    }
    for (uint32_t around = low - 40; around < low + 20; around++) {
        check(!og_callback_open(domain, &callback, count_call, NULL, &fault));
        calls_at_the_deadline = 0;
        enum og_error error = call("hostile_spin_and_call_back", callback.address, around, &result);
        if (error)
            check(error == OG_DEADLINE && calls_at_the_deadline <= 1);
        else
            check(result == 2 && calls_at_the_deadline == 1);
        *(error ? &late : &done) += 1;
        check(works_after_reset());
    }
    check(late > 0 && done > 0);
    check(close_hostile());
}

/* --- refused --- */

static void a_library_whose_constructor_fails_leaves_nothing(void)
{
    const struct og_options options = {.isolation = OG_PMP, .deadline_ms = DEADLINE_MS};
    const struct pmp_library *probe = pmp_library_find("libprobe.so");
    const char *const names[] = {"libprobe.so", NULL};
    const uint16_t codes[] = {0x0000 /* illegal */, 0xa001 /* a loop */};
    const enum og_error errors[] = {OG_FAULTED, OG_DEADLINE};
    struct og_domain *none;
    check(probe->constructors < probe->constructors_end);
    uintptr_t constructor = *probe->constructors;
    uint16_t first = *(const uint16_t *)constructor;
    for (int i = 0; i < 20; i++) {
        put_code(constructor, &codes[i % 2], sizeof(first));
        enum og_error error = og_domain_open(&none, names, &options, &fault);
        put_code(constructor, &first, sizeof(first));
        check(error == errors[i % 2] && !none && fault.instruction == constructor);
    }
    check(!og_domain_open(&none, names, &options, &fault));
    /* So it is when a reset fails; and the next one works. */
    put_code(constructor, &codes[0], sizeof(first));
    enum og_error error = og_domain_reset(none, &fault);
    put_code(constructor, &first, sizeof(first));
    check(error == OG_FAULTED);
    domain = none;
    uint32_t result = 0;
    check(call("probe_count", 0, 0, &result) == OG_POISONED);
    check(!og_domain_reset(domain, &fault));
    check(!call("probe_count", 0, 0, &result) && result == 1);
    check(close_hostile());
}

static void a_poisoned_domain_runs_nothing(void) OG_NO_ANALYSIS
{
    struct og_scope scope;
    uint32_t result = 0;
    check(open_hostile(0));
    check(call("hostile_illegal", 0, 0, &result) == OG_FAULTED);
    check(call("hostile_read", library->ram, 0, &result) == OG_POISONED);
    og_scope_begin(domain, &scope);
    check(!og_heap_alloc(&scope.access, char, 8, &fault));
    og_scope_end(&scope);
    check(works_after_reset());
    check(close_hostile());
}

static const struct tap_test tests[] = {
    TAP_TEST(argument_registers_that_a_function_does_not_take_are_cleared),
    TAP_TEST(calls_that_a_callback_makes_end_at_the_outer_calls_deadline),
    TAP_TEST(calling_back_from_the_lowest_bytes_of_the_stack_harms_nobody),
    TAP_TEST(a_callback_of_another_domain_cannot_be_called),
    TAP_TEST(a_callback_that_closed_itself_is_gone),
    TAP_TEST(reset_leaves_nothing_of_what_was_in_the_librarys_memory),
    TAP_TEST(floating_point_registers_are_no_place_to_leave_anything),
    TAP_TEST(a_poisoned_domain_runs_nothing),
    TAP_TEST(a_word_across_a_border_is_out_of_reach),
    TAP_TEST(an_instruction_across_the_end_of_its_flash_does_not_run),
    TAP_TEST(no_control_register_can_be_read_or_written),
    TAP_TEST(the_deadline_may_come_at_any_instruction),
    TAP_TEST(a_library_whose_constructor_fails_leaves_nothing),
    TAP_TEST(calling_back_deeper_and_deeper_does_not_use_up_the_hosts_stack),
};

int main(void)
{
    return tap_run(tests, TAP_COUNT(tests));
}
