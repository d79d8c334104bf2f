/* What crossings.c and crossings_thunks.S share. */
#ifndef BENCH_MPK_MODEL_CROSSINGS_THUNKS_H
#define BENCH_MPK_MODEL_CROSSINGS_THUNKS_H

#define CROSSINGS_THUNKS     512
#define CROSSINGS_THUNK_SIZE 16

#endif
