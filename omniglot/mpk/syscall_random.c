/* Randomness: the system's. */
#include "policy.h"

#include <errno.h>
#include <sys/random.h>

int64_t mpk_syscall_getrandom(struct mpk_syscall *call)
{
    size_t size = mpk_policy_at_once(call->arguments[1]);
    void *memory = mpk_policy_memory(call, call->arguments[0], size);
    if (!memory)
        return -EFAULT;
    ssize_t got = getrandom(memory, size, (unsigned)call->arguments[2] & GRND_NONBLOCK);
    return got < 0 ? -errno : got;
}
