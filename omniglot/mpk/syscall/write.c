/* Writes go nowhere: a library that complains on stderr is heard by nobody, and goes on. */
#include "policy.h"

#include <errno.h>
#include <sys/uio.h>

static bool is_output(uint64_t descriptor)
{
    return descriptor == 1 || descriptor == 2;
}

int64_t mpk_syscall_write(struct mpk_syscall *call)
{
    return is_output(call->arguments[0]) ? (int64_t)(call->arguments[2] & INT32_MAX) : -EBADF;
}

int64_t mpk_syscall_writev(struct mpk_syscall *call)
{
    uint64_t count = call->arguments[2], total = 0;
    if (!is_output(call->arguments[0]) || count > 1024)
        return is_output(call->arguments[0]) ? -EINVAL : -EBADF;
    const struct iovec *parts =
        mpk_policy_readable(call, call->arguments[1], count * sizeof(struct iovec));
    if (!parts)
        return -EFAULT;
    for (uint64_t i = 0; i < count; i++)
        total += parts[i].iov_len;
    return (int64_t)(total & INT32_MAX);
}
