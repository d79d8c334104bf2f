#!/usr/bin/env -S python3 -B
"""Stands in for og-bench in tests: same options, same files, times made up by a formula.

usage: fake_bench.py --run-dir DIR [--filter REGEX] [--repetitions N] [--min-time S]
                     [--size-limit BYTES] [--seed N]
                     [--again A,B] [--list]

Nothing it writes is a result. For tests of what happens when measuring goes wrong, the
variable FAKE_BENCH_STOP_AFTER=N makes it fail after N new rows, FAKE_BENCH_WAIT=S makes
it sleep that long before each row, FAKE_BENCH_SALT changes the random numbers.
"""

import argparse
import json
import os
import random
import re
import sys
import time

HEADER = ("target,system,workload,operation,placement,size_bytes,kind,unit,"
          "median,ci_low,ci_high,samples,verified")
SYSTEMS = ("raw", "og-none", "process-ring-one", "process-socket")
CALL = {"raw": 1.2, "og-none": 3.1, "process-ring-one": 1900, "process-socket": 9400}
BYTE = {"raw": 0, "og-none": 0, "process-ring-one": 0.11, "process-socket": 0.38}
SIZES = (8, 64, 512, 4096, 32768, 262144, 1048576)


def cases():
    """Yields (workload, operation, size, placement, system, nanoseconds)."""
    for arguments in (0, 1, 3, 6, 7, 10, 25):
        for system in SYSTEMS:
            yield ("ubench", f"invoke-int-{arguments}", 0, "copied", system,
                   CALL[system] + 0.3 * arguments)
    for number, name in enumerate(("double-8", "mixed", "struct-registers", "struct-memory")):
        for system in SYSTEMS:
            yield "ubench", f"invoke-{name}", 0, "copied", system, CALL[system] + 2 + number
    for number, name in enumerate(("upgrade", "validate-bool", "validate-enum", "validate-range",
                                   "validate-pointer", "validate-struct")):
        for system in ("raw", "og-none"):
            yield ("ubench", name, 0, "resident", system,
                   0.4 + (1 + 0.4 * number if system == "og-none" else 0))
    for name, cost in (("string", 0.03), ("utf8", 0.4), ("array", 0.25)):
        for size in (1, 16, 256, 4096, 65536):
            yield "ubench", f"validate-{name}", size, "resident", "og-none", 4 + cost * size
    for size in (1, 16, 256, 4096, 65536):
        for system in ("raw", "og-none"):
            extra = 3 if system == "og-none" else 0
            yield "ubench", "write", size, "resident", system, 2 + extra + 0.02 * size
    for system in SYSTEMS:
        yield "ubench", "callback", 0, "copied", system, 1.5 * CALL[system]
    for name, cost in (("domain-open", 900000), ("domain-reset", 40000), ("domain-close", 60000)):
        for system in SYSTEMS[1:]:
            yield ("ubench", name, 0, "copied", system,
                   cost * (2.5 if system.startswith("process") else 0.2))
    for system in SYSTEMS[2:]:
        yield "ubench", "process-start", 0, "copied", system, 2100000
    for number, name in enumerate(("sha256", "sha512", "blake2b", "secretbox-seal",
                                   "secretbox-open")):
        yield from library("sodium", name, SIZES, 120 + 40 * number, 2.2 - 0.35 * number)
    for name, cost in (("deflate-text", 28), ("deflate-binary", 35), ("inflate-text", 3.1),
                       ("inflate-binary", 4.2)):
        yield from library("zlib", name, SIZES[3:], 4000, cost)


def library(workload, operation, sizes, setup, per_byte):
    for size in sizes:
        for system in SYSTEMS:
            took = setup + CALL[system] + (per_byte + BYTE[system]) * size
            yield workload, operation, size, "copied", system, took + 12 * (system == "og-none")
        for system in SYSTEMS[:2]:
            yield (workload, operation, size, "resident", system,
                   setup + CALL[system] + per_byte * size)


