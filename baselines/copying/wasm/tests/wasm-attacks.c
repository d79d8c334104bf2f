/* A module that attacks: every call ends with an error, the host is as it was, and a fresh instance
 * follows. The first test does the attack where nothing stands between. */
#include "baselines/copying/wasm/internal.h"
#include "baselines/copying/wasm/tests/rogue-wasm.h"

#include "omniglot/tests/cmocka-tests.h"
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

static struct rogue rogue;
static struct og_fault fault;

static int open_rogue(void **state)
{
    (void)state;
    return rogue_open(&rogue, NULL, &fault) != OG_OK;
}

static int close_rogue(void **state)
{
    (void)state;
    rogue_close(&rogue);
    return 0;
}

#define ASSERT_DONE(call) assert_int_equal((call), OG_OK)

/* The call failed so, the instance is poisoned, and reset makes a fresh one of it. */
static void assert_trapped(enum og_error error, const char *words)
{
    int count = 0;
    assert_int_equal(error, OG_FAULTED);
    assert_non_null(strstr(fault.message, words));
    assert_int_equal(call_rogue_count(&rogue, &count, &fault), OG_POISONED);
    ASSERT_DONE(instance_reset(&rogue.instance, &fault));
    ASSERT_DONE(call_rogue_count(&rogue, &count, &fault));
    assert_int_equal(count, 1);
}

static int secret = 1234;

static void raw_a_write_reaches_the_host_and_a_module_s_does_not(void **state)
{
    int number = 0;
    (void)state;
    rogue_write((uintptr_t)&secret, 1);
    assert_int_equal(secret, 1);
    secret = 1234;
    enum og_error error = call_rogue_write(&rogue, (uintptr_t)&secret, 1, &fault);
    assert_int_equal(secret, 1234);
    if (error) /* its lower half is no address in the module */
        assert_trapped(error, "out of its memory's bounds");
    error = call_rogue_read(&rogue, &number, (uintptr_t)&secret, &fault);
    assert_true(error == OG_FAULTED || number != 1234);
}

static void every_address_outside_is_a_fault_that_names_it(void **state)
{
    int number = 0;
    (void)state;
    uint64_t size = rogue.instance.wasm->memory->size;
    const uint64_t addresses[] = {size, size - 3, UINT64_C(1) << 31, 0xfffffffc, 0xffffffff};
    for (size_t i = 0; i < sizeof(addresses) / sizeof(addresses[0]); i++) {
        enum og_error error = call_rogue_read(&rogue, &number, addresses[i], &fault);
        assert_string_equal(fault.symbol, "rogue_read");
        assert_int_equal(fault.signal, SIGSEGV);
        assert_true(fault.address >= addresses[i] && fault.address < addresses[i] + 4);
        assert_trapped(error, "out of its memory's bounds");
        assert_trapped(call_rogue_write(&rogue, addresses[i], 1, &fault),
                       "out of its memory's bounds");
    }
    ASSERT_DONE(call_rogue_read(&rogue, &number, size - 4, &fault));
}

static void recursion_without_end_uses_up_the_stack(void **state)
{
    int number = 0;
    (void)state;
    assert_trapped(call_rogue_recurse(&rogue, &number, 1 << 30, &fault), "used up the stack");
    assert_int_equal(call_rogue_overflow_own_stack(&rogue, &number, 1 << 30, &fault), OG_FAULTED);
}

static void *recurse_in_thread(void *result)
{
    int number = 0;
    if (wasm_adopt(rogue.instance.wasm, &fault) == OG_OK)
        *(enum og_error *)result = call_rogue_recurse(&rogue, &number, 1 << 30, &fault);
    return NULL;
}

static void a_stack_is_used_up_in_another_thread_too(void **state)
{
    pthread_t thread;
    enum og_error error = OG_OK;
    (void)state;
    for (int i = 0; i < 3; i++) {
        assert_int_equal(pthread_create(&thread, NULL, recurse_in_thread, &error), 0);
        pthread_join(thread, NULL);
        ASSERT_DONE(wasm_adopt(rogue.instance.wasm, &fault));
        assert_trapped(error, "used up the stack");
    }
}

