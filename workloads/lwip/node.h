/* A node on an Ethernet: lwIP with its port to this board, one interface, and the services that it
 * offers: ARP and ICMP echo by lwIP itself, UDP echo and TCP echo on port 7. What the firmware
 * around it sees is this: frames in, frames out. Part of the library, isolated with it. */
#ifndef WORKLOADS_LWIP_NODE_H
#define WORKLOADS_LWIP_NODE_H

#include <stddef.h>

enum { NODE_FRAME_MAX = 1514 };

/* Called for every frame that leaves; the frame lasts until it returns. */
typedef void node_output(const unsigned char *frame, size_t size);

/* Starts the stack. 0, or -1 if it has no memory. */
int node_start(node_output *output);

/* Hands it a frame that arrived. 0, or -1 if it was dropped for want of memory. */
int node_input(const unsigned char *frame, size_t size);

#endif
