/* Tries: to end the process by calls without an end
 * From: CWE-674
 * Observed: The host is still there. */
#include "attacks/attack.h"

__attribute__((noinline)) static uint64_t LOCAL(deeper)(uint64_t depth)
{
    volatile uint8_t room[4096];
    room[0] = (uint8_t)depth;
    return LOCAL(deeper)(depth + 1) + room[0];
}

FOREIGN(run)
{
    return LOCAL(deeper)(at->step);
}
