#!/usr/bin/env -S python3 -B
"""Writes <run>/summary.csv: for each target, system and library the geometric mean of what its
cases cost relative to raw, with the lowest and the highest, beside what the system guarantees.

usage: results/summary.py RUN

A library's cases are those that call it: ubench's checks and lives of domains are left out. The
line of workload `libraries` is the geometric mean of the libraries' means, ubench aside. A system
without some of raw's cases is averaged over those that it has; `cases` and `of` say so.
"""

import math
import os
import re
import sys

import guarantees
import table
import targets
import variants
import whole_file

COLUMNS = ("target", "kind", "unit", "system", "workload", "placement", "side", "rank", "first",
           "cases", "of", "mean", "lowest", "highest") + guarantees.ALL
LIBRARIES = "libraries"
CALLS_OF_UBENCH = re.compile(r"invoke-.*|callback")
SIDES = ("weaker", "equal", "omniglot", "unknown")


def counts(case):
    """Whether a case is a call of a library."""
    return case.workload != "ubench" or CALLS_OF_UBENCH.fullmatch(case.operation)


def geometric_mean(values):
    return math.exp(sum(math.log(value) for value in values) / len(values))


def groups_of(rows, ratios):
    """{(target, kind, unit, system, workload, placement): its ratios}, raw's all 1."""
    groups = {}
    for row in rows:
        case = row.case
        ratio = 1.0 if case.system == "raw" else ratios[case].ratio if case in ratios else 0
        if counts(case) and ratio > 0:
            groups.setdefault((case.target, case.kind, case.unit, case.system, case.workload,
                               case.placement), []).append(ratio)
    return groups


def lines_of(rows, ratios, stated):
    """The summary as a list of dicts, one for each line, in order."""
    groups = groups_of(variants.shown(rows), ratios)
    of = {(target, workload, placement): len(found)
          for (target, _, _, system, workload, placement), found in groups.items()
          if system == "raw"}
    lines = [dict(zip(COLUMNS, (*key, "", 0, 0, len(found), of.get((key[0], key[4], key[5]), 0),
                                geometric_mean(found), min(found), max(found))))
             for key, found in groups.items()]
    lines += means_of_libraries(lines)
    for line in lines:
        held = guarantees.of(stated, line["target"], line["system"])
        line["side"] = guarantees.side(held)
        line.update({name: held[name].holds if held else "unknown" for name in guarantees.ALL})
    lines.sort(key=lambda line: (targets.place(line["target"]), line["workload"] == LIBRARIES,
                                 line["workload"], SIDES.index(line["side"]), line["system"],
                                 line["placement"]))
    rank(lines)
    return lines


def means_of_libraries(lines):
    """A line of all libraries for each target, system and placement."""
    found = {}
    for line in lines:
        if line["workload"] != "ubench":
            key = tuple(line[name] for name in ("target", "kind", "unit", "system", "placement"))
            found.setdefault(key, []).append(line)
    of = {(key[0], key[4]): len(group) for key, group in found.items() if key[3] == "raw"}
    for key, group in found.items():
        target, kind, unit, system, placement = key
        means = [line["mean"] for line in group]
        values = (target, kind, unit, system, LIBRARIES, placement, "", 0, 0, len(group),
                  of.get((target, placement), 0), geometric_mean(means), min(means), max(means))
        yield dict(zip(COLUMNS, values))


def rank(lines):
    """Numbers each target's systems from 1, in the order of the sides, raw first, and marks each
    system's first line, for what is to be said of it once."""
    for target in {line["target"] for line in lines}:
        here = [line for line in lines if line["target"] == target]
        order = sorted({(line["system"] != "raw", SIDES.index(line["side"]), line["system"])
                        for line in here})
        place = {system: number for number, (_, _, system) in enumerate(order, start=1)}
        seen = set()
        for line in here:
            line["rank"] = place[line["system"]]
            line["first"] = int(line["rank"] not in seen)
            seen.add(line["rank"])


def text_of(lines):
    """summary.csv as text."""
    def field(value):
        return f"{value:.6g}" if isinstance(value, float) else str(value)
    return "".join(",".join(values) + "\n" for values in (
        COLUMNS, *([field(line[name]) for name in COLUMNS] for line in lines)))


def of_run(run):
    """The lines of a run. Raises table.Damage and OSError."""
    ratios = {r.case: r for r in table.read_ratios(os.path.join(run, "ratios.csv"))}
    return lines_of(table.read_results(os.path.join(run, "results.csv")), ratios, guarantees.read())


def main(arguments):
    if len(arguments) != 1:
        print("usage: results/summary.py RUN", file=sys.stderr)
        return 2
    run = arguments[0]
    try:
        lines = of_run(run)
        whole_file.write(os.path.join(run, "summary.csv"), text_of(lines))
    except table.Damage as error:
        print(f"summary: {error}", file=sys.stderr)
        return 1
    except OSError as error:
        print(f"summary: {error.filename}: {error.strerror}", file=sys.stderr)
        return 1
    for system in sorted({line["system"] for line in lines if line["side"] == "unknown"}):
        print(f"  note: results/guarantees.csv says nothing of {system}; the summary cannot place it")
    print(f"  {len(lines)} means over cases (summary.csv)")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
