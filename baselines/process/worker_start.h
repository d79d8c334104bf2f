/* How a worker program gets into its sandbox. */
#ifndef PROCESS_WORKER_START_H
#define PROCESS_WORKER_START_H

#include "baselines/process/channel.h"
#include "baselines/process/message.h"

/* What the host told the worker when it started, and the memory of the rings.
 * By the time main() runs the filter is in force. */
struct worker_start {
    struct worker_bootstrap bootstrap;
    void *rings;
};

const struct worker_start *worker_start(void);

/* Makes the worker's end of the connection. */
void worker_connect(struct channel *channel, const struct worker_start *given);

#endif
