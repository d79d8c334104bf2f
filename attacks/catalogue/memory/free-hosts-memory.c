/* Tries: to free a block of the host's, which the host goes on using
 * From: CWE-590; CWE-416
 * Observed: What the host has on its heap is another's.
 * Needs: linux */
#include "attacks/attack.h"

FOREIGN(run)
{
    ((void (*)(void *))(uintptr_t)at->host_free)(POINTER(void, at->canary_heap));
    return 0;
}
