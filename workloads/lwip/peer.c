#include "workloads/lwip/peer.h"

#include <string.h>

enum {
    ETHERNET = 14,
    IP = 20,
    ICMP = 8,
    UDP = 8,
    TCP = 20,
    MINIMUM = 60, /* shorter frames are padded */
    TYPE_IP = 0x0800,
    TYPE_ARP = 0x0806,
    PROTOCOL_ICMP = 1,
    PROTOCOL_TCP = 6,
    PROTOCOL_UDP = 17,
    ECHO_PORT = 7,
    MAXIMUM_SEGMENT = 1460
};

static const unsigned char our_ethernet[6] = {2, 0, 0, 0, 0, 1},
                           their_ethernet[6] = {2, 0, 0, 0, 0, 2};
static const unsigned char our_ip[4] = {10, 0, 0, 1}, their_ip[4] = {10, 0, 0, 2};

static void put16(unsigned char *to, unsigned value)
{
    to[0] = (unsigned char)(value >> 8);
    to[1] = (unsigned char)value;
}

static void put32(unsigned char *to, uint32_t value)
{
    put16(to, value >> 16);
    put16(to + 2, value & 0xffff);
}

static uint32_t get16(const unsigned char *from)
{
    return (uint32_t)from[0] << 8 | from[1];
}

static uint32_t get32(const unsigned char *from)
{
    return get16(from) << 16 | get16(from + 2);
}

/* The internet checksum (RFC 1071) of the bytes, added to `sum`. */
static uint32_t add_up(uint32_t sum, const unsigned char *bytes, size_t size)
{
    size_t i = 0;
    for (; i + 1 < size; i += 2)
        sum += get16(bytes + i);
    if (i < size)
        sum += (uint32_t)bytes[i] << 8;
    return sum;
}

static unsigned fold(uint32_t sum)
{
    while (sum >> 16)
        sum = (sum & 0xffff) + (sum >> 16);
    return ~sum & 0xffff;
}

static void put_ethernet(unsigned char *frame, const unsigned char *to, unsigned type)
{
    memcpy(frame, to, 6);
    memcpy(frame + 6, our_ethernet, 6);
    put16(frame + 12, type);
}

/* The IP header of a packet with `size` bytes behind it; the frame's size. */
static size_t put_ip(unsigned char *frame, unsigned protocol, size_t size)
{
    unsigned char *ip = frame + ETHERNET;
    put_ethernet(frame, their_ethernet, TYPE_IP);
    memset(ip, 0, IP);
    ip[0] = 0x45;
    put16(ip + 2, (unsigned)(IP + size));
    ip[8] = 64;
    ip[9] = (unsigned char)protocol;
    memcpy(ip + 12, our_ip, 4);
    memcpy(ip + 16, their_ip, 4);
    put16(ip + 10, fold(add_up(0, ip, IP)));
    return ETHERNET + IP + size;
}

static size_t padded(unsigned char *frame, size_t size)
{
    if (size >= MINIMUM)
        return size;
    memset(frame + size, 0, MINIMUM - size);
    return MINIMUM;
}

static void put_payload(unsigned char *to, size_t size)
{
    for (size_t i = 0; i < size; i++)
        to[i] = (unsigned char)i;
}

size_t peer_arp_request(unsigned char *frame)
{
    static const unsigned char broadcast[6] = {255, 255, 255, 255, 255, 255};
    static const unsigned char head[8] = {0, 1, 8, 0, 6, 4, 0, 1};
    unsigned char *arp = frame + ETHERNET;
    put_ethernet(frame, broadcast, TYPE_ARP);
    memcpy(arp, head, sizeof(head));
    memcpy(arp + 8, our_ethernet, 6);
    memcpy(arp + 14, our_ip, 4);
    memset(arp + 18, 0, 6);
    memcpy(arp + 24, their_ip, 4);
    return padded(frame, ETHERNET + 28);
}

size_t peer_icmp_echo(unsigned char *frame, uint16_t sequence, size_t size)
{
    unsigned char *icmp = frame + ETHERNET + IP;
    memset(icmp, 0, ICMP);
    icmp[0] = 8;
    put16(icmp + 6, sequence);
    put_payload(icmp + ICMP, size);
    put16(icmp + 2, fold(add_up(0, icmp, ICMP + size)));
    return padded(frame, put_ip(frame, PROTOCOL_ICMP, ICMP + size));
}

/* The checksum of UDP and TCP, with the addresses that it covers. */
static unsigned transport_checksum(const unsigned char *bytes, unsigned protocol, size_t size)
{
    uint32_t sum = add_up(add_up(protocol + (uint32_t)size, our_ip, 4), their_ip, 4);
    return fold(add_up(sum, bytes, size));
}

size_t peer_udp_echo(unsigned char *frame, uint16_t port, size_t size)
{
    unsigned char *udp = frame + ETHERNET + IP;
    put16(udp, port);
    put16(udp + 2, ECHO_PORT);
    put16(udp + 4, (unsigned)(UDP + size));
    put16(udp + 6, 0);
    put_payload(udp + UDP, size);
    put16(udp + 6, transport_checksum(udp, PROTOCOL_UDP, UDP + size));
    return padded(frame, put_ip(frame, PROTOCOL_UDP, UDP + size));
}

size_t peer_tcp_segment(unsigned char *frame, uint16_t port, uint32_t sequence,
                        uint32_t acknowledged, unsigned flags, size_t size)
{
    unsigned char *tcp = frame + ETHERNET + IP;
    size_t header = flags & PEER_SYN ? TCP + 4 : TCP;
    memset(tcp, 0, header);
    put16(tcp, port);
    put16(tcp + 2, ECHO_PORT);
    put32(tcp + 4, sequence);
    put32(tcp + 8, flags & PEER_ACK ? acknowledged : 0);
    tcp[12] = (unsigned char)(header / 4 << 4);
    tcp[13] = (unsigned char)flags;
    put16(tcp + 14, 8192);
    if (flags & PEER_SYN) {
        tcp[TCP] = 2; /* the maximum segment size */
        tcp[TCP + 1] = 4;
        put16(tcp + TCP + 2, MAXIMUM_SEGMENT);
    }
    put_payload(tcp + header, size);
    put16(tcp + 16, transport_checksum(tcp, PROTOCOL_TCP, header + size));
    return padded(frame, put_ip(frame, PROTOCOL_TCP, header + size));
}

bool peer_tcp_next(const unsigned char *frame, size_t size, uint32_t *next)
{
    const unsigned char *ip = frame + ETHERNET, *tcp = ip + IP;
    if (size < ETHERNET + IP + TCP || get16(frame + 12) != TYPE_IP || ip[9] != PROTOCOL_TCP)
        return false;
    uint32_t payload = get16(ip + 2) - IP - 4u * (tcp[12] >> 4);
    *next = get32(tcp + 4) + payload + ((tcp[13] & (PEER_SYN | PEER_FIN)) != 0);
    return true;
}

void peer_forget_identification(unsigned char *frame, size_t size)
{
    if (size < ETHERNET + IP || get16(frame + 12) != TYPE_IP)
        return;
    memset(frame + ETHERNET + 4, 0, 2);
    memset(frame + ETHERNET + 10, 0, 2);
}
