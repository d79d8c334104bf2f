/* Tries: to make a file, by the system call instruction of the host's C library
 * From: PKU Pitfalls (Connor et al., USENIX Security 2020); Jenny (Schrammel et al., USENIX
 *   Security 2022)
 * Observed: A file that only the host may make.
 * Needs: linux */
#include "attacks/attack.h"

FOREIGN(run)
{
    ((long (*)(long, ...))(uintptr_t)at->host_system_call)(SYS_open, at->path, 0101, 0600);
    return 0;
}
