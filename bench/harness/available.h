/* The systems that this machine can run. One that it cannot is left out of everything the
 * program does, and said to be: it is never measured through something else. So are the pairs of
 * workload and system that there are not. */
#ifndef BENCH_HARNESS_AVAILABLE_H
#define BENCH_HARNESS_AVAILABLE_H

#include "bench/harness/failure.h"
#include "bench/harness/tables.h"

/* Makes *here of the tables whose systems can run, and prints a line to stderr for each
 * system that cannot and each pair that is not there. Fails when there is no memory. The caller
 * frees with available_free. */
bool available_tables(struct workload_tables *here, const struct workload_tables *all,
                      struct failure *failure);

/* Frees what available_tables made; all zero is fine. */
void available_free(struct workload_tables *here);

#endif
