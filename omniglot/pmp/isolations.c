/* The isolations of the embedded target, the best first. */
#include "omniglot/pmp/pmp.h"

const struct og_runtime *const og_runtimes[] = {&og_runtime_pmp, &og_runtime_none, NULL};
