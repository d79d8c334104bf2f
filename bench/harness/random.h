/* A small seeded generator (SplitMix64): the same seed gives the same numbers on
 * every machine, which is all the harness asks for. */
#ifndef BENCH_HARNESS_RANDOM_H
#define BENCH_HARNESS_RANDOM_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

struct random {
    uint64_t state; /* any value is a seed */
};

/* The next 64 random bits. */
uint64_t random_next(struct random *random);

/* A number in [0, bound); bound > 0. Its bias is below bound / 2^64. */
uint64_t random_below(struct random *random, uint64_t bound);

/* Fills `bytes` with random ones: what inputs are made of. */
void random_fill(struct random *random, unsigned char *bytes, size_t size);

#ifdef __cplusplus
}
#endif

#endif
