/* What crossings.c and crossings-thunks.S share. */
#ifndef WORKLOADS_MODEL_CROSSINGS_THUNKS_H
#define WORKLOADS_MODEL_CROSSINGS_THUNKS_H

#define CROSSINGS_THUNKS     512
#define CROSSINGS_THUNK_SIZE 16

#endif