static void what_cannot_go_on_traps(void **state)
{
    int number = 0;
    (void)state;
    assert_trapped(call_rogue_abort(&rogue, &fault), "unreachable");
    assert_trapped(call_rogue_exit(&rogue, 3, &fault), "exit()");
    assert_trapped(call_rogue_divide(&rogue, &number, 1, 0, &fault), "divided by zero");
    assert_trapped(call_rogue_divide(&rogue, &number, INT32_MIN, -1, &fault), "does not fit");
    assert_trapped(call_rogue_convert(&rogue, &number, 1e300, &fault), "does not fit");
    assert_trapped(call_rogue_convert(&rogue, &number, __builtin_nan(""), &fault), "no number");
}

static void a_call_of_what_the_table_does_not_have_traps(void **state)
{
    int number = 0;
    (void)state;
    const uint32_t numbers[] = {0, 1, 5, 64, 65, 1000, 0xffffffff};
    for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++)
        assert_trapped(call_rogue_call_number(&rogue, &number, numbers[i], &fault),
                       "table does not have");
}

static void a_call_with_fewer_arguments_than_parameters_traps(void **state)
{
    uint64_t found = 0;
    (void)state;
    assert_trapped(call_rogue_call_with_fewer(&rogue, &found, &fault), "not by that type");
}

/* More types than any module has: each differs from the others in what its thirteen parameters are.
 */
static uint32_t number_of_type(unsigned n)
{
#define VALUE(i) (n >> (i)&1 ? WASM_RT_I64 : WASM_RT_I32)
    return wasm_rt_register_func_type(13, 1, VALUE(0), VALUE(1), VALUE(2), VALUE(3), VALUE(4),
                                      VALUE(5), VALUE(6), VALUE(7), VALUE(8), VALUE(9), VALUE(10),
                                      VALUE(11), VALUE(12), WASM_RT_F32);
}

static void every_type_has_a_number_of_its_own(void **state)
{
    enum { TYPES = 5000 };
    static uint32_t numbers[TYPES];
    (void)state;
    for (unsigned i = 0; i < TYPES; i++) {
        numbers[i] = number_of_type(i);
        assert_true(i == 0 || numbers[i] > numbers[i - 1]);
    }
    for (unsigned i = 0; i < TYPES; i += 100)
        assert_int_equal(number_of_type(i), numbers[i]);
}

/* As when an instance is made that has such a table. */
static __attribute__((noinline)) bool makes_table(uint32_t size)
{
    struct wasm_frame frame;
    wasm_rt_funcref_table_t table = {0};
    ASSERT_DONE(wasm_enter(rogue.instance.wasm, &frame, &fault));
    if (__builtin_setjmp(frame.jump)) {
        assert_trapped(wasm_trapped(&frame, "table", &fault), "out of its memory's bounds");
        return false;
    }
    wasm_opening = rogue.instance.wasm;
    wasm_rt_allocate_funcref_table(&table, size, size);
    wasm_opening = NULL;
    wasm_leave(&frame);
    assert_true(table.size >= WASM_CALLBACKS);
    wasm_rt_free_funcref_table(&table);
    return true;
}

static void tables_have_an_end(void **state)
{
    unsigned made = 0;
    (void)state;
    /* Whose places, with those of callbacks behind them, could not be counted. */
    assert_false(makes_table(UINT32_MAX));
    assert_false(makes_table(UINT32_MAX - WASM_CALLBACKS + 1));
    while (makes_table(100000))
        made++;
    assert_in_range(made, 9, 10);
}

static int add_three(int value)
{
    return value + 3;
}

static void a_callback_by_another_type_than_its_own_traps(void **state)
{
    struct rogue_called callback = {0};
    int number = 0;
    (void)state;
    ASSERT_DONE(rogue_called_open(&rogue, &callback, add_three, NULL, &fault));
    ASSERT_DONE(call_rogue_call(&rogue, &number, &callback, 4, &fault));
    assert_int_equal(number, 8);
    uint32_t index = wasm_callback_index(&callback.callback);
    assert_trapped(call_rogue_call_number(&rogue, &number, index, &fault), "not by that type");
    /* It outlives the reset, and is gone when it is closed. */
    ASSERT_DONE(call_rogue_call(&rogue, &number, &callback, 4, &fault));
    rogue_called_close(&rogue, &callback);
    assert_trapped(call_rogue_call_number(&rogue, &number, index, &fault), "table does not have");
}

static int count_text(const char *text)
{
    return (int)strlen(text);
}

static int not_called(int value)
{
    fail_msg("a callback that was closed is called");
    return value;
}

