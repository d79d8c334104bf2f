/* Tries: to enter a function of the host's behind the check that it begins with
 * From: ERIM (Vahldiek-Oberwagner et al., USENIX Security 2019): what opens must check; CWE-691
 * Observed: The function behind the check was entered. */
#include "attacks/attack.h"

FOREIGN(run)
{
    ((void (*)(void))(uintptr_t)at->unchecked)();
    return 0;
}
