/* A node that breaks its interface, in the way that the frame's first byte says. The frame's next
 * four bytes are an address of the host's. */
#include "lying-node.h"

#include "board.h"
#include "workloads/lwip/node.h"

#include <stdint.h>
#include <string.h>

static node_output *output;

int node_start(node_output *to)
{
    output = to;
    return 0;
}

int node_input(const unsigned char *frame, size_t size)
{
    uintptr_t host;
    memcpy(&host, frame + 1, sizeof(host));
    (void)size;
    switch (frame[0]) {
    case LYING_IS_HONEST:
        output(frame, size);
        return 0;
    case LYING_SENDS_HOST_MEMORY:
        output((const unsigned char *)host, 64);
        return 0;
    case LYING_SENDS_PAST_ITS_MEMORY:
        output((const unsigned char *)(BOARD_RAM + BOARD_RAM_SIZE - 16), 64);
        return 0;
    case LYING_SENDS_TOO_MUCH:
        output(frame, NODE_FRAME_MAX + 1);
        return 0;
    case LYING_SENDS_NULL:
        output(NULL, 64);
        return 0;
    }
    return LYING_RESULT;
}
