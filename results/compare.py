#!/usr/bin/env -S python3 -B
"""Compares two runs: for each case in both, the ratio of B's median to A's, with interval.

usage: results/compare.py A B     A and B are run directories, or their names in results/runs

Marks a case `slower` or `faster` only where the 95 % interval leaves out 1. The interval is
bootstrapped from both runs' repetitions; a case of which one run kept none is listed
without an interval and without a verdict.
"""

import os
import sys

import best_process
import bootstrap
import repetitions
import table
import wording

RUNS = os.path.join(os.path.dirname(os.path.abspath(__file__)), "runs")


class NoRun(Exception):
    """A run that was asked for is not there."""


def directory(name):
    """Where the run `name` is."""
    for path in (name, os.path.join(RUNS, name), os.path.join(RUNS, os.pardir, name)):
        if os.path.exists(os.path.join(path, "results.csv")):
            return path
    known = sorted(entry for entry in (os.listdir(RUNS) if os.path.isdir(RUNS) else [])
                   if os.path.exists(os.path.join(RUNS, entry, "results.csv")))
    raise NoRun(f"there is no run '{name}' with a results.csv; "
                + (f"there are: {', '.join(known)}" if known else "`make reproduce` makes one"))


def with_best(samples, path):
    """The repetitions of a run, with those of `process`, which are its variants'."""
    for case, variant in best_process.read(path).items():
        samples[repetitions.key(case)] = samples.get(repetitions.key(variant))
    return samples


def compared(before, after, samples_before, samples_after):
    """Yields (case, before's median, ratio, low, high) for each case in both lists of rows;
    low and high are None where repetitions are missing."""
    after_of = {row.case: row for row in after}
    for row in before:
        other = after_of.get(row.case)
        if other is None or row.median <= 0:
            continue
        under = samples_before.get(repetitions.key(row.case))
        over = samples_after.get(repetitions.key(row.case))
        if not under or not over or min(under) <= 0:
            yield row.case, row.median, other.median / row.median, None, None
            continue
        value, low, high = bootstrap.ratio(
            over, under, bootstrap.medians(over, f"{row.case} after"),
            bootstrap.medians(under, f"{row.case} before"))
        yield row.case, row.median, value, low, high


def verdict(low, high):
    """What an interval of after over before says."""
    if low is None:
        return "no repetitions"
    return "slower" if low > 1 else "faster" if high < 1 else "same"


def main(arguments):
    if len(arguments) != 2 or not all(arguments):
        print("usage: results/compare.py A B, or `make compare A=run B=run`", file=sys.stderr)
        return 2
    try:
        paths = [directory(name) for name in arguments]
        rows = [table.read_results(os.path.join(path, "results.csv")) for path in paths]
        samples = [with_best(repetitions.read(path), path) for path in paths]
    except (NoRun, table.Damage, repetitions.Unreadable) as error:
        print(f"compare: {error}", file=sys.stderr)
        return 1
    except OSError as error:
        print(f"compare: {error.filename}: {error.strerror}", file=sys.stderr)
        return 1

    counts = {}
    print(f"{'case':<52} {'A':>12}   B/A   95 % interval")
    for case, median, ratio, low, high in compared(*rows, *samples):
        said = verdict(low, high)
        counts[said] = counts.get(said, 0) + 1
        interval = f"{low:.3f} to {high:.3f}" if low is not None else ""
        print(f"{str(case):<52} {wording.cost(median, case.unit):>12} {ratio:6.3f}  "
              f"{interval:<18}{'' if said == 'same' else said}".rstrip())
    only = [{row.case for row in rows[i]} - {row.case for row in rows[1 - i]} for i in (0, 1)]
    print(f"\n{sum(counts.values())} cases in both: "
          + ", ".join(f"{count} {said}" for said, count in sorted(counts.items()))
          + f"; {len(only[0])} only in A, {len(only[1])} only in B")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
