/* The lwIP node: frames in, frames out. */
#include "workloads/lwip/node.h"
#include <omniglot/interface.h>

OG_LIBRARY(lwip, "liblwip.so");

/* Called for every frame that leaves, from node_start and node_input. */
void node_frame(const unsigned char *frame OG_IN(size),
                size_t size OG_RANGE(0, NODE_FRAME_MAX)) OG_CALLED_BACK;

int node_start(void (*output)(const unsigned char *frame, size_t size) OG_CALLBACK(node_frame))
    OG_RETURNS(-1, 0);

int node_input(const unsigned char *frame OG_IN(size), size_t size) OG_RETURNS(-1, 0);