/* In the place of a function pointer that the module keeps, when it cannot keep one of C's. */
static void a_callback_that_the_module_has_kept_is_gone_when_it_is_closed(void **state)
{
    struct rogue_called callback = {0};
    struct rogue_told other = {0};
    int number = 0;
    (void)state;
    ASSERT_DONE(rogue_called_open(&rogue, &callback, add_three, NULL, &fault));
    ASSERT_DONE(call_rogue_keep(&rogue, wasm_callback_index(&callback.callback), &fault));
    ASSERT_DONE(call_rogue_call_kept(&rogue, &number, 4, &fault));
    assert_int_equal(number, 7);
    rogue_called_close(&rogue, &callback);
    callback.function = not_called; /* as memory of the host's that is something else now */
    assert_trapped(call_rogue_call_kept(&rogue, &number, 4, &fault), "table does not have");
    /* Nor is it another shape's in the same place. */
    ASSERT_DONE(rogue_called_open(&rogue, &callback, add_three, NULL, &fault));
    ASSERT_DONE(call_rogue_keep(&rogue, wasm_callback_index(&callback.callback), &fault));
    rogue_called_close(&rogue, &callback);
    ASSERT_DONE(rogue_told_open(&rogue, &other, count_text, NULL, &fault));
    assert_trapped(call_rogue_call_kept(&rogue, &number, 4, &fault), "table does not have");
    rogue_told_close(&rogue, &other);
}

static void an_allocator_that_lies_is_found_out(void **state)
{
    uint8_t out[64];
    size_t size = sizeof(out);
    int number = 0;
    (void)state;
    ASSERT_DONE(call_rogue_allocator(&rogue, ROGUE_NONE, &fault));
    assert_int_equal(call_rogue_fill(&rogue, &number, out, &size, 1, &fault), OG_NO_MEMORY);
    ASSERT_DONE(call_rogue_allocator(&rogue, ROGUE_OUTSIDE, &fault));
    assert_int_equal(call_rogue_fill(&rogue, &number, out, &size, 1, &fault), OG_CONTRACT);
    ASSERT_DONE(call_rogue_allocator(&rogue, ROGUE_ACROSS, &fault));
    assert_int_equal(call_rogue_fill(&rogue, &number, out, &size, 1, &fault), OG_CONTRACT);
    ASSERT_DONE(call_rogue_allocator(&rogue, ROGUE_TRAPS, &fault));
    assert_trapped(call_rogue_fill(&rogue, &number, out, &size, 1, &fault), "unreachable");
}

static void a_free_that_traps_ends_the_call(void **state)
{
    (void)state;
    uint32_t address;
    ASSERT_DONE(wasm_allocate(rogue.instance.wasm, &address, 8, &fault));
    ASSERT_DONE(call_rogue_allocator(&rogue, ROGUE_TRAPS, &fault));
    assert_trapped(wasm_release(rogue.instance.wasm, address, &fault), "unreachable");
}

static void a_hostile_length_is_refused(void **state)
{
    const size_t lengths[] = {5, 1 << 20, 0xffffffff};
    (void)state;
    for (size_t i = 0; i < sizeof(lengths) / sizeof(lengths[0]); i++) {
        uint8_t out[8] = {0};
        size_t size = 4;
        int number = 0;
        assert_int_equal(call_rogue_fill(&rogue, &number, out, &size, lengths[i], &fault),
                         OG_CONTRACT);
        assert_int_equal(size, 4);
        assert_int_equal(out[0] | out[4], 0);
    }
}

static void an_enum_that_is_none_is_refused(void **state)
{
    enum rogue_colour colour;
    (void)state;
    ASSERT_DONE(call_rogue_paint(&rogue, &colour, ROGUE_GREEN, &fault));
    assert_int_equal(call_rogue_paint(&rogue, &colour, 3, &fault), OG_CONTRACT);
}

static void what_does_not_fit_32_bits_is_an_error(void **state)
{
    size_t size = 0;
    (void)state;
    ASSERT_DONE(call_rogue_size(&rogue, &size, 0xffffffff, &fault));
    assert_int_equal(size, 0xffffffff);
    assert_int_equal(call_rogue_size(&rogue, &size, (size_t)1 << 32, &fault), OG_OVERFLOW);
    uint32_t address;
    assert_int_equal(wasm_allocate(rogue.instance.wasm, &address, (size_t)1 << 32, &fault),
                     OG_OVERFLOW);
}

/* --- callbacks --- */

static int calls;

static int listen(const char *text)
{
    calls++;
    return (int)strlen(text);
}

static int take(const uint8_t *bytes, uint32_t size)
{
    calls++;
    return size ? bytes[size - 1] : 0;
}

