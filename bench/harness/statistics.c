/* Median and percentile bootstrap. A resample of sorted samples is kept as how
 * often each sample was drawn, so that its median is found without sorting. */
#include "bench/harness/statistics.h"

#include <stdlib.h>
#include <string.h>

#include "bench/harness/random.h"

enum { RESAMPLES = 2000 };

static int compare(const void *left, const void *right)
{
    double a = *(const double *)left;
    double b = *(const double *)right;
    return (a > b) - (a < b);
}

void statistics_sort(double *samples, size_t count)
{
    qsort(samples, count, sizeof(*samples), compare);
}

double statistics_median(const double *sorted, size_t count)
{
    double upper = sorted[count / 2];
    return count % 2 ? upper : sorted[count / 2 - 1] + (upper - sorted[count / 2 - 1]) / 2;
}

/* The sample that stands at `rank` (from 0) in a resample with these draws. */
static double sample_at(const double *sorted, const uint16_t *draws, size_t rank)
{
    size_t i = 0;
    for (size_t seen = draws[0]; seen <= rank; seen += draws[i])
        i++;
    return sorted[i];
}

static double resample_median(const double *sorted, size_t count, struct random *random)
{
    uint16_t draws[STATISTICS_SAMPLES_MAX];
    memset(draws, 0, count * sizeof(draws[0]));
    for (size_t i = 0; i < count; i++)
        draws[random_below(random, count)]++;
    double upper = sample_at(sorted, draws, count / 2);
    if (count % 2)
        return upper;
    double lower = sample_at(sorted, draws, count / 2 - 1);
    return lower + (upper - lower) / 2;
}

struct interval statistics_median_interval(const double *sorted, size_t count, double level,
                                           uint64_t seed)
{
    struct random random = {seed};
    double medians[RESAMPLES];
    for (size_t i = 0; i < RESAMPLES; i++)
        medians[i] = resample_median(sorted, count, &random);
    statistics_sort(medians, RESAMPLES);
    size_t outside = (size_t)((1 - level) / 2 * RESAMPLES + 0.5);
    return (struct interval){medians[outside], medians[RESAMPLES - 1 - outside]};
}
