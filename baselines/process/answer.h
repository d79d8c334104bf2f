/* The host's judgement of a message from the worker, apart from its size. */
#ifndef PROCESS_ANSWER_H
#define PROCESS_ANSWER_H

#include "baselines/process/message.h"

/* NULL when the message is one a worker may send during call number `sequence`:
 * then a CALLBACK's id is below PROCESS_CALLBACKS and a REFUSED's id is an error
 * that a handler may return. Else what is wrong with it. */
const char *answer_problem(const struct message_header *header, uint64_t sequence);

#endif
