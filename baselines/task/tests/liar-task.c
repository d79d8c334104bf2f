/* A task that serves calls wrongly, in the way that the called function's number says. */
#include "liar-task.h"

#include "baselines/process/message.h"
#include "omniglot/error.h"

#include <string.h>

size_t task_exchange(const void *message, size_t size, void *buffer, size_t capacity);

static uint64_t received[512];
static struct {
    struct message_header header;
    uint64_t payload[2];
} sent;

static void wild(uintptr_t address)
{
    *(volatile uint32_t *)address = 1;
}

/* Answers the call that lies in `received`, and waits for the next. */
static void answer(uint32_t function, uint64_t sequence)
{
    const void *message = &sent;
    size_t size = sizeof(struct message_header) + sizeof(uint64_t);
    void *buffer = received;
    size_t capacity = sizeof(received);
    sent.header = (struct message_header){MESSAGE_RETURN, 0, sequence, sizeof(uint64_t)};
    sent.payload[0] = LIAR_ANSWER;
    switch (function) {
    case LIAR_WRITES_HOST_MEMORY:
        wild(received[3]);
        break;
    case LIAR_SENDS_HOST_MEMORY:
        message = (const void *)(uintptr_t)received[3];
        break;
    case LIAR_RECEIVES_INTO_HOST_MEMORY:
        buffer = (void *)(uintptr_t)received[3];
        break;
    case LIAR_SENDS_MORE_THAN_IT_HAS:
        size = (size_t)-16;
        break;
    case LIAR_LIES_ABOUT_THE_SIZE:
        sent.header.size = 4096;
        break;
    case LIAR_ANSWERS_ANOTHER_CALL:
        sent.header.sequence = sequence + 1;
        break;
    case LIAR_CALLS_A_CALLBACK_THAT_THERE_IS_NOT:
        sent.header.kind = MESSAGE_CALLBACK;
        sent.header.id = 5;
        break;
    case LIAR_SENDS_AN_UNKNOWN_KIND:
        sent.header.kind = 3;
        break;
    case LIAR_REFUSES_WITH_NO_ERROR:
        sent.header.kind = MESSAGE_REFUSED;
        break;
    case LIAR_LOOPS:
        for (;;)
            __asm__ volatile("");
    case LIAR_SENDS_NOTHING:
        size = 0;
        break;
    case LIAR_RETURNS_AN_ERROR:
        sent.header.id = 1;
        break;
    case LIAR_REFUSES_WITH_RESULTS:
        sent.header.kind = MESSAGE_REFUSED;
        sent.header.id = OG_INVALID;
        break;
    case LIAR_REFUSES_AS_IF_IT_HAD_FAULTED:
        sent.header = (struct message_header){MESSAGE_REFUSED, OG_FAULTED, sequence, 0};
        size = sizeof(struct message_header);
        break;
    case LIAR_CALLS_BACK:
    case LIAR_CALLS_BACK_FOR_EVER:
        sent.header.kind = MESSAGE_CALLBACK;
        do
            task_exchange(message, size, buffer, capacity);
        while (function == LIAR_CALLS_BACK_FOR_EVER);
        sent.header.kind = MESSAGE_RETURN;
        sent.payload[0] = received[3];
        break;
    default:
        break;
    }
    task_exchange(message, size, buffer, capacity);
}

void task_main(void);
void task_main(void)
{
    sent.header = (struct message_header){MESSAGE_READY, 0, 0, 0};
    task_exchange(&sent, sizeof(sent.header), received, sizeof(received));
    for (;;) {
        struct message_header call;
        memcpy(&call, received, sizeof(call));
        answer(call.id, call.sequence);
    }
}
