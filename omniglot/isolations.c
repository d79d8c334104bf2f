/* The isolations of x86-64 Linux, the best first: the one place that knows them all. */
#include "omniglot/mpk/mpk.h"
#include "omniglot/none/none.h"
#include "omniglot/proc/proc.h"

const struct og_runtime *const og_runtimes[] = {&og_runtime_mpk, &og_runtime_proc, &og_runtime_none,
                                                NULL};
