#include "workloads/lwip/node.h"

#include <lwip/etharp.h>
#include <lwip/init.h>
#include <lwip/netif.h>
#include <lwip/pbuf.h>
#include <lwip/sys.h>
#include <lwip/tcp.h>
#include <lwip/udp.h>
#include <netif/ethernet.h>
#include <string.h>

enum { ECHO_PORT = 7 };

static struct netif interface;
static node_output *output;

/* The board's clock, for lwIP's timers: exchanges are shorter than any of them. */
u32_t sys_now(void)
{
    return 0;
}

static err_t send_frame(struct netif *netif, struct pbuf *frame)
{
    static unsigned char whole[NODE_FRAME_MAX];
    (void)netif;
    if (frame->tot_len > sizeof(whole))
        return ERR_BUF;
    if (!frame->next) {
        output(frame->payload, frame->len);
    } else {
        pbuf_copy_partial(frame, whole, frame->tot_len, 0);
        output(whole, frame->tot_len);
    }
    return ERR_OK;
}

static err_t start_interface(struct netif *netif)
{
    static const unsigned char address[ETH_HWADDR_LEN] = {0x02, 0, 0, 0, 0, 0x02};
    netif->name[0] = 'e';
    netif->name[1] = 'n';
    netif->output = etharp_output;
    netif->linkoutput = send_frame;
    netif->mtu = 1500;
    netif->hwaddr_len = ETH_HWADDR_LEN;
    memcpy(netif->hwaddr, address, sizeof(address));
    netif->flags = NETIF_FLAG_BROADCAST | NETIF_FLAG_ETHARP | NETIF_FLAG_ETHERNET;
    return ERR_OK;
}

static void echo_datagram(void *user, struct udp_pcb *socket, struct pbuf *datagram,
                          const ip_addr_t *address, u16_t port)
{
    (void)user;
    udp_sendto(socket, datagram, address, port);
    pbuf_free(datagram);
}

static err_t echo_segment(void *user, struct tcp_pcb *connection, struct pbuf *data, err_t error)
{
    (void)user;
    if (!data)
        return tcp_close(connection);
    for (struct pbuf *part = data; part && error == ERR_OK; part = part->next)
        error = tcp_write(connection, part->payload, part->len, TCP_WRITE_FLAG_COPY);
    tcp_recved(connection, data->tot_len);
    pbuf_free(data);
    return error == ERR_OK ? tcp_output(connection) : error;
}

static err_t accept_connection(void *user, struct tcp_pcb *connection, err_t error)
{
    (void)user;
    if (error == ERR_OK)
        tcp_recv(connection, echo_segment);
    return error;
}

static int start_services(void)
{
    struct udp_pcb *datagrams = udp_new();
    struct tcp_pcb *connections = tcp_new();
    if (!datagrams || !connections || udp_bind(datagrams, IP_ADDR_ANY, ECHO_PORT) ||
        tcp_bind(connections, IP_ADDR_ANY, ECHO_PORT))
        return -1;
    udp_recv(datagrams, echo_datagram, NULL);
    connections = tcp_listen(connections);
    if (!connections)
        return -1;
    tcp_accept(connections, accept_connection);
    return 0;
}

int node_start(node_output *to)
{
    ip4_addr_t address, mask, gateway;
    output = to;
    lwip_init();
    IP4_ADDR(&address, 10, 0, 0, 2);
    IP4_ADDR(&mask, 255, 255, 255, 0);
    IP4_ADDR(&gateway, 10, 0, 0, 1);
    if (!netif_add(&interface, &address, &mask, &gateway, NULL, start_interface, ethernet_input))
        return -1;
    netif_set_default(&interface);
    netif_set_link_up(&interface);
    netif_set_up(&interface);
    return start_services();
}

int node_input(const unsigned char *frame, size_t size)
{
    struct pbuf *packet =
        size <= NODE_FRAME_MAX ? pbuf_alloc(PBUF_RAW, (u16_t)size, PBUF_POOL) : NULL;
    if (!packet)
        return -1;
    pbuf_take(packet, frame, (u16_t)size);
    if (interface.input(packet, &interface) == ERR_OK)
        return 0;
    pbuf_free(packet);
    return -1;
}
