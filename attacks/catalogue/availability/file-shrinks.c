/* Tries: to fault by a mapping of a file that has become shorter
 * From: CWE-367
 * Observed: The host is still there, and has its thread.
 * Needs: linux */
#include "attacks/attack.h"

FOREIGN(run)
{
    int file = (int)kernel3(SYS_memfd_create, ADDRESS("file"), 0, 0);
    kernel3(SYS_ftruncate, (uint64_t)file, 4096, 0);
    long page = kernel6(SYS_mmap, 0, 4096, 1, 2, (uint64_t)file, 0);
    kernel3(SYS_ftruncate, (uint64_t)file, 0, 0);
    kernel3(SYS_close, (uint64_t)file, 0, 0);
    return *POINTER(volatile uint8_t, page);
    return 0;
}
