/* What the families of system calls share: memory that an argument names, a result that is handed
 * out, a call that ends with a fault. */
#include "policy.h"

#include <errno.h>
#include <string.h>

void *mpk_policy_memory(const struct mpk_syscall *call, uint64_t address, size_t size)
{
    return mpk_arena_is_writable(&call->domain->arena, address, size) ? (void *)(uintptr_t)address
                                                                      : NULL;
}

const void *mpk_policy_readable(const struct mpk_syscall *call, uint64_t address, size_t size)
{
    return mpk_arena_is_readable(&call->domain->arena, address, size)
               ? (const void *)(uintptr_t)address
               : NULL;
}

int64_t mpk_policy_hand_out(const struct mpk_syscall *call, uint64_t address, const void *bytes,
                            size_t size)
{
    pthread_mutex_lock(&call->domain->lock);
    void *memory = mpk_policy_memory(call, address, size);
    if (memory)
        memcpy(memory, bytes, size);
    pthread_mutex_unlock(&call->domain->lock);
    return memory ? 0 : -EFAULT;
}

int64_t mpk_policy_fault(struct mpk_syscall *call, int signal, const char *message)
{
    call->ends_call = true;
    og_fail(&call->fault, OG_FAULTED, NULL, 0, message);
    call->fault.signal = signal;
    return -EPERM;
}