static void what_a_callback_is_given_is_checked(void **state)
{
    struct rogue_told told = {0};
    struct rogue_taken taken = {0};
    int number = 0;
    (void)state;
    uint64_t size = rogue.instance.wasm->memory->size;
    const uint64_t addresses[] = {0, size, size + 4096, 0xffffffff};
    ASSERT_DONE(rogue_told_open(&rogue, &told, listen, NULL, &fault));
    ASSERT_DONE(rogue_taken_open(&rogue, &taken, take, NULL, &fault));
    calls = 0;
    for (size_t i = 0; i < sizeof(addresses) / sizeof(addresses[0]); i++) {
        assert_true(call_rogue_tell(&rogue, &number, &told, addresses[i], &fault) != OG_OK);
        ASSERT_DONE(instance_reset(&rogue.instance, &fault));
        assert_true(call_rogue_hand(&rogue, &number, &taken, addresses[i], 16, &fault) != OG_OK);
        ASSERT_DONE(instance_reset(&rogue.instance, &fault));
    }
    assert_true(call_rogue_hand(&rogue, &number, &taken, 16, 0xfffffff8, &fault) != OG_OK);
    ASSERT_DONE(instance_reset(&rogue.instance, &fault));
    /* Text up to the memory's last byte, without a NUL. */
    ASSERT_DONE(call_rogue_write(&rogue, size - 4, 0x20202020, &fault));
    assert_int_equal(call_rogue_tell(&rogue, &number, &told, size - 4, &fault), OG_UNTERMINATED);
    assert_int_equal(calls, 0);
}

static int trap_inside(int value)
{
    int number = 0;
    struct og_fault inner;
    assert_int_equal(call_rogue_divide(&rogue, &number, value, 0, &inner), OG_FAULTED);
    assert_int_equal(instance_reset(&rogue.instance, &inner), OG_BUSY);
    return 1;
}

static int call_inside(int value)
{
    int number = 0;
    ASSERT_DONE(call_rogue_divide(&rogue, &number, 100, value, &fault));
    return number;
}

static int trap_in_another(int value)
{
    struct rogue other = {0};
    struct og_fault inner;
    int number = 0;
    ASSERT_DONE(rogue_open(&other, NULL, &inner));
    assert_int_equal(call_rogue_recurse(&other, &number, 1 << 30, &inner), OG_FAULTED);
    assert_int_equal(call_rogue_read(&rogue, &number, 64, &inner), OG_OK);
    rogue_close(&other);
    return value;
}

static void calls_nest_and_an_inner_trap_ends_the_outer_call(void **state)
{
    struct rogue_called callback = {0};
    int number = 0;
    (void)state;
    ASSERT_DONE(rogue_called_open(&rogue, &callback, call_inside, NULL, &fault));
    ASSERT_DONE(call_rogue_call(&rogue, &number, &callback, 4, &fault));
    assert_int_equal(number, 26);
    rogue_called_close(&rogue, &callback);
    ASSERT_DONE(rogue_called_open(&rogue, &callback, trap_in_another, NULL, &fault));
    ASSERT_DONE(call_rogue_call(&rogue, &number, &callback, 4, &fault));
    assert_int_equal(number, 5);
    rogue_called_close(&rogue, &callback);
    ASSERT_DONE(rogue_called_open(&rogue, &callback, trap_inside, NULL, &fault));
    assert_trapped(call_rogue_call(&rogue, &number, &callback, 4, &fault), "divided by zero");
}

/* As a host function that prints does. */
static int need_stack(int value)
{
    volatile char room[32 << 10];
    for (size_t i = 0; i < sizeof(room); i += 1024)
        room[i] = (char)value;
    calls++;
    return room[1024];
}

static void calling_back_at_the_end_of_the_stack_traps_and_the_host_lives(void **state)
{
    struct rogue_called callback = {0};
    int number = 0;
    (void)state;
    calls = 0;
    ASSERT_DONE(rogue_called_open(&rogue, &callback, need_stack, NULL, &fault));
    assert_trapped(call_rogue_sink(&rogue, &number, &callback, 1 << 30, &fault),
                   "used up the stack");
    assert_true(calls > 100);
}

static struct rogue_called again;
static enum og_error innermost;

static int call_again(int value)
{
    int number = 0;
    struct og_fault inner;
    enum og_error error = call_rogue_call(&rogue, &number, &again, value + 1, &inner);
    calls = value > calls ? value : calls;
    if (innermost == OG_OK)
        innermost = error;
    return need_stack(number);
}

