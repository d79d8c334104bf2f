"""Reads the repetitions behind every median: the files in <run>/raw, in Google Benchmark's
form. Their context names the target; where it names none it is the native one.

A measured run is named workload/operation/system/size, with /resident appended for the
resident placement; further suffixes that the library appends (/manual_time) mean nothing
here. Aggregates in the files are skipped: we make our own from the repetitions.
"""

import json
import os

NANOSECONDS = {"ns": 1.0, "us": 1e3, "ms": 1e6, "s": 1e9}
# What a sample's unit is worth in its row's: nanoseconds, or instructions.
SCALES = {**NANOSECONDS, "instructions": 1.0}
NATIVE_TARGET = "x86_64-linux"


class Unreadable(Exception):
    """A raw file that cannot be used, as `file: sentence`."""


def read(run):
    """Returns {(target, workload, operation, system, size, placement): [cost, ...]} for the run
    directory `run`; costs are nanoseconds, or instructions where the target counts them. A run directory without raw files gives {}."""
    return {where: [cost for costs in processes for cost in costs]
            for where, processes in by_process(run).items()}


def by_process(run):
    """As read, but the costs in a list for each of the processes that measured them one after the
    other, as the files' contexts name these."""
    folder = os.path.join(run, "raw")
    found = {}
    if not os.path.isdir(folder):
        return found
    for name in sorted(os.listdir(folder)):
        if name.endswith(".json"):
            _read_file(os.path.join(folder, name), found)
    return {where: [processes[number] for number in sorted(processes)]
            for where, processes in found.items()}


def key(case):
    """Where the repetitions of a table.Case are in what `read` returns."""
    return (case.target, case.workload, case.operation, case.system, case.size_bytes,
            case.placement)


def _read_file(path, found):
    try:
        with open(path, encoding="utf-8") as file:
            document = json.load(file)
    except (ValueError, UnicodeDecodeError) as error:
        raise Unreadable(f"{path}: not JSON ({error}); delete the file and its cases' rows in "
                         "results.csv, then `make reproduce` measures them again") from None
    runs = document.get("benchmarks") if isinstance(document, dict) else None
    if not isinstance(runs, list):
        raise Unreadable(f"{path}: has no list 'benchmarks'; is it from Google Benchmark?")
    context = document.get("context")
    target = context.get("target", NATIVE_TARGET) if isinstance(context, dict) else NATIVE_TARGET
    process = str(context.get("process", "")) if isinstance(context, dict) else ""
    for run in runs:
        if run.get("run_type") != "iteration" or run.get("error_occurred"):
            continue
        name = run.get("name", "")
        parts = name.split("/")
        try:
            where = (target, parts[0], parts[1], parts[2], int(parts[3]),
                     "resident" if "resident" in parts[4:] else "copied")
            cost = float(run["real_time"]) * SCALES[run.get("time_unit", "ns")]
        except (IndexError, ValueError, KeyError, TypeError):
            raise Unreadable(f"{path}: the run '{name}' has no name of the form "
                             "workload/operation/system/size, or no time") from None
        found.setdefault(where, {}).setdefault(process, []).append(cost)
