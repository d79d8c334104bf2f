/* Tries: to call a function of the host's that is no callback
 * From: Cerberus (Voulimeneas et al., EuroSys 2022); CWE-284
 * Observed: The function was entered. */
#include "attacks/attack.h"

FOREIGN(run)
{
    ((void (*)(void))(uintptr_t)at->forbidden)();
    return 0;
}
