/* What the author of a worker program sees. The program is the archive
 * process-worker, which brings main() and the sandbox, and one source file with
 * the library's handlers:
 *
 *     static enum og_error add(struct process_worker *worker, struct wire_reader *arguments,
 *                              struct wire_writer *results)
 *     {
 *         uint64_t a = wire_get_u64(arguments), b = wire_get_u64(arguments);
 *         enum og_error error = wire_finish(arguments);
 *         if (error)
 *             return error;
 *         wire_put_u64(results, a + b);
 *         return OG_OK;
 *     }
 *     const struct process_handler process_handlers[] = {[ADD] = {add}};
 *     const size_t process_handler_count = 1;
 *
 * Handlers run one at a time, in one thread, under the system-call filter: they
 * may compute, allocate, read clocks and randomness, and nothing else. */
#ifndef PROCESS_WORKER_H
#define PROCESS_WORKER_H

#include "baselines/process/wire.h"
#include <omniglot/error.h>
#include <stddef.h>
#include <stdint.h>

struct process_worker;

/* Serves one function. Any error from OG_UNSUPPORTED to OG_CONTRACT, or
 * OG_POISONED, becomes the result of the host's process_call_finish; the worker
 * goes on. `results` copies what is put (wire_reserve avoids the copy), so local
 * variables can be put. Argument views are valid until the handler returns. */
typedef enum og_error process_serve(struct process_worker *worker, struct wire_reader *arguments,
                                    struct wire_writer *results);

/* The function number is the index in the table; a NULL `serve` is an unknown function. */
struct process_handler {
    process_serve *serve;
};

/* Defined by the library's worker source. */
extern const struct process_handler process_handlers[];
extern const size_t process_handler_count;

/* Calls the host back from inside a handler: begin, put the arguments, finish,
 * read the results (valid until the next callback or the handler's return).
 * Begin never returns NULL. Finish returns OG_OK, OG_BUSY (a wire_reserve of the
 * handler's results is open) or the writer's error; a host that has gone or
 * refuses ends the worker. */
struct wire_writer *process_callback_begin(struct process_worker *worker, uint32_t callback);
enum og_error process_callback_finish(struct process_worker *worker, struct wire_reader *results);

/* Objects that stay in the worker, named by the host with numbers. A handle is
 * never 0, never reused while its worker lives, and unknown to the next worker.
 * `type` is any number that tells the kinds of objects apart. */

/* The new handle, or 0 when there is no memory (or 65,536 are in use). */
uint64_t process_handle_add(struct process_worker *worker, uint32_t type, void *object);

/* The object, or NULL when there is none of that number and type: return
 * OG_BAD_ARGUMENT then. */
void *process_handle_get(const struct process_worker *worker, uint32_t type, uint64_t handle);

/* As process_handle_get, and forgets the handle; the object is the caller's to free. */
void *process_handle_remove(struct process_worker *worker, uint32_t type, uint64_t handle);

#endif
