/* The worker in a task: waits for calls, hands them to the library's handlers (worker.h), and
 * answers. It believes the host. */
#include "baselines/process/worker.h"

#include "baselines/process/handle.h"
#include "baselines/process/message.h"

#include <stdlib.h>

/* The longest message: the image says, since its RAM is what it takes. */
#ifndef TASK_MESSAGE_MAX
#define TASK_MESSAGE_MAX 4096
#endif

size_t task_exchange(const void *message, size_t size, void *buffer, size_t capacity);

struct process_worker {
    struct wire_writer results;
    struct wire_writer callback; /* arguments of the callback in progress */
    uint64_t sequence;
    uint32_t callback_id;
    struct handle_table handles;
};

static struct process_worker worker;
/* Views of a call's arguments last until its handler returns, so callbacks have a buffer of their
 * own. */
static uint64_t call_buffer[TASK_MESSAGE_MAX / 8];
static uint64_t callback_buffer[TASK_MESSAGE_MAX / 16];

static const struct message_header *exchange(struct wire_writer *writer, uint32_t kind, uint32_t id,
                                             uint64_t *buffer, size_t capacity,
                                             struct wire_reader *reader)
{
    const struct message_header header = {kind, id, worker.sequence, writer->used - MESSAGE_HEADER};
    const struct message_header *received = (const struct message_header *)buffer;
    memcpy(writer->base, &header, sizeof(header));
    task_exchange(writer->base, writer->used, buffer, capacity);
    wire_reader_begin(reader, (const uint8_t *)buffer + MESSAGE_HEADER, (size_t)received->size,
                      NULL);
    return received;
}

static void begin(struct wire_writer *writer)
{
    wire_writer_begin(writer, MESSAGE_HEADER, NULL, 0, TASK_MESSAGE_MAX, false);
    if (wire_writer_error(writer))
        abort();
}

static enum og_error dispatch(uint32_t function, struct wire_reader *arguments)
{
    if (function >= process_handler_count || !process_handlers[function].serve)
        return OG_NOT_FOUND;
    enum og_error error = process_handlers[function].serve(&worker, arguments, &worker.results);
    return error ? error : wire_writer_error(&worker.results);
}

/* Where the task begins. */
void task_main(void);
void task_main(void)
{
    struct wire_reader arguments;
    uint32_t kind = MESSAGE_READY, id = 0;
    worker.handles.stamp = 1;
    begin(&worker.results);
    for (;;) {
        const struct message_header *call =
            exchange(&worker.results, kind, id, call_buffer, sizeof(call_buffer), &arguments);
        worker.sequence = call->sequence;
        uint32_t function = call->id;
        begin(&worker.results);
        id = dispatch(function, &arguments);
        kind = id ? MESSAGE_REFUSED : MESSAGE_RETURN;
        if (id)
            begin(&worker.results);
    }
}

struct wire_writer *process_callback_begin(struct process_worker *self, uint32_t callback)
{
    self->callback_id = callback;
    begin(&self->callback);
    if (self->results.reserved)
        wire_writer_refuse(&self->callback, OG_BUSY);
    return &self->callback;
}

enum og_error process_callback_finish(struct process_worker *self, struct wire_reader *results)
{
    enum og_error error = wire_writer_error(&self->callback);
    if (error)
        return error;
    exchange(&self->callback, MESSAGE_CALLBACK, self->callback_id, callback_buffer,
             sizeof(callback_buffer), results);
    return OG_OK;
}

uint64_t process_handle_add(struct process_worker *self, uint32_t type, void *object)
{
    return handle_add(&self->handles, type, object);
}

void *process_handle_get(const struct process_worker *self, uint32_t type, uint64_t handle)
{
    return handle_get(&self->handles, type, handle);
}

void *process_handle_remove(struct process_worker *self, uint32_t type, uint64_t handle)
{
    return handle_remove(&self->handles, type, handle);
}
