/* Tries: to make a file in a resolver of a symbol, which the loader calls before any constructor
 * From: CWE-829; CVE-2024-3094 (xz), whose way in it was
 * Observed: A file that only the host may make.
 * Needs: linux, load
 * Run: resolver */
#include "attacks/attack.h"

/* foreign.c's resolver does it by itself: where it runs, nothing is relocated yet. */
FOREIGN(run)
{
    (void)at;
    return 0;
}
