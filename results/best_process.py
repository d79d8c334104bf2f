#!/usr/bin/env -S python3 -B
"""Adds the rows of the system `process` to <run>/results.csv, and <run>/process.csv, which says
which variant each of them is.

usage: results/best_process.py RUN

A process sandbox can be built in several ways (process-ring-two, process-socket, ...), and
none is the best for every call. What figures and tables call `process` is, for each case, the
variant with the least median over one half of that run's repetitions, measured on the other half: the
least of several medians would be too low. Counts, and what has too few repetitions, are chosen and
measured on all. process-pipe is no variant: it is the design that was published, in a row of its
own. A target that has no variants (the embedded one) keeps a `process` of its own. Rows of an earlier
call are replaced. docs/decisions/056 and 169 say why it is done so.
"""

import csv
import os
import sys

import bootstrap
import repetitions
import table
import variants
import whole_file

SYSTEM = variants.BEST
FILE = "process.csv"
COLUMNS = table.COLUMNS[:8] + ("variant",)


def halves(processes):
    """The repetitions to choose by and those to measure by, each a list for each process, of a list
    for each process. Of four processes and more every other one; of fewer every other repetition
    of each, which share the process's layout; of too few repetitions all, twice."""
    if len(processes) >= 4:
        return processes[::2], processes[1::2]
    if not processes or min(len(costs) for costs in processes) < 4:
        return processes, processes
    return [costs[::2] for costs in processes], [costs[1::2] for costs in processes]


def measured(case, processes):
    """Of the repetitions of its variant those that a case of `process` is measured by."""
    return halves(processes)[1] if case.kind == "measured" else processes


def best_of(rows, samples):
    """{case of `process`: (the table.Row of its best variant, the same as it is measured)}; of equal
    ones the first. `samples` is repetitions.by_process's."""
    best, least = {}, {}
    for row in rows:
        if not variants.is_variant(row.case.system):
            continue
        processes = samples.get(repetitions.key(row.case), []) if row.case.kind == "measured" else []
        chosen_by, measured_by = (sum(half, []) for half in halves(processes))
        median = bootstrap.median(chosen_by) if chosen_by else row.median
        case = row.case._replace(system=SYSTEM)
        if case not in best or median < least[case]:
            best[case], least[case] = (row, of_half(row, measured_by)), median
    return best


def of_half(row, costs):
    """The row with the figures of these repetitions; as it is without any."""
    if not costs or len(costs) == row.samples:
        return row
    median = bootstrap.median(costs)
    low, high = bootstrap.interval(bootstrap.medians(costs, str(row.case)))
    return row._replace(median=median, ci_low=min(low, median), ci_high=max(high, median),
                        samples=len(costs))


def read(run):
    """{case of `process`: its variant's table.Case} as process.csv of the run says it; nothing
    where there is no such file. Raises table.Damage."""
    path = os.path.join(run, FILE)
    if not os.path.exists(path):
        return {}
    with open(path, encoding="utf-8", newline="") as file:
        lines = csv.DictReader(file)
        if tuple(lines.fieldnames or ()) != COLUMNS:
            raise table.Damage(path, 1, "target", f"the header must be {','.join(COLUMNS)}; "
                               "`make figures` writes the file anew")
        found = {}
        for number, line in enumerate(lines, start=2):
            variant = line["variant"] or ""
            if None in line.values() or not line["size_bytes"].isdigit() or not variants.is_variant(variant):
                raise table.Damage(path, number, "variant", f"'{variant}' is no variant of process, "
                                   "or the line is not whole; `make figures` writes the file anew")
            case = table.Case(*(line[name] for name in table.COLUMNS[:5]), int(line["size_bytes"]),
                              line["kind"], line["unit"])
            found[case] = case._replace(system=variant)
        return found


def replaced(text, best):
    """results.csv's text with the rows of `process` that `best` gives."""
    lines = text.splitlines()
    ours = {case.target for case in best}
    kept = [line for line in lines if line.split(",")[1:2] != [SYSTEM]
            or line.split(",")[0] not in ours]
    line_of = {}
    for row, half in best.values():
        fields = lines[row.line - 1].split(",")
        if half is not row:
            fields[8:12] = [f"{value:.9g}" for value in (half.median, half.ci_low, half.ci_high)] \
                + [str(half.samples)]
        line_of[row.case._replace(system=SYSTEM)] = ",".join([fields[0], SYSTEM, *fields[2:]])
    return "".join(line + "\n" for line in kept + [line_of[case] for case in sorted(line_of)])


def csv_of(best):
    """process.csv as text."""
    lines = [COLUMNS] + [(*(str(field) for field in case), best[case][0].case.system)
                         for case in sorted(best)]
    return "".join(",".join(line) + "\n" for line in lines)


def apply(run):
    """Picks what there is to pick; returns what to say about it."""
    path = os.path.join(run, "results.csv")
    best = best_of(table.read_rows(path), repetitions.by_process(run))
    with open(path, encoding="utf-8", newline="") as file:
        text = file.read()
    new = replaced(text, best)
    # process.csv first: a row of `process` without its variant would have no repetitions.
    whole_file.write(os.path.join(run, FILE), csv_of(best))
    if new != text:
        whole_file.write(path, new)
    counts = {}
    for row, _ in best.values():
        counts[row.case.system] = counts.get(row.case.system, 0) + 1
    said = ", ".join(f"{count} {system}" for system, count in sorted(counts.items()))
    return f"{len(best)} rows of {SYSTEM}" + (f": {said}" if said else "")


def main(arguments):
    if len(arguments) != 1:
        print("usage: results/best_process.py RUN", file=sys.stderr)
        return 2
    try:
        print("  " + apply(arguments[0]))
    except (table.Damage, repetitions.Unreadable) as error:
        print(f"best_process: {error}", file=sys.stderr)
        return 1
    except OSError as error:
        print(f"best_process: {error.filename}: {error.strerror}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
