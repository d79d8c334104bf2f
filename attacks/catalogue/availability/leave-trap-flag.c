/* Tries: to return with the trap flag set: the host's next instruction traps
 * From: CWE-664; CVE-2018-8897
 * Observed: The host is still there, and has its thread.
 * Needs: machine-code */
#include "attacks/attack.h"

FOREIGN(run)
{
    __asm__ volatile("pushf\n\torq $0x100, (%%rsp)\n\tpopf" : : : "memory");
    return 0;
}
