/* Tries: to write to a canary by process_vm_writev
 * From: PKU Pitfalls (Connor et al., USENIX Security 2020)
 * Observed: A canary that has changed.
 * Needs: linux */
#include "attacks/attack.h"

FOREIGN(run)
{
    uint64_t word = 0xbad;
    uint64_t local[2] = {ADDRESS(&word), 8}, remote[2] = {at->canary_global, 8};
    kernel6(SYS_process_vm_writev, at->host_process, ADDRESS(local), 1, ADDRESS(remote), 1, 0);
    return 0;
}
