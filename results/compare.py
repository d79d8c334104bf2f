#!/usr/bin/env -S python3 -B
"""Compares two runs: for each case in both, the ratio of B's cost to A's, with a 95 % interval.

usage: results/compare.py [--within PERCENT] A B
       A and B are run directories, or their names in results/runs

Says `same` of a case that is shown to be nearer than PERCENT (5; of counts of instructions 0.1),
`slower` or `faster` of one that is shown to differ, and else `not decided`. Of what is called
different, 5 % may be wrong, over all cases together; of what differs by PERCENT or more, one in twenty
may be called the same. An interval
holds what differs from process to process, in each run's several processes; of a run that had one
it is assumed. Of the cases of which one run kept no repetitions only the ratio is told.
"""

import argparse
import math
import os
import sys
from typing import NamedTuple

import best_process
import bootstrap
import repetitions
import resolution
import significance
import table
import wording

RUNS = os.path.join(os.path.dirname(os.path.abspath(__file__)), "runs")
# Of one process's median, as the logarithm's standard deviation, where a run had one only: two runs
# of one program had a quarter of their medians outside of their intervals, and some 12 % apart.
ASSUMED, ASSUMED_FREEDOM = 0.02, 4
# What the other cases of a workload say of a case's spread weighs as much as so many processes.
OTHERS = 4
COUNTS_WITHIN = 0.001
CONTROL, ENOUGH_CONTROLS = "raw", 8


class NoRun(Exception):
    """A run that was asked for is not there."""


class Compared(NamedTuple):
    """A case in both runs; the difference is None where repetitions are missing."""

    case: table.Case
    median: float
    ratio: float
    difference: significance.Difference
    note: str


def directory(name):
    """Where the run `name` is."""
    for path in (name, os.path.join(RUNS, name), os.path.join(RUNS, os.pardir, name)):
        if os.path.exists(os.path.join(path, "results.csv")):
            return path
    known = sorted(entry for entry in (os.listdir(RUNS) if os.path.isdir(RUNS) else [])
                   if os.path.exists(os.path.join(RUNS, entry, "results.csv")))
    raise NoRun(f"there is no run '{name}' with a results.csv; "
                + (f"there are: {', '.join(known)}" if known else "`make reproduce` makes one"))


class Run:
    """A run's rows and repetitions."""

    def __init__(self, path):
        self.rows = {row.case: row
                     for row in table.read_results(os.path.join(path, "results.csv"))}
        self.chosen = best_process.read(path)
        self.processes = repetitions.by_process(path)
        self.resolved = resolution.of_samples(
            {where: sum(costs, []) for where, costs in self.processes.items()})

    def costs(self, case):
        """The case's costs in a list for each process; of `process` those of its variant."""
        found = self.processes.get(repetitions.key(self.chosen.get(case, case)), [])
        return best_process.measured(case, found) if case in self.chosen else found

    def variant(self, case):
        return self.chosen[case].system if case in self.chosen else ""


def logs_of(processes):
    return [math.log(bootstrap.median(costs)) for costs in processes]


def mean(values):
    return sum(values) / len(values)


def squares(values):
    """The sum of squares about the mean."""
    middle = mean(values)
    return sum((value - middle) ** 2 for value in values)


def spreads_of(pairs):
    """{(target, workload): the variance between processes of one run, over the workload's cases}."""
    found = {}
    for case, sides in pairs.items():
        freedom = sum(len(side) - 1 for side in sides)
        if freedom:
            there = found.setdefault((case.target, case.workload), [0.0, 0])
            there[0] += sum(squares(logs_of(side)) for side in sides)
            there[1] += freedom
    return {where: total / freedom for where, (total, freedom) in found.items()}


def difference_of(case, sides, spreads, floor):
    """The Difference of two sides, each a list of costs for each of its processes. `floor`: what the
    runs' pairs of one system differ by, beyond their repetitions."""
    if all(len(side) > 1 for side in sides):
        logs = [logs_of(side) for side in sides]
        own = sum(squares(side) for side in logs)
        freedom = sum(len(side) - 1 for side in logs)
        variance = (own + OTHERS * spreads[case.target, case.workload]) / (freedom + OTHERS)
        error = math.sqrt(variance * sum(1 / len(side) for side in sides))
        return significance.Difference(mean(logs[1]) - mean(logs[0]), max(error, floor),
                                       freedom + OTHERS)
    flat = [sum(side, []) for side in sides]
    value = math.log(bootstrap.median(flat[1]) / bootstrap.median(flat[0]))
    error = math.hypot(*(resolution.error_of(costs, f"{case} {number}")
                         for number, costs in enumerate(flat)))
    if case.kind == "emulated":
        return significance.Difference(value, error)
    return significance.Difference(value, math.hypot(error, ASSUMED, floor), ASSUMED_FREEDOM)


