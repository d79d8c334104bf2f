/* og-worker-unlucky: a worker that runs out of memory when it is told to. */
#include "baselines/process/tests/unlucky-worker.h"

#include "baselines/process/worker.h"
#include "omniglot/tests/failing-allocator.h"

static enum og_error fail_allocation(struct process_worker *worker, struct wire_reader *arguments,
                                     struct wire_writer *results)
{
    (void)worker, (void)results;
    size_t number = wire_get_u64(arguments);
    enum og_error error = wire_finish(arguments);
    if (!error)
        allocation_fail(number);
    return error;
}

static enum og_error echo(struct process_worker *worker, struct wire_reader *arguments,
                          struct wire_writer *results)
{
    static char object;
    struct wire_reader answer;
    size_t size;
    const void *bytes = wire_get_bytes(arguments, &size);
    enum og_error error = wire_finish(arguments);
    uint64_t handle = error ? 0 : process_handle_add(worker, 0, &object);
    if (!error && !handle)
        error = OG_NO_MEMORY;
    if (error)
        return error;
    wire_put_bytes(process_callback_begin(worker, 0), bytes, size);
    error = process_callback_finish(worker, &answer);
    if (error)
        return error;
    bytes = wire_get_bytes(&answer, &size);
    wire_put_bytes(results, bytes, size);
    wire_put_u64(results, handle);
    return wire_finish(&answer);
}

const struct process_handler process_handlers[] = {
    [UNLUCKY_FAIL] = {fail_allocation},
    [UNLUCKY_ECHO] = {echo},
};
const size_t process_handler_count = 2;
