/* The host's side of the process sandbox (process.h) over a task and the kernel's messages. */
#include "task.h"

#include "baselines/process/answer.h"
#include "baselines/process/message.h"
#include "baselines/process/process.h"
#include "omniglot/rv32/kernel.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MESSAGE_LIMIT = 64 * 1024 };

struct callback {
    process_callback *function;
    void *user;
};

struct process_sandbox {
    struct task task;
    struct wire_writer arguments, called_back;
    uint8_t *received; /* the host's copy of the task's last message */
    size_t received_capacity;
    uint64_t generation, sequence;
    uint64_t deadline; /* of the call that is under way; the host's callbacks do not count */
    uint32_t function, deadline_ms;
    bool in_call, in_callback;
    struct callback callbacks[PROCESS_CALLBACKS];
};

/* Ends the task; the next call gets a fresh one. */
static enum og_error lose(struct process_sandbox *sandbox, enum og_error error, uintptr_t address,
                          const char *message, struct og_fault *fault)
{
    task_stop(&sandbox->task);
    sandbox->generation++;
    return og_fail(fault, error, NULL, address, message);
}

/* Copies the message, header first, from the host to where the task waits for it. */
static bool deliver(struct process_sandbox *sandbox, struct wire_writer *writer, uint32_t kind,
                    uint32_t id)
{
    struct task *task = &sandbox->task;
    size_t size = writer->used + writer->referenced;
    const struct message_header header = {kind, id, sandbox->sequence, size - MESSAGE_HEADER};
    if (size > task->capacity || task->state != TASK_WAITING)
        return false;
    memcpy(writer->base, &header, sizeof(header));
    uint8_t *to = (uint8_t *)task->buffer;
    size_t copied = 0;
    for (unsigned i = 0; i < writer->piece_count; i++) {
        const struct wire_piece *piece = &writer->pieces[i];
        memcpy(to, writer->base + copied, piece->at - copied);
        to += piece->at - copied;
        copied = piece->at;
        memcpy(to, piece->bytes, piece->size);
        to += piece->size;
    }
    memcpy(to, writer->base + copied, writer->used - copied);
    task->registers[9] = size; /* a0: what its system call returns */
    task->state = TASK_READY;
    return true;
}

static void set_deadline(struct process_sandbox *sandbox)
{
    sandbox->deadline = kernel_time() + (uint64_t)sandbox->deadline_ms * KERNEL_TICKS_PER_MS;
}

/* What ended the task, in words. */
static enum og_error died(struct process_sandbox *sandbox, struct og_fault *fault)
{
    struct task *task = &sandbox->task;
    char message[64];
    if (task->cause == TASK_BAD_EXCHANGE)
        return lose(sandbox, OG_FAULTED, task->message,
                    "the task named memory that is not its own for a message", fault);
    snprintf(message, sizeof(message), "the task trapped: mcause %u", (unsigned)task->cause);
    return lose(sandbox, OG_FAULTED, task->value, message, fault);
}

/* Runs the task until it has sent a message, and copies that; OG_OK or why there is none. */
static enum og_error collect(struct process_sandbox *sandbox, struct message_header *header,
                             struct wire_reader *reader, struct og_fault *fault)
{
    struct task *task = &sandbox->task;
    if (!task_run_until_waiting(task, sandbox->deadline))
        return lose(sandbox, OG_DEADLINE, task->pc, "the task ran past its deadline", fault);
    if (task->state == TASK_DEAD)
        return died(sandbox, fault);
    if (task->message_size > sandbox->received_capacity) {
        uint8_t *larger = task->message_size <= MESSAGE_LIMIT
                              ? realloc(sandbox->received, task->message_size)
                              : NULL;
        if (!larger)
            return lose(sandbox, OG_NO_MEMORY, 0, "the host has no room for the answer", fault);
        sandbox->received = larger;
        sandbox->received_capacity = task->message_size;
    }
    if (task->message_size < MESSAGE_HEADER)
        return lose(sandbox, OG_CONTRACT, 0, "the answer has no header", fault);
    memcpy(sandbox->received, (const void *)task->message, task->message_size);
    memcpy(header, sandbox->received, sizeof(*header));
    if (header->size != task->message_size - MESSAGE_HEADER || header->size % WIRE_WORD)
        return lose(sandbox, OG_CONTRACT, 0, "the answer's size is not what it says", fault);
    wire_reader_begin(reader, sandbox->received + MESSAGE_HEADER, header->size, NULL);
    return OG_OK;
}