def drift_of(found):
    """How far, beyond their errors, the cases moved that no change of ours touches: the standard
    deviation of the logarithms of raw's ratios. 0 where there are too few to tell."""
    raw = [one.difference for one in found if one.difference and one.case.system == CONTROL
           and one.case.kind == "measured"]
    if len(raw) < ENOUGH_CONTROLS:
        return 0.0
    moved = 1.4826 * bootstrap.median([abs(difference.value) for difference in raw])
    return math.sqrt(max(0.0, moved ** 2 - bootstrap.median([d.error for d in raw]) ** 2))


def compared(before, after):
    """Each case that is in both runs, in A's order, and how far raw drifted between the two."""
    found, pairs = [], {}
    for case, row in before.rows.items():
        if case in after.rows and row.median > 0:
            sides = before.costs(case), after.costs(case)
            if all(sides) and all(min(costs) > 0 for side in sides for costs in side):
                pairs[case] = sides
    spreads = spreads_of(pairs)
    for case, row in before.rows.items():
        if case not in after.rows or row.median <= 0:
            continue
        ratio, difference = after.rows[case].median / row.median, None
        if case in pairs:
            floor = math.hypot(*(resolution.spread(run.resolved, case.target, case.workload)
                                 for run in (before, after))) / math.sqrt(2)
            difference = difference_of(case, pairs[case], spreads, floor)
            ratio = math.exp(difference.value)
        names = before.variant(case), after.variant(case)
        note = f"{names[0]} -> {names[1]}" if names[0] != names[1] else ""
        found.append(Compared(case, row.median, ratio, difference, note))
    drift = drift_of(found)
    return [one._replace(difference=significance.widened(one.difference, drift))
            if one.difference and one.case.kind == "measured" else one for one in found], drift


def decided(found, within):
    """The verdict on each."""
    said = ["no repetitions"] * len(found)
    for counts in (False, True):
        which = [i for i, one in enumerate(found)
                 if one.difference and (one.case.kind == "emulated") == counts]
        verdicts = significance.verdicts([found[i].difference for i in which],
                                         COUNTS_WITHIN if counts else within)
        for i, verdict in zip(which, verdicts):
            said[i] = verdict
    return said


def resolves(found):
    """What differences these cases could have shown, in words; nothing without times."""
    timed = [one.difference for one in found if one.difference and one.case.kind == "measured"]
    if not timed:
        return ""
    least = sorted(significance.resolved(difference, len(timed)) for difference in timed)
    return (f"alone among {len(timed)} times, a case is told from A's at "
            f"{100 * (bootstrap.median(least) - 1):.1f} % in the middle, at "
            f"{100 * (least[-1] - 1):.1f} % at worst")


def assumes(found):
    """What was assumed for want of processes, in words; nothing without."""
    count = sum(one.difference is not None and one.case.kind == "measured"
                and one.difference.freedom == ASSUMED_FREEDOM for one in found)
    return (f"{count} cases of one process each in A or in B: what differs between processes is assumed "
            f"to be {100 * ASSUMED:.0f} %, not measured") if count else ""


def parse(arguments):
    parser = argparse.ArgumentParser(prog="compare", usage="results/compare.py [--within PERCENT] "
                                     "A B, or `make compare A=run B=run`")
    parser.add_argument("runs", nargs=2, metavar="RUN")
    parser.add_argument("--within", type=float, default=100 * significance.WITHIN,
                        help="what is nearer than so many percent is the same (default 5)")
    options = parser.parse_args(arguments)
    if not all(options.runs) or not 0 < options.within < 100:
        parser.error("two runs are needed, and a percentage above 0 and below 100")
    return options


def main(arguments):
    options = parse(arguments)
    try:
        runs = [Run(directory(name)) for name in options.runs]
    except (NoRun, table.Damage, repetitions.Unreadable) as error:
        print(f"compare: {error}", file=sys.stderr)
        return 1
    except OSError as error:
        print(f"compare: {error.filename}: {error.strerror}", file=sys.stderr)
        return 1

    counts = {}
    found, drift = compared(*runs)
    print(f"{'case':<52} {'A':>12}   B/A   95 % interval")
    for one, said in zip(found, decided(found, options.within / 100)):
        counts[said] = counts.get(said, 0) + 1
        interval = "{:.3f} to {:.3f}".format(*significance.interval(one.difference)) \
            if one.difference else ""
        print(f"{str(one.case):<52} {wording.cost(one.median, one.case.unit):>12} "
              f"{one.ratio:6.3f}  {interval:<18}{said:<12}{one.note}".rstrip())
    only = [len(runs[i].rows.keys() - runs[1 - i].rows.keys()) for i in (0, 1)]
    print(f"\n{sum(counts.values())} cases in both: "
          + ", ".join(f"{count} {said}" for said, count in sorted(counts.items()))
          + f"; {only[0]} only in A, {only[1]} only in B")
    for sentence in (resolves(found), assumes(found), drift and f"raw moved between the two by {100 * drift:.1f} % "
                     "(standard deviation) more than its processes explain; all intervals hold that"):
        if sentence:
            print(sentence)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