def main(arguments, pass_time=None):
    """`pass_time` is called with the seconds that each row would have taken, for tests that have a time of
    their own; groups are then in a random order, as og-bench's are."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--run-dir")
    parser.add_argument("--filter", default="")
    parser.add_argument("--repetitions", type=int, default=11)
    parser.add_argument("--min-time", type=float, default=0.015)
    parser.add_argument("--size-limit", type=int, default=1 << 60)
    parser.add_argument("--seed", default="")
    parser.add_argument("--again", default="")
    parser.add_argument("--list", action="store_true")
    options = parser.parse_args(arguments)
    chosen = [case for case in cases() if re.search(options.filter, name_of(case)) and case[2] <= options.size_limit]
    if options.list:
        print("\n".join(name_of(case) for case in chosen))
        return 0

    path = os.path.join(options.run_dir, "results.csv")
    os.makedirs(os.path.join(options.run_dir, "raw"), exist_ok=True)
    done = set()
    if os.path.exists(path):
        with open(path, encoding="utf-8") as file:
            done = {tuple(line.split(",")[1:6]) for line in file}
    left = int(os.environ.get("FAKE_BENCH_STOP_AFTER", "1000000"))
    if pass_time:
        chosen = shuffled(chosen, options.seed)
    with open(path, "a", encoding="utf-8") as table:
        if not done:
            table.write(HEADER + "\n")
        for case in chosen:
            workload, operation, size, placement, system, took = case
            if (system, workload, operation, placement, str(size)) in done:
                continue
            if left == 0:
                print("fake_bench: stopped as told", file=sys.stderr)
                return 1
            left -= 1
            time.sleep(float(os.environ.get("FAKE_BENCH_WAIT", "0")))
            table.write(measure(options, case) + "\n")
            table.flush()
            if pass_time:
                pass_time(seconds_of(case, options))
    return 0


def shuffled(chosen, seed):
    """The cases with their groups in another order."""
    groups = {}
    for case in chosen:
        groups.setdefault(case[:4], []).append(case)
    order = list(groups)
    random.Random(seed).shuffle(order)
    return [case for group in order for case in groups[group]]


def seconds_of(case, options):
    """How long a row takes in the stand-in's own time: what it is about, and some chance."""
    _, _, _, _, system, took = case
    sample = max(options.min_time, took * 1e-9) * random.Random(name_of(case)).uniform(1, 2)
    times = 2 if system in options.again.split(",") else 1
    return times * (0.03 + 4 * took * 1e-9 + (options.repetitions + 2) * sample)


def name_of(case):
    workload, operation, size, placement, system, _ = case
    return (f"{workload}/{operation}/{system}/{size}"
            + ("/resident" if placement == "resident" else ""))


def measure(options, case):
    """Adds a case's repetitions to its group's JSON file; returns its row."""
    workload, operation, size, placement, system, took = case
    generator = random.Random(name_of(case) + options.seed + os.environ.get("FAKE_BENCH_SALT", ""))
    times = sorted(took * generator.lognormvariate(0, 0.02) for _ in range(options.repetitions))
    path = os.path.join(options.run_dir, "raw",
                        f"{workload}-{operation}-{placement}-{size}.json")
    document = {"context": {}, "benchmarks": []}
    if os.path.exists(path):
        with open(path, encoding="utf-8") as file:
            document = json.load(file)
    for number, nanoseconds in enumerate(times):
        document["benchmarks"].append({
            "name": name_of(case), "run_name": name_of(case), "run_type": "iteration",
            "repetition_index": number, "iterations": 100, "real_time": nanoseconds,
            "cpu_time": nanoseconds, "time_unit": "ns"})
    if system in options.again.split(","):
        again = name_of(case).replace(f"/{system}/", f"/{system}-again/")
        document["benchmarks"] += [{
            "name": again, "run_name": again, "run_type": "iteration", "real_time":
            took * generator.lognormvariate(0, 0.02), "time_unit": "ns"} for _ in times]
    with open(path, "w", encoding="utf-8") as file:
        json.dump(document, file)
    middle = len(times) // 2
    median = times[middle] if len(times) % 2 else (times[middle - 1] + times[middle]) / 2
    return (f"x86_64-linux,{system},{workload},{operation},{placement},{size},measured,ns,"
            f"{median:.4f},{times[1 if len(times) > 2 else 0]:.4f},"
            f"{times[-2 if len(times) > 2 else -1]:.4f},{len(times)},yes")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
