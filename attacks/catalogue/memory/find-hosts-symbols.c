/* Tries: to find the host's functions by their names and to call one
 * From: CWE-284; Cerberus (Voulimeneas et al., EuroSys 2022)
 * Observed: The function was entered.
 * Needs: linux */
#include "attacks/attack.h"

#include <dlfcn.h>

FOREIGN(run)
{
    void *(*find)(void *, const char *) = dlsym;
    void (*function)(void) = (void (*)(void))find(RTLD_DEFAULT, "attack_exported");
    (void)at;
    if (function)
        function();
    return 0;
}
