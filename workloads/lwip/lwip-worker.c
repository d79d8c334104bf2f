/* The lwIP node in a worker process: one handler for each function of lwip.process.h, and its
 * frames sent to the host as callbacks. */
#include "baselines/process/worker.h"
#include "workloads/lwip/lwip.process.h"

static struct process_worker *serving; /* while a handler runs */
static enum og_error sending;

static void send_frame(const unsigned char *frame, size_t size)
{
    struct wire_reader results;
    wire_put_bytes(process_callback_begin(serving, LWIP_OUTPUT), frame, size);
    enum og_error error = process_callback_finish(serving, &results);
    if (!error)
        error = wire_finish(&results);
    if (error)
        sending = error;
}

static enum og_error start(struct process_worker *worker, struct wire_reader *arguments,
                           struct wire_writer *results)
{
    enum og_error error = wire_finish(arguments);
    if (error)
        return error;
    serving = worker;
    sending = OG_OK;
    int result = node_start(send_frame);
    wire_put_i64(results, result);
    return sending;
}

static enum og_error input(struct process_worker *worker, struct wire_reader *arguments,
                           struct wire_writer *results)
{
    size_t size;
    const unsigned char *frame = wire_get_bytes(arguments, &size);
    enum og_error error = wire_finish(arguments);
    if (error)
        return error;
    serving = worker;
    sending = OG_OK;
    int result = node_input(frame, size);
    wire_put_i64(results, result);
    return sending;
}

const struct process_handler process_handlers[] = {
    [LWIP_NODE_START] = {start},
    [LWIP_NODE_INPUT] = {input},
};

const size_t process_handler_count = LWIP_FUNCTION_COUNT;
