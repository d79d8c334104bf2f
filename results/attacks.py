#!/usr/bin/env -S python3 -B
"""What became of the attacks: the strict reader of <run>/attacks.csv, and what is made of it.

usage: results/attacks.py RUN      writes RUN/attack-matrix.csv, which the figure draws

A row is one attack through one system on one target. No file means that nothing was attacked in
the run, and then nothing is claimed.
"""

import csv
import io
import os
import sys
from typing import NamedTuple

import system_table
import targets
import whole_file
from table import Damage

NAME = "attacks.csv"
MATRIX = "attack-matrix.csv"
COLUMNS = ("target", "system", "family", "attack", "verdict", "seen")
FAMILIES = ("memory", "kernel", "values", "availability")
FAMILY_WORDS = {"memory": "memory and control", "kernel": "the kernel as a deputy",
                "values": "values and aliasing", "availability": "availability"}
# From the best to the worst; what could not be run at last.
VERDICTS = ("contained", "no effect", "detected", "killed", "compromised", "not applicable", "broken")
SUCCEEDS = ("compromised", "killed")
OPEN_SYSTEMS = tuple(system.name for system in system_table.ALL if not system.isolates)


class Row(NamedTuple):
    """What became of an attack."""

    target: str
    system: str
    family: str
    attack: str
    verdict: str
    seen: str


def read_file(path, header=True):
    """The rows of a file; the watcher's has no header. Raises Damage and OSError."""
    with open(path, encoding="utf-8", newline="") as file:
        lines = list(csv.reader(file))
    if header:
        if not lines or tuple(lines[0]) != COLUMNS:
            raise Damage(path, 1, "header", f"the columns are not {','.join(COLUMNS)}")
        lines = lines[1:]
    rows, seen = [], {}
    for number, line in enumerate(lines, start=2 if header else 1):
        if len(line) != len(COLUMNS):
            raise Damage(path, number, "row", f"{len(line)} fields, not {len(COLUMNS)}")
        row = Row(*line)
        for column, known in (("family", FAMILIES), ("verdict", VERDICTS)):
            if getattr(row, column) not in known:
                raise Damage(path, number, column, f"'{getattr(row, column)}' is none of "
                             f"{', '.join(known)}")
        if not row.seen:
            raise Damage(path, number, "seen", "nothing was seen: a verdict needs a reason")
        if row[:4] in seen:
            raise Damage(path, number, "attack", f"it is in line {seen[row[:4]]}, too")
        seen[row[:4]] = number
        rows.append(row)
    return rows


def read(run):
    """The run's rows; none if nothing was attacked."""
    path = os.path.join(run, NAME)
    return read_file(path) if os.path.exists(path) else []


def sort_key(row):
    return (targets.place(row.target), FAMILIES.index(row.family), row.attack, place(row.system))


def place(system):
    names = system_table.NAMES
    return (names.index(system) if system in names else len(names), system)


def write_file(path, rows):
    text = io.StringIO()
    table = csv.writer(text, lineterminator="\n")
    table.writerow(COLUMNS)
    table.writerows(sorted(rows, key=sort_key))
    whole_file.write(path, text.getvalue())


def systems_of(rows):
    return sorted({row.system for row in rows}, key=place)


def targets_of(rows):
    return sorted({row.target for row in rows}, key=targets.place)


def counts(rows):
    """{verdict: how many}."""
    return {verdict: sum(row.verdict == verdict for row in rows) for verdict in VERDICTS}


def as_text(rows):
    """A table for a terminal: of each target and system how many attacks came to what."""
    shown = [verdict for verdict in VERDICTS if counts(rows)[verdict]]
    lines = ["", "  " + " " * 34 + "".join(f"{verdict:>16}" for verdict in shown)]
    for target in targets_of(rows):
        for system in systems_of([row for row in rows if row.target == target]):
            found = counts([r for r in rows if (r.target, r.system) == (target, system)])
            lines.append(f"  {target:<16} {system:<17}"
                         + "".join(f"{found[verdict] or '–':>16}" for verdict in shown))
    return "\n".join(lines) + "\n"


def matrix(rows):
    """The figure's rows: of each target a place for each attack, families one after the other."""
    lines = [("target", "system", "workload", "kind", "attack", "x", "verdict")]
    for target in targets_of(rows):
        here = [row for row in rows if row.target == target]
        names = sorted({(FAMILIES.index(row.family), row.attack) for row in here})
        for row in sorted(here, key=sort_key):
            index = names.index((FAMILIES.index(row.family), row.attack))
            lines.append((target, row.system, row.family, "attacked", row.attack,
                          index + 2 * FAMILIES.index(row.family), row.verdict.replace(" ", "-")))
    return "".join(",".join(str(field) for field in line) + "\n" for line in lines)


def main(arguments):
    if len(arguments) != 1:
        print("usage: results/attacks.py RUN", file=sys.stderr)
        return 2
    path = os.path.join(arguments[0], MATRIX)
    try:
        rows = read(arguments[0])
        if rows:
            whole_file.write(path, matrix(rows))
            made = len({(row.family, row.attack) for row in rows})
            print(f"  {made} attacks, {len(rows)} times through a system, "
                  f"{sum(row.verdict in SUCCEEDS for row in rows)} of which succeeded")
        else:
            whole_file.remove(path)
            print("  nothing was attacked in this run (`make attack` does)")
    except Damage as error:
        print(f"attacks: {error}", file=sys.stderr)
        return 1
    except OSError as error:
        print(f"attacks: {error.filename}: {error.strerror}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
