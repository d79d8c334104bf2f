#!/usr/bin/env -S python3 -B
"""Measures on this machine, in several processes one after the other, and puts together what they
found: <run>/results.csv and <run>/raw.

usage: results/measure_natively.py --bench PROGRAM --run-dir RUN [--processes N] [--filter REGEX]
                                   [--repetitions N] [--min-time SECONDS] [--size-limit BYTES]

Where a process's code, stack and heap lie is chosen once, when it starts, and can make one case dearer
by a tenth: so each of the processes has its share of the repetitions of all cases, its own order of
cases, and an environment of another size, which moves the stack. Each has a folder in <run>/processes;
a process that was stopped goes on where it was. raw and og-none are measured twice in each, so that
the run says what it can resolve.
"""

import argparse
import json
import os
import random
import signal
import subprocess
import sys

import bootstrap
import repetitions
import table
import whole_file

PROCESSES = 4
REPETITIONS = 12
MIN_TIME = 0.01
AGAIN = "raw,og-none"
LARGEST = 4096  # of what moves the stack, in bytes: a page


def folders(run):
    """Those of the processes there are, in order."""
    found = os.path.join(run, "processes")
    names = sorted(os.listdir(found), key=int) if os.path.isdir(found) else []
    return [os.path.join(found, name) for name in names]


def shares(total, processes):
    """How many repetitions each process has; no process has none."""
    processes = min(total, processes)
    return [total // processes + (i < total % processes) for i in range(processes)]


def environment(number):
    """Another size for each process, the same in every run."""
    size = random.Random(number).randrange(LARGEST)
    return {**os.environ, "OG_BENCH_MOVES_THE_STACK": "x" * size}


def measure(options, number, count):
    """One process. Returns its exit status."""
    command = [options.bench, "--run-dir", os.path.join(options.run_dir, "processes", str(number)),
               "--repetitions", str(count), "--min-time", str(options.min_time),
               "--seed", str(number + 1), "--again", AGAIN]
    command += ["--filter", options.filter] if options.filter else []
    command += ["--size-limit", str(options.size_limit)] if options.size_limit else []
    stopped = []
    with subprocess.Popen(command, env=environment(number)) as child:
        def stop(*_):
            stopped.append(True)
            child.terminate()
        earlier = [(name, signal.signal(name, stop)) for name in (signal.SIGTERM, signal.SIGINT)]
        try:
            status = child.wait()
        finally:
            # Who is told twice, by a terminal and by whoever started it, still puts together what there is.
            for name, handler in earlier:
                signal.signal(name, signal.SIG_IGN if stopped else handler)
    return 128 - status if status < 0 else status


def merged(rows_of, samples, resamples):
    """The lines of results.csv of the processes' rows."""
    lines = []
    for case in dict.fromkeys(row.case for rows in rows_of for row in rows):
        costs = samples[repetitions.key(case)]
        flat = sum(costs, [])
        median = bootstrap.median(flat)
        low, high = bootstrap.interval(bootstrap.medians_of_processes(costs, str(case),
                                                                     resamples))
        numbers = [f"{value:.9g}" for value in (median, min(low, median), max(high, median))]
        lines.append(",".join([case.target, case.system, case.workload, case.operation,
                               case.placement, str(case.size_bytes), case.kind, case.unit, *numbers,
                               str(len(flat)), "yes"]))
    return lines


def put_together(run, resamples=bootstrap.RESAMPLES):
    """Writes what the processes have so far; of other rows of the run all stay."""
    ours = [folder for folder in folders(run)
            if os.path.exists(os.path.join(folder, "results.csv"))]
    rows_of = [table.read_rows(os.path.join(folder, "results.csv")) for folder in ours]
    if not any(rows_of):
        return
    os.makedirs(os.path.join(run, "raw"), exist_ok=True)
    for folder in ours:
        number = os.path.basename(folder)
        for name in sorted(os.listdir(os.path.join(folder, "raw"))):
            with open(os.path.join(folder, "raw", name), encoding="utf-8") as file:
                document = json.load(file)
            document.setdefault("context", {})["process"] = number
            whole_file.write(os.path.join(run, "raw", f"process-{number}.{name}"),
                             json.dumps(document, indent=1) + "\n")
    lines = merged(rows_of, repetitions.by_process(run), resamples)
    path = os.path.join(run, "results.csv")
    kept = []
    keys = {",".join(line.split(",")[:8]) for line in lines}
    if os.path.exists(path):
        with open(path, encoding="utf-8") as file:
            kept = [line for line in file.read().splitlines()[1:]
                    if ",".join(line.split(",")[:8]) not in keys]
    whole_file.write(path, "".join(line + "\n" for line in (",".join(table.COLUMNS), *lines, *kept)))


def parse(arguments):
    parser = argparse.ArgumentParser(prog="measure_natively", description=__doc__.split("\n")[0])
    parser.add_argument("--bench", required=True)
    parser.add_argument("--run-dir", required=True)
    parser.add_argument("--processes", type=int, default=PROCESSES)
    parser.add_argument("--filter", default="")
    parser.add_argument("--repetitions", type=int, default=REPETITIONS)
    parser.add_argument("--size-limit", type=int, help="no case of more bytes")
    parser.add_argument("--min-time", type=float, default=MIN_TIME, help="seconds of a sample at least")
    options = parser.parse_args(arguments)
    if options.processes < 1 or options.repetitions < 1:
        parser.error("--processes and --repetitions are 1 or more")
    return options


def main(arguments):
    options = parse(arguments)
    try:
        counts = shares(options.repetitions, options.processes)
        for number, count in enumerate(counts):
            if len(counts) > 1:
                print(f"  process {number + 1} of {len(counts)}", flush=True)
            os.makedirs(os.path.join(options.run_dir, "processes", str(number)), exist_ok=True)
            status = measure(options, number, count)
            # Quickly, unless it is the last: who is being stopped does not wait for long.
            put_together(options.run_dir, *([] if number + 1 == len(counts) else [100]))
            if status:
                return status
    except KeyboardInterrupt:
        return 130
    except (table.Damage, repetitions.Unreadable) as error:
        print(f"measure_natively: {error}", file=sys.stderr)
        return 1
    except OSError as error:
        print(f"measure_natively: {error.filename}: {error.strerror}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
