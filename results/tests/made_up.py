"""Runs made up row by row, with systems and targets that this machine may not have. Nothing in
them is a result."""

import json
import os
import sys

sys.path[:0] = [os.path.join(os.path.dirname(os.path.abspath(__file__)), os.pardir)]

import table  # noqa: E402

NATIVE, GUEST, EMBEDDED = "x86_64-linux", "pku-guest", "rv32"
IN_PLACE = ("raw", "og-none", "og-mpk", "og-pmp")
# What a call, and each byte, adds to the work, in each target's unit.
ADDED = {
    NATIVE: {"raw": (2, 0), "og-none": (4, 0.01), "og-mpk": (60, 0.01), "copy-wasm": (30, 0.5),
             "process": (2000, 0.1), "process-ring-one": (2000, 0.1), "process-socket": (9000, 0.3),
             "process-pipe": (20000, 0.6)},
    GUEST: {"raw": (17, 0), "og-none": (30, 0.02), "og-mpk": (97, 0.02), "copy-mpk": (140, 0.06),
            "copy-wasm": (60, 0.7), "process": (9000, 0.1), "process-socket": (15000, 0.3),
            "process-pipe": (30000, 0.6)},
    EMBEDDED: {"raw": (17, 0), "og-none": (30, 0.1), "og-pmp": (117, 0.1), "copy-pmp": (117, 0.4),
               "process": (1029, 0.5)},
}
# Operation, sizes, callbacks in one operation, cost of the work itself.
WORK = {
    "ubench": [("invoke-int-0", (0,), 0, 0), ("invoke-mixed", (0,), 0, 0), ("callback", (0,), 1, 3)],
    "sodium": [("sha256", (8, 4096, 65536), 0, 200)],
    "zlib": [("inflate-text", (4096, 16384), 0, 4000), ("deflate-text", (4096, 16384), 0, 40000)],
    "brotli": [("decompress-text", (4096, 65536), 0, 6000)],
    "expat": [("parse", (1162, 4778), 100, 20000)],
    "png": [("read", (1024, 16384), 0, 9000), ("read-marker", (16400,), 0, 20000)],
}
CANNOT = {("png", "copy-wasm")}


def rows(targets=(NATIVE, GUEST, EMBEDDED), workloads=tuple(WORK), systems=None):
    """The rows of a run of all this, or of these parts of it."""
    return [row for target in targets for workload in workloads
            for operation, sizes, calls_back, cost in WORK[workload] for size in sizes
            for system in ADDED[target] if not systems or system in systems
            for row in rows_of(target, system, workload, operation, size, calls_back, cost)]


def rows_of(target, system, workload, operation, size, calls_back, cost):
    """One case's rows: copied, and in place where the system can."""
    if (workload, system) in CANNOT:
        return
    call, byte = ADDED[target][system]
    kind = "measured" if target == NATIVE else "emulated"
    if system == "og-mpk" and target == NATIVE:
        kind = "modelled"
    unit = "ns" if target == NATIVE else "instructions"
    took = cost + 2.0 * size + call * (1 + calls_back) + byte * size
    yield row(target, system, workload, operation, "copied", size, kind, unit, took)
    if system in IN_PLACE and size:
        yield row(target, system, workload, operation, "resident", size, kind, unit,
                  took - byte * size)


def row(target, system, workload, operation, placement, size, kind, unit, median):
    """A table.Row with an interval of one percent to either side."""
    case = table.Case(target, system, workload, operation, placement, size, kind, unit)
    return table.Row(case, median, 0.99 * median, 1.01 * median, 11, 0)


def ratio_of(row, found):
    """The row's ratio to raw's among the rows `found` by case; None without one."""
    under = found.get(row.case.baseline())
    if row.case.system == "raw" or under is None or not under.median:
        return None
    value = row.median / under.median
    return table.Ratio(row.case, value, 0.98 * value, 1.02 * value, under.median)


def ratios(made):
    """{case: ratio} of these rows."""
    found = {row.case: row for row in made}
    both = ((row.case, ratio_of(row, found)) for row in made)
    return {case: ratio for case, ratio in both if ratio}


def write(run, made, crossings=True):
    """Writes results.csv, ratios.csv and, natively, the crossings of a run of these rows."""
    os.makedirs(run, exist_ok=True)

    def lines(name, columns, values):
        with open(os.path.join(run, name), "w", encoding="utf-8") as file:
            file.write("\n".join(",".join(str(field) for field in line)
                                 for line in (columns, *values)) + "\n")
    lines("results.csv", table.COLUMNS, ((*row.case, row.median, row.ci_low, row.ci_high,
                                          row.samples, "yes") for row in made))
    lines("ratios.csv", table.RATIO_COLUMNS, ((*r.case, r.ratio, r.ratio_low, r.ratio_high,
                                               r.raw_median) for r in ratios(made).values()))
    if crossings:
        write_crossings(run, made)


def write_crossings(run, made):
    folder = os.path.join(run, "crossings", "raw")
    os.makedirs(folder, exist_ok=True)
    calls_back = {(workload, operation): count for workload, listed in WORK.items()
                  for operation, _, count, _ in listed}
    counted = [{"name": str(row.case), "calls": 1, "stack_words": 0, "heap_calls": 0, "lives": 0,
                "callbacks": calls_back[row.case.workload, row.case.operation]}
               for row in made if row.case.system == "og-none" and row.case.target == NATIVE]
    with open(os.path.join(folder, "all.json"), "w", encoding="utf-8") as file:
        json.dump({"context": {"target": NATIVE}, "crossings": counted}, file)
