/* lwIP's configuration: its raw API without an operating system, IPv4, and what a small node
 * needs. */
#ifndef WORKLOADS_LWIP_RV32_LWIPOPTS_H
#define WORKLOADS_LWIP_RV32_LWIPOPTS_H

#define NO_SYS               1
#define SYS_LIGHTWEIGHT_PROT 0
#define LWIP_SOCKET          0
#define LWIP_NETCONN         0
#define LWIP_STATS           0
#define LWIP_IPV6            0
#define LWIP_DHCP            0
#define LWIP_DNS             0
#define LWIP_IGMP            0
#define IP_REASSEMBLY        0
#define IP_FRAG              0

#define MEM_ALIGNMENT    4
#define MEM_SIZE         16384
#define PBUF_POOL_SIZE   8
#define MEMP_NUM_TCP_PCB 4
#define MEMP_NUM_TCP_SEG 16
#define TCP_MSS          1460
#define TCP_WND          (4 * TCP_MSS)
#define TCP_SND_BUF      (4 * TCP_MSS)
#define TCP_SND_QUEUELEN 16

#endif
