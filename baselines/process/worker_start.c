/* Installs the filter the host sends, before any code of the library runs: from
 * DT_PREINIT_ARRAY, which the dynamic loader calls ahead of every constructor.
 * (What a library could still run earlier are IFUNC resolvers, while the loader
 * relocates it.) Under AddressSanitizer, whose own start needs more than the
 * filter grants, main() does it. */
#include "baselines/process/worker_start.h"

#include "baselines/process/filter.h"
#include "baselines/process/process.h"
#include "baselines/process/ring.h"
#include <errno.h>
#include <linux/seccomp.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

static struct worker_start start;

static _Noreturn void give_up(enum worker_stage stage, int error)
{
    struct worker_report words = {
        .magic = REPORT_MAGIC, .stage = stage, .system_error = error ? error : EPROTO};
    send(WORKER_SOCKET, &words, sizeof words, MSG_NOSIGNAL);
    _exit(127);
}

/* A host that has gone is nobody to report to. */
static void receive(void *bytes, size_t size)
{
    ssize_t received;
    do
        received = recv(WORKER_SOCKET, bytes, size, MSG_WAITALL);
    while (received < 0 && errno == EINTR);
    if (received != (ssize_t)size)
        _exit(127);
}

static void map_rings(void)
{
    size_t size = ring_memory_size(start.bootstrap.ring_bytes);
    start.rings = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, WORKER_RINGS, 0);
    if (start.rings == MAP_FAILED)
        give_up(STAGE_RINGS, errno);
    close(WORKER_RINGS);
}

static void enter(void)
{
    static struct sock_filter instructions[FILTER_LENGTH_MAX];
    /* First the signal, then the look at the socket: a host that died before the
     * first shows as its closed end in the second. */
    if (prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0) != 0)
        give_up(STAGE_BOOTSTRAP, errno);
    receive(&start.bootstrap, sizeof start.bootstrap);
    if (start.bootstrap.magic != BOOTSTRAP_MAGIC ||
        start.bootstrap.filter_length > FILTER_LENGTH_MAX)
        give_up(STAGE_BOOTSTRAP, EPROTO);
    receive(instructions, start.bootstrap.filter_length * sizeof instructions[0]);
    if (start.bootstrap.transport == PROCESS_RING)
        map_rings();
    struct sock_fprog program = {.len = (unsigned short)start.bootstrap.filter_length,
                                 .filter = instructions};
    /* No new descriptors; the ones that are open stay. */
    struct rlimit none = {0, 0};
    /* Nor a core: its limit is not asked where cores go to a program. */
    if (setrlimit(RLIMIT_NOFILE, &none) != 0 || prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) != 0 ||
        syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &program) != 0)
        give_up(STAGE_FILTER, errno);
    struct worker_report inside = {.magic = REPORT_MAGIC, .stage = STAGE_FILTER};
    struct iovec words = {.iov_base = &inside, .iov_len = sizeof inside};
    struct msghdr message = {.msg_iov = &words, .msg_iovlen = 1};
    if (sendmsg(WORKER_SOCKET, &message, MSG_NOSIGNAL) != sizeof inside)
        _exit(127);
}

#if !PROCESS_SANITIZED
__attribute__((section(".preinit_array"), used)) static void (*const enter_first)(void) = enter;
#endif

const struct worker_start *worker_start(void)
{
    if (PROCESS_SANITIZED)
        enter();
    return &start;
}

void worker_connect(struct channel *channel, const struct worker_start *given)
{
    const struct worker_bootstrap *bootstrap = &given->bootstrap;
    const struct ring_patience patience = {.spin_ns = bootstrap->spin_ns,
                                           .waiting = (enum ring_waiting)bootstrap->waiting,
                                           .process = -1,
                                           .deadline = UINT64_MAX};
    switch (bootstrap->transport) {
    case PROCESS_RING:
        channel_init_rings(channel, given->rings, bootstrap->ring_bytes, false,
                           bootstrap->message_limit, &patience);
        break;
    case PROCESS_PIPE:
        channel_init_pipes(channel, WORKER_CALLS, WORKER_ANSWERS, false, bootstrap->message_limit);
        break;
    default:
        channel_init_socket(channel, WORKER_SOCKET, false, bootstrap->message_limit);
    }
}
