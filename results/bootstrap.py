"""Medians, and bootstrapped 95 % intervals of them and of ratios of two of them.

Repetitions are resampled with replacement. The generator is seeded by the caller with
the case's name, so a case has the same interval whatever else the run holds.
"""

import random

RESAMPLES = 2000


def median(values):
    """The median of a non-empty list."""
    ordered = sorted(values)
    middle = len(ordered) // 2
    if len(ordered) % 2:
        return ordered[middle]
    return (ordered[middle - 1] + ordered[middle]) / 2


def medians(values, seed, resamples=RESAMPLES):
    """The medians of `resamples` resamples of `values`; `seed` is any string."""
    generator = random.Random(seed)
    count = len(values)
    return [median(generator.choices(values, k=count)) for _ in range(resamples)]


def medians_of_processes(processes, seed, resamples=RESAMPLES):
    """The same where several processes measured, each with a list of its own: what is drawn is
    processes, and then repetitions of each, so that what differs from process to process is in
    the spread. Of each resample the same processes are drawn for every case, so that a ratio's
    two sides are of the same, and what disturbed both is in neither's favour."""
    if len(processes) == 1:
        return medians(processes[0], seed, resamples)
    which, generator = random.Random(len(processes)), random.Random(seed)
    return [median([cost for costs in which.choices(processes, k=len(processes))
                    for cost in generator.choices(costs, k=len(costs))]) for _ in range(resamples)]


def interval(values):
    """The 2.5 and 97.5 percentiles of bootstrapped values."""
    ordered = sorted(values)
    last = len(ordered) - 1
    return ordered[round(0.025 * last)], ordered[round(0.975 * last)]


def ratio(over, under, over_medians, under_medians):
    """median(over) / median(under) with the interval of the resampled ratios, widened if
    need be to hold the ratio itself. `under` must be above 0 throughout."""
    value = median(over) / median(under)
    low, high = interval([a / b for a, b in zip(over_medians, under_medians)])
    return value, min(low, value), max(high, value)
