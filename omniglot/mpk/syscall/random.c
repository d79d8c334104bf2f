/* Randomness: the system's. */
#include "policy.h"

#include <errno.h>
#include <sys/random.h>

int64_t mpk_syscall_getrandom(struct mpk_syscall *call)
{
    size_t size = mpk_policy_at_once(call->arguments[1]);
    ssize_t got = -EFAULT;
    pthread_mutex_lock(&call->domain->lock);
    void *memory = mpk_policy_memory(call, call->arguments[0], size);
    if (memory)
        got = getrandom(memory, size, (unsigned)call->arguments[2] & GRND_NONBLOCK);
    if (memory && got < 0)
        got = -errno;
    pthread_mutex_unlock(&call->domain->lock);
    return got;
}
