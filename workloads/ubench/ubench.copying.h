/* ubench through the copying sandbox. Its functions take and return numbers, which cross as they
 * do in the og discipline; what differs is that nothing is used in place. */
#ifndef WORKLOADS_UBENCH_UBENCH_COPYING_H
#define WORKLOADS_UBENCH_UBENCH_COPYING_H

#include "workloads/discipline/copying.h"
#include "workloads/ubench/ubench.og.h"

#endif