static void calls_inside_callbacks_without_end_trap_and_the_host_lives(void **state)
{
    int number = 0;
    (void)state;
    calls = 0;
    innermost = OG_OK;
    ASSERT_DONE(rogue_called_open(&rogue, &again, call_again, NULL, &fault));
    assert_trapped(call_rogue_call(&rogue, &number, &again, 1, &fault), "used up the stack");
    assert_int_equal(innermost, OG_FAULTED);
    assert_true(calls > 100);
}

/* --- the host's own faults --- */

static int fault_in_the_host(int value)
{
    static volatile uintptr_t nowhere = 8;
    *(volatile int *)nowhere = value;
    return 0;
}

/* How a process ends in which the host itself faults, in a callback or outside of any call. */
static int signal_of_a_host_that_faults(bool in_callback)
{
    int status = 0;
    pid_t child = fork();
    if (child == 0) {
        struct rogue_called callback = {0};
        int number = 0;
        signal(SIGSEGV, SIG_DFL);
        if (instance_reset(&rogue.instance, &fault) ||
            rogue_called_open(&rogue, &callback, fault_in_the_host, NULL, &fault))
            _exit(1);
        if (in_callback)
            _exit(call_rogue_call(&rogue, &number, &callback, 4, &fault) ? 2 : 3);
        fault_in_the_host(4);
        _exit(4);
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    return WIFSIGNALED(status) ? WTERMSIG(status) : -WEXITSTATUS(status);
}

static void a_fault_of_the_host_s_own_is_not_taken_for_the_module_s(void **state)
{
    (void)state;
    assert_int_equal(signal_of_a_host_that_faults(true), SIGSEGV);
    assert_int_equal(signal_of_a_host_that_faults(false), SIGSEGV);
}

/* --- threads --- */

static void *use_in_thread(void *errors)
{
    enum og_error *error = errors;
    struct rogue_called callback = {0};
    uint32_t address = 0;
    int count = 0;
    error[0] = call_rogue_count(&rogue, &count, &fault);
    error[1] = wasm_allocate(rogue.instance.wasm, &address, 8, &fault);
    error[2] = wasm_take(rogue.instance.wasm, &address, 8, &fault);
    error[3] = rogue_called_open(&rogue, &callback, add_three, NULL, &fault);
    error[4] = wasm_adopt(rogue.instance.wasm, &fault);
    error[5] = instance_reset(&rogue.instance, &fault);
    return NULL;
}

static enum og_error errors_in_thread[6];

static int use_in_thread_meanwhile(int value)
{
    pthread_t thread;
    if (pthread_create(&thread, NULL, use_in_thread, errors_in_thread) == 0)
        pthread_join(thread, NULL);
    return value;
}

static void an_instance_that_is_another_threads_is_refused(void **state)
{
    struct rogue_called callback = {0};
    int number = 0;
    (void)state;
    /* While a call is under way here. */
    ASSERT_DONE(rogue_called_open(&rogue, &callback, use_in_thread_meanwhile, NULL, &fault));
    ASSERT_DONE(call_rogue_call(&rogue, &number, &callback, 4, &fault));
    for (size_t i = 0; i < sizeof(errors_in_thread) / sizeof(errors_in_thread[0]); i++)
        assert_int_equal(errors_in_thread[i], OG_BUSY);
    assert_non_null(strstr(fault.message, "wasm_adopt"));
    ASSERT_DONE(call_rogue_count(&rogue, &number, &fault));
    assert_int_equal(number, 1);
}

static void a_65th_callback_is_refused(void **state)
{
    static struct rogue_called callbacks[WASM_CALLBACKS + 1];
    (void)state;
    for (size_t i = 0; i < WASM_CALLBACKS; i++)
        ASSERT_DONE(rogue_called_open(&rogue, &callbacks[i], add_three, NULL, &fault));
    assert_int_equal(rogue_called_open(&rogue, &callbacks[WASM_CALLBACKS], add_three, NULL, &fault),
                     OG_NO_MEMORY);
}

/* --- life --- */

static size_t count_mappings(void)
{
    size_t count = 0;
    FILE *maps = fopen("/proc/self/maps", "r");
    for (int read = maps ? fgetc(maps) : EOF; read != EOF; read = fgetc(maps))
        count += read == '\n';
    if (maps)
        fclose(maps);
    return count;
}

static void a_thousand_instances_leave_nothing(void **state)
{
    struct rogue other = {0};
    int count = 0;
    (void)state;
    size_t before = count_mappings();
    for (int i = 0; i < 1000; i++) {
        ASSERT_DONE(rogue_open(&other, NULL, &fault));
        ASSERT_DONE(call_rogue_count(&other, &count, &fault));
        assert_int_equal(count, 1);
        rogue_close(&other);
    }
    assert_true(count_mappings() <= before + 1); /* the allocator's own */
}

static void memory_that_grew_is_gone_after_reset(void **state)
{
    int number = 0;
    (void)state;
    uint64_t size = rogue.instance.wasm->memory->size;
    ASSERT_DONE(call_rogue_grow(&rogue, &number, 16, &fault));
    assert_int_equal(number, size >> 16);
    ASSERT_DONE(call_rogue_write(&rogue, size + 4, 77, &fault));
    ASSERT_DONE(call_rogue_write(&rogue, 8, 77, &fault));
    ASSERT_DONE(call_rogue_grow(&rogue, &number, 0x10000, &fault));
    assert_int_equal(number, -1);
    ASSERT_DONE(instance_reset(&rogue.instance, &fault));
    ASSERT_DONE(call_rogue_read(&rogue, &number, 8, &fault));
    assert_int_equal(number, 0);
    assert_trapped(call_rogue_read(&rogue, &number, size + 4, &fault), "out of its memory's");
}

static void memory_does_not_grow_without_limit(void **state)
{
    int number = 0;
    (void)state;
    uint32_t pages = rogue.instance.wasm->memory->size >> 16;
    ASSERT_DONE(call_rogue_grow(&rogue, &number, 16384 - pages + 1, &fault));
    assert_int_equal(number, -1);
    ASSERT_DONE(call_rogue_grow(&rogue, &number, 16384 - pages, &fault));
    assert_int_equal(number, pages);
    ASSERT_DONE(call_rogue_grow(&rogue, &number, 1, &fault));
    assert_int_equal(number, -1);
}

static void a_module_that_is_not_there_is_not_found(void **state)
{
    struct wasm_instance *instance;
    (void)state;
    assert_int_equal(wasm_open(&instance, "nothing", &fault), OG_NOT_FOUND);
    assert_null(instance);
}

/* cmocka has taken the fault signals by now: reset takes them back, as it does from anybody. */
static void run(void **state)
{
    CMUnitTestFunction test = (CMUnitTestFunction)*state;
    ASSERT_DONE(instance_reset(&rogue.instance, &fault));
    test(state);
}

#define TEST(name)                                                                                 \
    {                                                                                              \
#name, run, open_rogue, close_rogue, (void *)name                                          \
    }

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(raw_a_write_reaches_the_host_and_a_module_s_does_not),
        TEST(every_address_outside_is_a_fault_that_names_it),
        TEST(recursion_without_end_uses_up_the_stack),
        TEST(a_stack_is_used_up_in_another_thread_too),
        TEST(what_cannot_go_on_traps),
        TEST(a_call_of_what_the_table_does_not_have_traps),
        TEST(a_call_with_fewer_arguments_than_parameters_traps),
        TEST(every_type_has_a_number_of_its_own),
        TEST(tables_have_an_end),
        TEST(a_callback_by_another_type_than_its_own_traps),
        TEST(a_callback_that_the_module_has_kept_is_gone_when_it_is_closed),
        TEST(an_allocator_that_lies_is_found_out),
        TEST(a_free_that_traps_ends_the_call),
        TEST(a_hostile_length_is_refused),
        TEST(an_enum_that_is_none_is_refused),
        TEST(what_does_not_fit_32_bits_is_an_error),
        TEST(what_a_callback_is_given_is_checked),
        TEST(calls_nest_and_an_inner_trap_ends_the_outer_call),
        TEST(a_65th_callback_is_refused),
        TEST(calling_back_at_the_end_of_the_stack_traps_and_the_host_lives),
        TEST(calls_inside_callbacks_without_end_trap_and_the_host_lives),
        TEST(a_fault_of_the_host_s_own_is_not_taken_for_the_module_s),
        TEST(an_instance_that_is_another_threads_is_refused),
        TEST(a_thousand_instances_leave_nothing),
        TEST(memory_that_grew_is_gone_after_reset),
        TEST(memory_does_not_grow_without_limit),
        cmocka_unit_test(a_module_that_is_not_there_is_not_found),
    };
    return cmocka_run_group_tests_name("wasm-attacks", tests, NULL, NULL);
}
