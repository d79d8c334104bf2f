/* The process worker of ubench: takes arguments off the wire, calls the library, puts
 * results on it. One handler per function, in the order of ubench-functions.h. */
#include "baselines/process/worker.h"
#include "workloads/ubench/library.h"
#include "workloads/ubench/ubench-functions.h"

static void get_words(struct wire_reader *arguments, uint64_t *words, size_t count)
{
    for (size_t i = 0; i < count; i++)
        words[i] = wire_get_u64(arguments);
}

/* The handler NAME of a function of `count` integers a[0], a[1], ... */
#define SERVE_INTEGERS(name, count, call)                                                          \
    static enum og_error name(struct process_worker *worker, struct wire_reader *arguments,        \
                              struct wire_writer *results)                                         \
    {                                                                                              \
        (void)worker;                                                                              \
        uint64_t a[count];                                                                         \
        get_words(arguments, a, count);                                                            \
        enum og_error error = wire_finish(arguments);                                              \
        if (!error)                                                                                \
            wire_put_u64(results, call);                                                           \
        return error;                                                                              \
    }

SERVE_INTEGERS(int_1, 1, ubench_int_1(a[0]))
SERVE_INTEGERS(int_3, 3, ubench_int_3(a[0], a[1], a[2]))
SERVE_INTEGERS(int_6, 6, ubench_int_6(a[0], a[1], a[2], a[3], a[4], a[5]))
SERVE_INTEGERS(int_7, 7, ubench_int_7(a[0], a[1], a[2], a[3], a[4], a[5], a[6]))
SERVE_INTEGERS(int_10, 10,
               ubench_int_10(a[0], a[1], a[2], a[3], a[4], a[5], a[6], a[7], a[8], a[9]))
SERVE_INTEGERS(int_25, 25,
               ubench_int_25(a[0], a[1], a[2], a[3], a[4], a[5], a[6], a[7], a[8], a[9], a[10],
                             a[11], a[12], a[13], a[14], a[15], a[16], a[17], a[18], a[19], a[20],
                             a[21], a[22], a[23], a[24]))

static enum og_error int_0(struct process_worker *worker, struct wire_reader *arguments,
                           struct wire_writer *results)
{
    (void)worker;
    enum og_error error = wire_finish(arguments);
    if (!error)
        wire_put_u64(results, ubench_int_0());
    return error;
}

static enum og_error count(struct process_worker *worker, struct wire_reader *arguments,
                           struct wire_writer *results)
{
    (void)worker;
    enum og_error error = wire_finish(arguments);
    if (!error)
        wire_put_u64(results, ubench_count());
    return error;
}

static enum og_error double_8(struct process_worker *worker, struct wire_reader *arguments,
                              struct wire_writer *results)
{
    (void)worker;
    double a[8];
    for (size_t i = 0; i < 8; i++)
        a[i] = wire_get_f64(arguments);
    enum og_error error = wire_finish(arguments);
    if (!error)
        wire_put_f64(results, ubench_double_8(a[0], a[1], a[2], a[3], a[4], a[5], a[6], a[7]));
    return error;
}

static enum og_error mixed(struct process_worker *worker, struct wire_reader *arguments,
                           struct wire_writer *results)
{
    (void)worker;
    int32_t a0 = wire_get_i32(arguments);
    double a1 = wire_get_f64(arguments);
    const void *cookie = (const void *)(uintptr_t)wire_get_u64(arguments);
    uint64_t a3 = wire_get_u64(arguments);
    float a4 = (float)wire_get_f64(arguments);
    int16_t a5 = wire_get_i16(arguments);
    double a6 = wire_get_f64(arguments);
    uint8_t a7 = wire_get_u8(arguments);
    uint64_t a8 = wire_get_u64(arguments);
    double a9 = wire_get_f64(arguments);
    uint32_t a10 = wire_get_u32(arguments);
    uint64_t a11 = wire_get_u64(arguments);
    enum og_error error = wire_finish(arguments);
    if (!error)
        wire_put_u64(results, ubench_mixed(a0, a1, cookie, a3, a4, a5, a6, a7, a8, a9, a10, a11));
    return error;
}

static enum og_error struct_registers(struct process_worker *worker, struct wire_reader *arguments,
                                      struct wire_writer *results)
{
    (void)worker;
    uint64_t a[2];
    get_words(arguments, a, 2);
    enum og_error error = wire_finish(arguments);
    if (error)
        return error;
    struct ubench_pair pair = ubench_struct_registers(a[0], a[1]);
    wire_put_u64(results, pair.first);
    wire_put_u64(results, pair.second);
    return OG_OK;
}

static enum og_error struct_memory(struct process_worker *worker, struct wire_reader *arguments,
                                   struct wire_writer *results)
{
    (void)worker;
    uint64_t a[2];
    get_words(arguments, a, 2);
    enum og_error error = wire_finish(arguments);
    if (error)
        return error;
    struct ubench_six six = ubench_struct_memory(a[0], a[1]);
    for (size_t i = 0; i < sizeof(six.values) / sizeof(six.values[0]); i++)
        wire_put_u64(results, six.values[i]);
    return OG_OK;
}

/* The library's function pointer has no room for user data, so who is being served, and what
 * went wrong on the way to the host, is here. */
static struct process_worker *serving;
static enum og_error callback_error;

static uint64_t host_function(uint64_t value)
{
    struct wire_writer *arguments = process_callback_begin(serving, UBENCH_FUNCTION);
    wire_put_u64(arguments, value);
    struct wire_reader results;
    enum og_error error = process_callback_finish(serving, &results);
    uint64_t result = error ? 0 : wire_get_u64(&results);
    if (!error)
        error = wire_finish(&results);
    if (error)
        callback_error = error;
    return result;
}

static enum og_error call_back(struct process_worker *worker, struct wire_reader *arguments,
                               struct wire_writer *results)
{
    uint64_t value = wire_get_u64(arguments);
    enum og_error error = wire_finish(arguments);
    if (error)
        return error;
    serving = worker;
    callback_error = OG_OK;
    uint64_t result = ubench_call_back(host_function, value);
    if (!callback_error)
        wire_put_u64(results, result);
    return callback_error;
}

const struct process_handler process_handlers[] = {
    [UBENCH_INT_0] = {int_0},
    [UBENCH_INT_1] = {int_1},
    [UBENCH_INT_3] = {int_3},
    [UBENCH_INT_6] = {int_6},
    [UBENCH_INT_7] = {int_7},
    [UBENCH_INT_10] = {int_10},
    [UBENCH_INT_25] = {int_25},
    [UBENCH_DOUBLE_8] = {double_8},
    [UBENCH_MIXED] = {mixed},
    [UBENCH_STRUCT_REGISTERS] = {struct_registers},
    [UBENCH_STRUCT_MEMORY] = {struct_memory},
    [UBENCH_CALL_BACK] = {call_back},
    [UBENCH_COUNT] = {count},
};
const size_t process_handler_count = UBENCH_FUNCTIONS;