static enum og_error start(struct process_sandbox *sandbox, struct og_fault *fault)
{
    struct message_header header = {0};
    struct wire_reader reader;
    if (!kernel_take_traps(task_trap))
        return og_fail(fault, OG_UNSUPPORTED, NULL, 0,
                       "this program has domains: it cannot run tasks as well");
    task_start(&sandbox->task, sandbox->task.image);
    if (sandbox->task.state != TASK_READY)
        return og_fail(fault, OG_NO_MEMORY, NULL, 0, "4 tasks run: close one");
    set_deadline(sandbox);
    enum og_error error = collect(sandbox, &header, &reader, fault);
    if (!error && header.kind != MESSAGE_READY)
        error = lose(sandbox, OG_CONTRACT, 0, "the task does not begin as it should", fault);
    return error;
}

enum og_error process_open(struct process_sandbox **result, const struct process_options *options,
                           struct og_fault *fault)
{
    char name[64];
    *result = NULL;
    if (!options->library)
        return og_fail(fault, OG_BAD_ARGUMENT, NULL, 0, "which library is not said");
    snprintf(name, sizeof(name), "og-worker-%s", options->library);
    const struct pmp_library *image = pmp_library_find(name);
    if (!image)
        return og_fail(fault, OG_NOT_FOUND, name, 0, "the flash image has no such task");
    if (task_image_is_used(image))
        return og_fail(fault, OG_BUSY, name, 0,
                       "the image has memory for one such task, and it runs");
    struct process_sandbox *sandbox = calloc(1, sizeof(*sandbox));
    if (!sandbox)
        return og_out_of_memory(fault);
    sandbox->task.image = image;
    sandbox->deadline_ms =
        options->deadline_ms ? options->deadline_ms : PROCESS_DEFAULT_DEADLINE_MS;
    sandbox->generation = 1;
    enum og_error error = start(sandbox, fault);
    if (error)
        process_close(sandbox);
    else
        *result = sandbox;
    return error;
}

void process_close(struct process_sandbox *sandbox)
{
    if (!sandbox)
        return;
    task_stop(&sandbox->task);
    wire_writer_free(&sandbox->arguments);
    wire_writer_free(&sandbox->called_back);
    free(sandbox->received);
    free(sandbox);
}

enum og_error process_reset(struct process_sandbox *sandbox, struct og_fault *fault)
{
    if (sandbox->in_call)
        return og_fail(fault, OG_BUSY, NULL, 0, "a call is under way");
    sandbox->generation++;
    return start(sandbox, fault);
}

uint64_t process_generation(const struct process_sandbox *sandbox)
{
    return sandbox->generation;
}

pid_t process_worker_pid(const struct process_sandbox *sandbox)
{
    return sandbox->task.state != TASK_DEAD;
}

struct process_confinement process_confinement(const struct process_sandbox *sandbox)
{
    /* None of these: it is the PMP that confines a task. */
    (void)sandbox;
    return (struct process_confinement){0};
}

struct wire_writer *process_call_begin(struct process_sandbox *sandbox, uint32_t function)
{
    struct wire_writer *arguments = &sandbox->arguments;
    if (sandbox->in_call) {
        wire_writer_refuse(arguments, OG_BUSY);
        return arguments;
    }
    wire_writer_begin(arguments, MESSAGE_HEADER, NULL, 0, MESSAGE_LIMIT, true);
    sandbox->function = function;
    return arguments;
}

