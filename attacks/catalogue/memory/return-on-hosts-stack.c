/* Tries: to return with its stack pointer in the host's memory
 * From: Garmr (Voulimeneas et al.); CWE-787
 * Observed: The function that lies there as a return address was entered, or a canary has
 *   changed.
 * Needs: machine-code */
#include "attacks/attack.h"

FOREIGN(run)
{
    /* Behind the canary's page lies nothing of use: what is to be found is put there. */
    volatile uint64_t *top = POINTER(volatile uint64_t, at->canary_page + 4096 - 64);
    *top = at->forbidden;
    __asm__ volatile("mov %0, %%rsp\n\tret" : : "r"(top) : "memory");
    return 0;
}
