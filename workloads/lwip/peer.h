/* The other node: builds real Ethernet frames, with checksums, and takes the replies apart. It is
 * 10.0.0.1 at 02:00:00:00:00:01 and talks to 10.0.0.2 at 02:00:00:00:00:02. */
#ifndef WORKLOADS_LWIP_PEER_H
#define WORKLOADS_LWIP_PEER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { PEER_FIN = 1, PEER_SYN = 2, PEER_PUSH = 8, PEER_ACK = 16 };

/* Each writes a frame (at most 1514 bytes) and returns its size. Payloads are `size` bytes that
 * count up. */
size_t peer_arp_request(unsigned char *frame);
size_t peer_icmp_echo(unsigned char *frame, uint16_t sequence, size_t size);
size_t peer_udp_echo(unsigned char *frame, uint16_t port, size_t size);
size_t peer_tcp_segment(unsigned char *frame, uint16_t port, uint32_t sequence,
                        uint32_t acknowledged, unsigned flags, size_t size);

/* What the other side's next segment will begin with, if this frame is a segment of it. */
bool peer_tcp_next(const unsigned char *frame, size_t size, uint32_t *next);

/* Clears the IP header's identification, which counts packets, and its checksum. */
void peer_forget_identification(unsigned char *frame, size_t size);

#endif
