"""What each system guarantees, from guarantees.csv, the one place that states it.

Each line says of one or more systems on a platform whether a guarantee holds, how, and which
tests (path:test, the test's name as it stands in that file) or documents prove it. What holds
needs a proof; results/tests/summary_test.py looks for each of them.
"""

import csv
import os
from typing import NamedTuple

import table

PATH = os.path.join(os.path.dirname(os.path.abspath(__file__)), "guarantees.csv")
COLUMNS = ["platform", "systems", "guarantee", "holds", "how", "proof"]
# What keeps a program safe from a library; a system that lacks one guarantees less.
SAFETY = {
    "memory": "the host's memory is out of the library's reach",
    "types": "results are valid for their type before the host can use them",
    "aliasing": "what the host reads does not change meanwhile, nor outlive its memory",
    "faults": "a crash of the library is an error and the host goes on",
    "deadline": "a library that does not return is ended",
    "system-calls": "the library can make only those system calls, or reach those devices, that it "
                    "was granted",
}
# What it costs to use: no guarantee, but a reason to choose one.
PROPERTIES = {
    "unmodified": "the library is the distribution's own binary (partly: rebuilt from unmodified "
                  "source)",
    "zero-copy": "data can stay where the library uses it",
}
ALL = (*SAFETY, *PROPERTIES)
HOLDS = ("yes", "partly", "no")


class Guarantee(NamedTuple):
    """Whether it holds, how, and the list of what proves it."""

    holds: str
    how: str
    proofs: tuple


def platform(target):
    """Under which platform guarantees.csv has a target's systems."""
    return "rv32" if target == "rv32" else "linux"


def read(path=PATH):
    """{(platform, system): {guarantee: Guarantee}}. Raises table.Damage."""
    found = {}
    with open(path, encoding="utf-8", newline="") as file:
        lines = list(csv.reader(file))
    if not lines or lines[0] != COLUMNS:
        raise table.Damage(path, 1, COLUMNS[0], f"the header must be {','.join(COLUMNS)}")
    for number, values in enumerate(lines[1:], start=2):
        if len(values) != len(COLUMNS):
            raise table.Damage(path, number, COLUMNS[-1],
                               f"{len(values)} columns where {len(COLUMNS)} belong")
        entry = dict(zip(COLUMNS, values))
        if entry["guarantee"] not in ALL:
            raise table.Damage(path, number, "guarantee",
                               f"'{entry['guarantee']}' is not one of {', '.join(ALL)}")
        if entry["holds"] not in HOLDS:
            raise table.Damage(path, number, "holds",
                               f"'{entry['holds']}' is not one of {', '.join(HOLDS)}")
        if entry["holds"] != "no" and not entry["proof"].split():
            raise table.Damage(path, number, "proof", "what holds needs a test or document")
        for system in entry["systems"].split():
            guarantees = found.setdefault((entry["platform"], system), {})
            if entry["guarantee"] in guarantees:
                raise table.Damage(path, number, "guarantee",
                                   f"{entry['guarantee']} of {system} is stated twice")
            guarantees[entry["guarantee"]] = Guarantee(entry["holds"], entry["how"],
                                                       tuple(entry["proof"].split()))
    for (where, system), guarantees in found.items():
        for missing in (name for name in ALL if name not in guarantees):
            raise table.Damage(path, len(lines), "guarantee",
                               f"nothing is said of {missing} of {system} on {where}")
    return found


def of(stated, target, system):
    """{guarantee: Guarantee} of a system; None if nothing is stated. All process sandboxes have
    those of `process`, unless they have lines of their own."""
    where = platform(target)
    return stated.get((where, system)) or \
        (stated.get((where, "process")) if system.startswith("process-") else None)


def side(guarantees):
    """On which side of the comparison a system stands: `omniglot` holds every safety guarantee
    without copying, `equal` every one, `weaker` not; `unknown` where nothing is stated."""
    if not guarantees:
        return "unknown"
    if any(guarantees[name].holds != "yes" for name in SAFETY):
        return "weaker"
    return "omniglot" if guarantees["zero-copy"].holds == "yes" else "equal"
