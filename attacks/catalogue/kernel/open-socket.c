/* Tries: to open a socket, and with it a way out
 * From: CWE-918; Jenny (Schrammel et al., USENIX Security 2022)
 * Observed: A socket that the host did not open.
 * Needs: linux */
#include "attacks/attack.h"

FOREIGN(run)
{
    kernel3(SYS_socket, 1, 1, 0); /* AF_UNIX, SOCK_STREAM */
    return 0;
}
