/* What workloads have in the copying discipline over WebAssembly. */
#ifndef BENCH_WORKLOAD_WASM_H
#define BENCH_WORKLOAD_WASM_H

#include <stddef.h>

/* There is nothing to choose. */
#define CASE_OPTIONS(...) NULL

#define RESIDENT_PLACEMENT 0

#endif
