/* Tries: to go on in the host, where it has called setjmp, by the host's own longjmp
 * From: CWE-691; Donky (Schrammel et al., USENIX Security 2020), on entry points
 * Observed: The host goes on at a place of the library's choice.
 * Needs: linux */
#include "attacks/attack.h"

FOREIGN(run)
{
    ((void (*)(void *, int))(uintptr_t)at->host_longjmp)(POINTER(void, at->jump_buffer), 1);
    return 0;
}
