/* What is said about a row's samples: their median and a bootstrapped confidence
 * interval of it. Medians, because timing noise has a tail on one side only. */
#ifndef BENCH_HARNESS_STATISTICS_H
#define BENCH_HARNESS_STATISTICS_H

#include <stddef.h>
#include <stdint.h>

enum { STATISTICS_SAMPLES_MAX = 999 };

struct interval {
    double low;
    double high;
};

/* Sorts the samples (finite numbers) upwards, in place. */
void statistics_sort(double *samples, size_t count);

/* The median of sorted samples; of an even number, the mean of the middle two.
 * count >= 1. */
double statistics_median(const double *sorted, size_t count);

/* The percentile bootstrap's interval of the median at `level` (0.95), from 2000
 * resamples of sorted samples drawn with `seed`: equal input, equal interval.
 * 1 <= count <= STATISTICS_SAMPLES_MAX. */
struct interval statistics_median_interval(const double *sorted, size_t count, double level,
                                           uint64_t seed);

#endif
