/* Which messages can answer a call. */
#include "baselines/process/answer.h"

#include "baselines/process/process.h"

/* Errors that say something about the worker's life are the host's to find. */
static int is_handlers_error(uint32_t error)
{
    return (error >= OG_UNSUPPORTED && error <= OG_CONTRACT) || error == OG_POISONED;
}

const char *answer_problem(const struct message_header *header, uint64_t sequence)
{
    if (header->sequence != sequence)
        return "the worker answered another call than the one in progress";
    switch (header->kind) {
    case MESSAGE_RETURN:
        return header->id == 0 ? 0 : "the worker's return names a function";
    case MESSAGE_REFUSED:
        if (header->size)
            return "the worker refused a call and gave results";
        return is_handlers_error(header->id) ? 0 : "the worker refused with an unknown error";
    case MESSAGE_CALLBACK:
        return header->id < PROCESS_CALLBACKS ? 0
                                              : "the worker called back a function out of range";
    default:
        return "the worker sent a message that answers no call";
    }
}
