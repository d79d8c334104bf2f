/* The worker program: waits for calls, hands them to the library's handlers, and
 * answers. The worker believes the host; a host that breaks off ends it. */
#include "baselines/process/worker.h"

#include "baselines/process/channel.h"
#include "baselines/process/handle.h"
#include "baselines/process/worker_start.h"
#include <unistd.h>

struct process_worker {
    struct channel channel;
    struct wire_writer results;
    struct wire_writer callback; /* arguments of the callback in progress */
    struct message_header call;
    uint32_t callback_id;
    struct handle_table handles;
};

/* _exit: at the end of a worker there is nothing to flush and nobody to tell. */
static void require(enum channel_status status)
{
    if (status)
        _exit(status == CHANNEL_CLOSED ? 0 : status == CHANNEL_NO_MEMORY ? WORKER_NO_MEMORY : 1);
}

static void start(struct process_worker *worker)
{
    const struct worker_start *given = worker_start();
    const struct worker_bootstrap *bootstrap = &given->bootstrap;
    worker_connect(&worker->channel, given);
    /* Far apart for workers that follow each other: a stale handle finds nothing. */
    worker->handles.stamp = (uint32_t)bootstrap->generation * 0x9e3779b1u;

    struct message_header ready = {.kind = MESSAGE_READY, .sequence = bootstrap->generation};
    channel_begin(&worker->channel, LANE_ANSWERS, &worker->results, false);
    if (wire_writer_error(&worker->results))
        _exit(WORKER_NO_MEMORY);
    require(channel_send(&worker->channel, LANE_ANSWERS, &ready, &worker->results));
}

static enum og_error dispatch(struct process_worker *worker, struct wire_reader *arguments)
{
    uint32_t function = worker->call.id;
    if (function >= process_handler_count || !process_handlers[function].serve)
        return OG_NOT_FOUND;
    enum og_error error = process_handlers[function].serve(worker, arguments, &worker->results);
    return error ? error : wire_writer_error(&worker->results);
}

static void serve_call(struct process_worker *worker)
{
    struct channel *channel = &worker->channel;
    struct wire_reader arguments;
    require(channel_receive(channel, LANE_CALLS, &worker->call, &arguments));
    if (worker->call.kind != MESSAGE_CALL)
        _exit(1);
    channel_begin(channel, LANE_ANSWERS, &worker->results, false);
    enum og_error error = dispatch(worker, &arguments);
    struct message_header answer = {.kind = MESSAGE_RETURN, .sequence = worker->call.sequence};
    if (error) {
        answer.kind = MESSAGE_REFUSED;
        answer.id = error;
        channel_begin(channel, LANE_ANSWERS, &worker->results, false);
        if (wire_writer_error(&worker->results))
            _exit(WORKER_NO_MEMORY);
    }
    /* Before the answer: the host may use the rings again from then on. */
    channel_release(channel, LANE_CALLED_BACK);
    channel_release(channel, LANE_CALLS);
    require(channel_send(channel, LANE_ANSWERS, &answer, &worker->results));
}

struct wire_writer *process_callback_begin(struct process_worker *worker, uint32_t callback)
{
    channel_release(&worker->channel, LANE_CALLED_BACK);
    worker->callback_id = callback;
    if (worker->results.reserved) {
        wire_writer_refuse(&worker->callback, OG_BUSY);
        return &worker->callback;
    }
    /* Results that were put so far make way for the callback's arguments. */
    wire_writer_leave_window(&worker->results);
    channel_begin(&worker->channel, LANE_ANSWERS, &worker->callback, false);
    return &worker->callback;
}

enum og_error process_callback_finish(struct process_worker *worker, struct wire_reader *results)
{
    enum og_error error = wire_writer_error(&worker->callback);
    if (error)
        return error;
    struct message_header header = {
        .kind = MESSAGE_CALLBACK, .id = worker->callback_id, .sequence = worker->call.sequence};
    require(channel_send(&worker->channel, LANE_ANSWERS, &header, &worker->callback));
    require(channel_receive(&worker->channel, LANE_CALLED_BACK, &header, results));
    if (header.kind != MESSAGE_CALLED_BACK || header.sequence != worker->call.sequence)
        _exit(1);
    return OG_OK;
}

uint64_t process_handle_add(struct process_worker *worker, uint32_t type, void *object)
{
    return handle_add(&worker->handles, type, object);
}

void *process_handle_get(const struct process_worker *worker, uint32_t type, uint64_t handle)
{
    return handle_get(&worker->handles, type, handle);
}

void *process_handle_remove(struct process_worker *worker, uint32_t type, uint64_t handle)
{
    return handle_remove(&worker->handles, type, handle);
}

int main(void)
{
    static struct process_worker worker;
    start(&worker);
    for (;;)
        serve_call(&worker);
}
