#!/usr/bin/env -S python3 -B
"""What differences a run can resolve: it has some systems twice, under two names, and whatever they
differ by is none of theirs.

usage: results/resolution.py RUN       says so for each workload

The second time is called `raw-again`, `og-none-again`; its repetitions are in <run>/raw and it has
no row in results.csv. A run that has none twice resolves nobody knows what.
"""

import csv
import math
import os
import sys
from typing import NamedTuple

import bootstrap
import repetitions
import significance
import table
import whole_file

FILE = "resolution.csv"
COLUMNS = ("target", "workload", "pairs", "spread", "ratio")
AGAIN = "-again"
ENOUGH = 5  # pairs; with fewer a workload is told from the whole target
ALL = "*"


class Resolved(NamedTuple):
    """Of the pairs of one workload, or of all: how many, the standard deviation that their
    differences have beyond what their own repetitions explain, and the ratio that 95 % of them
    are within."""

    pairs: int
    spread: float
    ratio: float


def error_of(costs, seed):
    """The standard error of the logarithm of the costs' median; bootstrapped."""
    logs = [math.log(median) for median in bootstrap.medians(costs, seed, 400)]
    mean = sum(logs) / len(logs)
    return math.sqrt(sum((log - mean) ** 2 for log in logs) / (len(logs) - 1))


def pairs_of(samples):
    """Yields (target, workload, Difference) of each case that was measured twice."""
    for where, again in sorted(samples.items()):
        if not where[3].endswith(AGAIN):
            continue
        once = samples.get((*where[:3], where[3][:-len(AGAIN)], *where[4:]))
        if not once or min(once) <= 0 or min(again) <= 0:
            continue
        value = math.log(bootstrap.median(again) / bootstrap.median(once))
        yield where[0], where[1], significance.Difference(
            value, math.hypot(error_of(once, f"{where} once"), error_of(again, f"{where} again")))


def resolved(differences):
    """What these pairs say."""
    beyond = sum(d.value ** 2 - d.error ** 2 for d in differences) / len(differences)
    sizes = sorted(abs(d.value) for d in differences)
    return Resolved(len(sizes), math.sqrt(max(0.0, beyond)),
                    math.exp(sizes[math.ceil(0.95 * len(sizes)) - 1]))


def of_samples(samples):
    """{(target, workload): Resolved}, with ALL for all of a target's workloads together."""
    found = {}
    for target, workload, difference in pairs_of(samples):
        found.setdefault((target, workload), []).append(difference)
        found.setdefault((target, ALL), []).append(difference)
    return {where: resolved(differences) for where, differences in found.items()
            if where[1] == ALL or len(differences) >= ENOUGH}


def of(found, target, workload):
    """What is resolved there; None where nothing was measured twice."""
    return found.get((target, workload)) or found.get((target, ALL))


def spread(found, target, workload):
    """The standard deviation of logarithms that is nobody's; 0 where nobody knows."""
    there = of(found, target, workload)
    return there.spread if there else 0.0


def write(run, found):
    """Writes <run>/resolution.csv."""
    whole_file.write(os.path.join(run, FILE), "".join(",".join(line) + "\n" for line in (
        COLUMNS, *((*where, str(there.pairs), f"{there.spread:.6g}", f"{there.ratio:.6g}")
                   for where, there in sorted(found.items())))))


def read(run):
    """What write has written; nothing where there is no such file. Raises table.Damage."""
    path = os.path.join(run, FILE)
    if not os.path.exists(path):
        return {}
    found = {}
    with open(path, encoding="utf-8", newline="") as file:
        for number, line in enumerate(csv.reader(file), start=1):
            try:
                if number > 1:
                    found[line[0], line[1]] = Resolved(int(line[2]), float(line[3]), float(line[4]))
                elif tuple(line) != COLUMNS:
                    raise ValueError
            except (ValueError, IndexError):
                raise table.Damage(path, number, COLUMNS[0], "the line is none of "
                                   f"{','.join(COLUMNS)}; `make figures` writes the file anew") \
                    from None
    return found


def sentences(found):
    """What a run can resolve, in words."""
    for (target, workload), there in sorted(found.items()):
        what = "all workloads" if workload == ALL else workload
        yield (f"{target}, {what}: of {there.pairs} cases measured twice, 95 % are within "
               f"{100 * (there.ratio - 1):.2f} % of themselves")


def main(arguments):
    if len(arguments) != 1:
        print("usage: results/resolution.py RUN", file=sys.stderr)
        return 2
    try:
        found = of_samples(repetitions.read(arguments[0]))
    except repetitions.Unreadable as error:
        print(f"resolution: {error}", file=sys.stderr)
        return 1
    for sentence in sentences(found):
        print("  " + sentence)
    if not found:
        print("  no system was measured twice, so that nobody knows what this run can resolve")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
