/* What crosses between host and worker, whatever the transport: messages of a
 * fixed header and a payload (wire.h), and, once at the start over the socket,
 * the host's bootstrap and the worker's reports. Calls alternate strictly:
 *
 *     host                    worker
 *     CALL id, payload   ->
 *                        <-   CALLBACK id, payload    any number of times,
 *     CALLED_BACK        ->                           each answered
 *                        <-   RETURN, payload   or   REFUSED, id = enum og_error
 */
#ifndef PROCESS_MESSAGE_H
#define PROCESS_MESSAGE_H

#include <stddef.h>
#include <stdint.h>

/* Not small numbers: zeroed or random memory should not look like a message. */
enum message_kind {
    MESSAGE_READY = 0x4f470001,
    MESSAGE_CALL,
    MESSAGE_CALLBACK,
    MESSAGE_CALLED_BACK,
    MESSAGE_RETURN,
    MESSAGE_REFUSED
};

struct message_header {
    uint32_t kind;
    uint32_t id;       /* CALL: function; CALLBACK: callback; REFUSED: error; else 0 */
    uint64_t sequence; /* the call's number; every message of a call carries it */
    uint64_t size;     /* of the payload, a multiple of WIRE_WORD */
};

#define MESSAGE_HEADER    sizeof(struct message_header)
#define MESSAGE_LIMIT_MAX ((size_t)1 << 30)

/* The descriptors a worker starts with, beside /dev/null as 0, 1 and 2: the socket, and
 * for rings their memory, for pipes the end where calls come in and that for answers. */
enum { WORKER_SOCKET = 3, WORKER_RINGS = 4, WORKER_CALLS = 4, WORKER_ANSWERS = 5 };

/* What a worker exits with that has no memory for a message, so that there is none to say so. */
enum { WORKER_NO_MEMORY = 12 };

#define BOOTSTRAP_MAGIC   0x4f67426f
#define FILTER_LENGTH_MAX 1024

/* Host to worker, followed by `filter_length` struct sock_filter. */
struct worker_bootstrap {
    uint32_t magic;
    uint32_t transport;
    uint32_t ring_bytes;
    uint32_t spin_ns;
    uint64_t message_limit;
    uint64_t generation;
    uint32_t filter_length;
    uint32_t waiting; /* enum ring_waiting */
};

/* Child (before exec) and worker (before any library code runs) to host. */
#define REPORT_MAGIC 0x4f675265

enum worker_stage {
    STAGE_LIMITS = 1, /* resource limits, no_new_privs, descriptors: about to exec */
    STAGE_EXEC,       /* only when it failed */
    STAGE_BOOTSTRAP,
    STAGE_RINGS,
    STAGE_FILTER, /* the filter is in force: library code may run */
    STAGE_COUNT
};

struct worker_report {
    uint32_t magic;
    uint32_t stage;
    int32_t system_error; /* 0, or errno of what failed in this stage */
    uint32_t read_only_mounts;
    uint32_t landlock;
};

#endif
