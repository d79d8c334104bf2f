/* Tries: to put another program in the host's place
 * From: Jenny (Schrammel et al., USENIX Security 2022)
 * Observed: The process ends as another program.
 * Needs: linux */
#include "attacks/attack.h"

FOREIGN(run)
{
    const char *arguments[] = {"/proc/self/exe", "--was-executed", NULL};
    kernel3(SYS_execve, ADDRESS(arguments[0]), ADDRESS(arguments), 0);
    return 0;
}
