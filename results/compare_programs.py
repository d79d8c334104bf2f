#!/usr/bin/env -S python3 -B
"""Compares the process sandboxes of two og-bench programs, such as those of two versions.

usage: results/compare_programs.py --before PROGRAM --after PROGRAM --run-dir DIR
                                   [--rounds N] [--filter REGEX] [--quantile Q] [--report]

The programs take turns, operation by operation and round by round, so that what disturbs the
machine meanwhile disturbs both. For each case the best variant of either side (least
median over all rounds) is compared with the other side's: the ratio after/before with a 95 %
interval. --quantile 0.25 compares lower quartiles instead, for a machine with other work on it,
whose disturbances only ever add. With --report nothing is run: what DIR holds is compared.
"""

import argparse
import os
import random
import re
import subprocess
import sys

import repetitions
import table
import variants

SIDES = ("before", "after")
RESAMPLES = 1000


def quantile(values, share):
    """The value below which that share of the values lies, between two of them if need be."""
    values = sorted(values)
    place = share * (len(values) - 1)
    low = int(place)
    high = min(low + 1, len(values) - 1)
    return values[low] + (values[high] - values[low]) * (place - low)


def ratio(over, under, share, seed):
    """(ratio, low, high) of two lists' quantiles, bootstrapped."""
    generator = random.Random(seed)
    found = sorted(quantile(generator.choices(over, k=len(over)), share)
                   / quantile(generator.choices(under, k=len(under)), share)
                   for _ in range(RESAMPLES))
    return (quantile(over, share) / quantile(under, share), found[int(0.025 * RESAMPLES)],
            found[int(0.975 * RESAMPLES) - 1])


def samples_of(folder, side):
    """{case of `process`: {variant: [cost, ...]}} over all rounds of a side."""
    found = {}
    for name in sorted(os.listdir(folder)):
        run = os.path.join(folder, name)
        if not name.startswith(side + "-") or not os.path.exists(os.path.join(run, "results.csv")):
            continue
        samples = repetitions.read(run)
        for row in table.read_rows(os.path.join(run, "results.csv")):
            if variants.is_variant(row.case.system):
                case = row.case._replace(system=variants.BEST)
                found.setdefault(case, {}).setdefault(row.case.system, []).extend(
                    samples[repetitions.key(row.case)])
    return found


def best_of(variants, share):
    """(name, samples) of the variant with the least quantile."""
    return min(variants.items(), key=lambda item: quantile(item[1], share))


def report(folder, share):
    """Prints the comparison; returns how many cases became slower."""
    before, after = (samples_of(folder, side) for side in SIDES)
    counts = {}
    print(f"{'case':<44} {'before':>12} {'after':>12}  after/before, 95 %       variants")
    for case in sorted(before):
        if case not in after:
            continue
        (old, under), (new, over) = (best_of(side[case], share) for side in (before, after))
        value, low, high = ratio(over, under, share, str(case))
        said = "slower" if low > 1 else "faster" if high < 1 else "same"
        counts[said] = counts.get(said, 0) + 1
        print(f"{str(case):<44} {quantile(under, share):12.0f} {quantile(over, share):12.0f}  "
              f"{value:6.3f} ({low:.3f} to {high:.3f})  {said:<6}  {old} -> {new}")
    print(f"\n{sum(counts.values())} cases: "
          + ", ".join(f"{count} {said}" for said, count in sorted(counts.items())))
    return counts.get("slower", 0)


def cases_of(program, filter_):
    """The names of the variants' cases that a program has; none for a filter that matches none."""
    done = subprocess.run([program, "--list", "--filter", filter_], text=True, capture_output=True,
                          check=False)
    return [name for name in done.stdout.split() if variants.is_variant(name.split("/")[2])]


def measure(options):
    """The rounds that are not there yet. Returns an exit status."""
    programs = {side: os.path.abspath(getattr(options, side)) for side in SIDES}
    names = {side: cases_of(programs[side], options.filter) for side in SIDES}
    systems = {side: sorted({name.split("/")[2] for name in names[side]}) for side in SIDES}
    operations = list(dict.fromkeys("/".join(name.split("/")[:2]) for name in names["after"]))
    for number in range(options.rounds):
        for turn, operation in enumerate(operations):
            # Each side begins in turn.
            for side in SIDES if (number + turn) % 2 else reversed(SIDES):
                chosen = [name for name in names[side] if name.startswith(operation + "/")]
                if not chosen:
                    continue
                command = [programs[side], "--run-dir", os.path.join(options.run_dir,
                                                                     f"{side}-{number}"),
                           "--repetitions", str(options.repetitions), "--min-time",
                           str(options.min_time), "--seed", str(number + 1), "--systems",
                           ",".join(systems[side]),
                           "--filter", f"^({'|'.join(map(re.escape, chosen))})$"]
                done = subprocess.run(command, stdout=subprocess.DEVNULL,
                                      stderr=subprocess.PIPE, text=True, check=False)
                if done.returncode:
                    print(done.stderr + f"compare_programs: {programs[side]} failed on "
                          f"{operation} (exit status {done.returncode})", file=sys.stderr)
                    return 1
    return 0


def parse(arguments):
    parser = argparse.ArgumentParser(prog="compare_programs",
                                     description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("--before", default="", help="og-bench of one version")
    parser.add_argument("--after", default="", help="og-bench of the other")
    parser.add_argument("--run-dir", required=True, help="where the rounds go")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--repetitions", type=int, default=5, help="samples per row and round")
    parser.add_argument("--min-time", type=float, default=0.003, help="seconds per sample")
    parser.add_argument("--filter", default=".", help="regular expression over case names")
    parser.add_argument("--quantile", type=float, default=0.5, help="0.5: medians")
    parser.add_argument("--report", action="store_true", help="measure nothing")
    options = parser.parse_args(arguments)
    if not options.report and not (options.before and options.after):
        parser.error("--before and --after name the two programs")
    if not 0 <= options.quantile <= 1:
        parser.error(f"--quantile is {options.quantile}; it must be from 0 to 1")
    return options


def main(arguments):
    options = parse(arguments)
    os.makedirs(options.run_dir, exist_ok=True)
    try:
        status = 0 if options.report else measure(options)
        if not status:
            report(options.run_dir, options.quantile)
        return status
    except (table.Damage, repetitions.Unreadable) as error:
        print(f"compare_programs: {error}", file=sys.stderr)
        return 1
    except OSError as error:
        print(f"compare_programs: {error.filename}: {error.strerror}", file=sys.stderr)
        return 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