/* Runs the callback that the task asked for, and sends back what it gives. */
static enum og_error call_back(struct process_sandbox *sandbox, uint32_t id,
                               struct wire_reader *reader, struct og_fault *fault)
{
    struct wire_writer *writer = &sandbox->called_back;
    if (!sandbox->callbacks[id].function)
        return lose(sandbox, OG_CONTRACT, 0, "the task called a callback that there is not", fault);
    wire_writer_begin(writer, MESSAGE_HEADER, NULL, 0, MESSAGE_LIMIT, false);
    uint64_t before = kernel_time();
    sandbox->in_callback = true;
    enum og_error error =
        sandbox->callbacks[id].function(sandbox->callbacks[id].user, reader, writer);
    sandbox->in_callback = false;
    /* The deadline is the task's: our own time does not count. */
    uint64_t now = kernel_time();
    sandbox->deadline += now - before;
    if (!error)
        error = wire_writer_error(writer);
    if (error)
        return lose(sandbox, error, 0, "the callback refused", fault);
    if (now >= sandbox->deadline)
        return lose(sandbox, OG_DEADLINE, 0, "the task called back past its deadline", fault);
    return deliver(sandbox, writer, MESSAGE_CALLED_BACK, 0)
               ? OG_OK
               : lose(sandbox, OG_OVERFLOW, 0, "the task has no room for what it gets", fault);
}

static enum og_error serve(struct process_sandbox *sandbox, struct wire_reader *results,
                           struct og_fault *fault)
{
    for (;;) {
        struct message_header header = {0};
        enum og_error error = collect(sandbox, &header, results, fault);
        if (error)
            return error;
        const char *lie = answer_problem(&header, sandbox->sequence);
        if (lie)
            return lose(sandbox, OG_CONTRACT, 0, lie, fault);
        if (header.kind == MESSAGE_RETURN)
            return OG_OK;
        if (header.kind == MESSAGE_REFUSED)
            return og_fail(fault, (enum og_error)header.id, NULL, 0, "the task refused the call");
        error = call_back(sandbox, header.id, results, fault);
        if (error)
            return error;
    }
}

enum og_error process_call_finish(struct process_sandbox *sandbox, struct wire_reader *results,
                                  struct og_fault *fault)
{
    enum og_error error = wire_writer_error(&sandbox->arguments);
    if (sandbox->in_call)
        return og_fail(fault, OG_BUSY, NULL, 0, "a callback cannot call into its own sandbox");
    if (error)
        return og_fail(fault, error, NULL, 0, "the arguments were not sent");
    if (sandbox->task.state == TASK_DEAD)
        error = start(sandbox, fault);
    if (error)
        return error;
    sandbox->sequence++;
    if (!deliver(sandbox, &sandbox->arguments, MESSAGE_CALL, sandbox->function))
        return og_fail(fault, OG_OVERFLOW, NULL, 0, "the task has no room for the arguments");
    sandbox->in_call = true;
    set_deadline(sandbox);
    error = serve(sandbox, results, fault);
    sandbox->in_call = false;
    return error;
}

enum og_error process_results_finish(struct process_sandbox *sandbox, struct wire_reader *results,
                                     struct og_fault *fault)
{
    enum og_error error = wire_finish(results);
    return error ? process_distrust(sandbox, results->problem, fault) : OG_OK;
}

enum og_error process_distrust(struct process_sandbox *sandbox, const char *what,
                               struct og_fault *fault)
{
    /* Inside a callback it is the callback's error that ends the task. */
    return sandbox->in_callback ? og_fail(fault, OG_CONTRACT, NULL, 0, what)
                                : lose(sandbox, OG_CONTRACT, 0, what, fault);
}

enum og_error process_callback_register(struct process_sandbox *sandbox, uint32_t id,
                                        process_callback *function, void *user)
{
    if (id >= PROCESS_CALLBACKS)
        return OG_BAD_ARGUMENT;
    sandbox->callbacks[id] = (struct callback){function, user};
    return OG_OK;
}
