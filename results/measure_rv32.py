#!/usr/bin/env -S python3 -B
"""Counts the workloads' instructions on the embedded target and adds them to a run directory.

usage: results/measure_rv32.py --images FOLDER --run-dir RUN [--filter REGEX]

FOLDER is build/rv32/bench. Every case's output is compared with raw's and with what the host's own
libraries compute; one that differs fails the run. Rows of an earlier count are replaced, all others
stay. Writes sizes.csv, too.
"""

import argparse
import json
import os
import re
import statistics
import sys

import rv32_check
import rv32_gate
import rv32_images
import rv32_sizes
import table
import whole_file

TARGET = "rv32"
KIND = "emulated"
UNIT = "instructions"


def row(case, median, low, high, samples):
    """A line of results.csv."""
    return (f"{TARGET},{case.system},{case.workload},{case.operation},{case.placement},"
            f"{case.size},{KIND},{UNIT},{median:.4f},{low:.4f},{high:.4f},{samples},yes")


def rows_of(cases):
    """Of every case: a few repetitions that hardly ever differ, so the interval is their range."""
    for case in cases:
        samples = [count / case.iterations for count in case.counts]
        yield row(case, statistics.median(samples), min(samples), max(samples), len(samples))


def gate_cases(folder):
    """The call's instructions by purpose, as cases of the workloads gate and gate-switch."""
    image = os.path.join(os.path.dirname(folder), "test", "gate-trace.elf")
    for workload, purposes in zip(("gate-switch", "gate"), rv32_gate.count(image)):
        for purpose, count in purposes.items():
            yield rv32_images.Case(workload, purpose, "og-pmp", "copied", 0, 1, (count,), b"")


def verify(images):
    """Every output equal to raw's, and right by the host's own account."""
    raw = {case.key(): case for image in images if image.system == "raw" for case in image.cases}
    for image in images:
        for case in image.cases:
            if case.key() not in raw:
                raise rv32_check.Wrong(f"{case.name()}: raw has no such case to compare with")
            if case.output != raw[case.key()].output:
                raise rv32_check.Wrong(f"{case.name()}: the output differs from raw's")
            rv32_check.check(case)


def write_repetitions(run, images):
    """The samples in the form that ratios.py reads, a file for each image."""
    folder = os.path.join(run, "raw")
    os.makedirs(folder, exist_ok=True)
    for image in images:
        benchmarks = [{"name": case.name(), "run_type": "iteration", "repetition_index": number,
                       "iterations": case.iterations, "real_time": count / case.iterations,
                       "time_unit": UNIT}
                      for case in image.cases for number, count in enumerate(case.counts)]
        path = os.path.join(folder, f"{TARGET}.{image.workload}.{image.system}.json")
        whole_file.write(path, json.dumps({"context": {"target": TARGET},
                                           "benchmarks": benchmarks}, indent=1) + "\n")


def write_rows(run, rows):
    """Puts the rows in the place of earlier ones of this target."""
    path = os.path.join(run, "results.csv")
    kept = []
    try:
        with open(path, encoding="utf-8") as file:
            kept = [line for line in file.read().splitlines()[1:]
                    if not line.startswith(TARGET + ",")]
    except FileNotFoundError:
        pass
    lines = [",".join(table.COLUMNS), *kept, *rows]
    whole_file.write(path, "".join(line + "\n" for line in lines))


def measure(options):
    """Runs, verifies, writes. Raises Broken, Wrong, OSError."""
    images = []
    for image in rv32_images.run_all(options.images):
        images.append(image)
        print(f"  {image.workload} through {image.system}: {len(image.cases)} cases", flush=True)
    verify(images)
    cases = [case for image in images for case in image.cases] + list(gate_cases(options.images))
    wanted = re.compile(options.filter)
    chosen = [case for case in cases if wanted.search(case.name())]
    os.makedirs(options.run_dir, exist_ok=True)
    write_repetitions(options.run_dir, images)
    rv32_sizes.write(options.run_dir, images)
    write_rows(options.run_dir, rows_of(chosen))
    print(f"  {len(chosen)} rows of target {TARGET}; every output equals raw's and the host's "
          "libraries'")


def main(arguments):
    parser = argparse.ArgumentParser(prog="measure_rv32", description=__doc__.split("\n")[0])
    parser.add_argument("--images", required=True, help="the folder of the images")
    parser.add_argument("--run-dir", required=True, help="the run that the rows are added to")
    parser.add_argument("--filter", default="", help="regular expression over case names")
    options = parser.parse_args(arguments)
    try:
        measure(options)
    except (rv32_images.Broken, rv32_check.Wrong) as error:
        print(f"measure_rv32: {error}", file=sys.stderr)
        return 1
    except OSError as error:
        print(f"measure_rv32: {error.filename}: {error.strerror}", file=sys.stderr)
        return 1
    except re.error as error:
        print(f"measure_rv32: the filter is no regular expression: {error}", file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
