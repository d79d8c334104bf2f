#!/usr/bin/env -S python3 -B
"""Adds to <run>/results.csv what og-mpk would cost on a machine that has no protection keys:
rows of kind `modelled`, and <run>/modelled.json, which says what they are made of.

usage: results/modelled.py RUN

A modelled time is og-none's measured time of the same case, plus for each of its crossings, as
counted in <run>/crossings, what the gate takes without its PKRU writes, as timed on this machine
(environment.json: gate), and two PKRU writes of c cycles at this machine's clock. c is from the
literature: the median is at its typical value, the interval reaches from the lower end of
og-none's at the lowest c to the upper end at the highest.

Modelled rows of an earlier call are replaced. Where og-mpk is measured, or could be, none are
made. docs/decisions/023 says why it is done so.
"""

import json
import os
import sys
from typing import NamedTuple

import table
import whole_file

SYSTEM, BEHIND = "og-mpk", "og-none"
PKRU_WRITES = 2  # a crossing: one to give rights up, one to take them back
WRPKRU_CYCLES = {"low": 11.0, "typical": 23.3, "high": 260.0}
WRPKRU_SOURCES = {
    "low and high": "A. Vahldiek-Oberwagner et al., ERIM: Secure, Efficient In-process Isolation "
                    "with Protection Keys (MPK), USENIX Security 2019: a WRPKRU takes 11 to 260 "
                    "cycles on Intel's processors of that time",
    "typical": "S. Park et al., libmpk: Software Abstraction for Intel Memory Protection Keys "
               "(Intel MPK), USENIX ATC 2019, table 1: a WRPKRU takes 23.3 cycles",
}
NOT_INCLUDED = (
    "what a PKRU write costs the instructions around it, beyond its own cycles: no memory access "
    "is executed ahead of it",
    "system calls of the library, which og-mpk traps and serves, and its allocator, which is its "
    "own libc's rather than og-none's",
    "what the C part of a callback does in og-mpk beyond og-none's",
)
# A case of which the guest saw og-mpk do this much more than its crossings account for, as a
# share of og-none's instructions, is remarked on.
UNEXPLAINED = 0.01


class Missing(Exception):
    """An input of the model that is not there or cannot be used, as `file: field: sentence`."""


class Crossings(NamedTuple):
    """What one operation of a case does, as og-bench-crossings counts it."""

    calls: int
    stack_words: int
    callbacks: int
    heap_calls: int
    lives: int

    def passes(self):
        """How often the gate is passed in and out, or out and in."""
        return self.calls + self.callbacks + self.heap_calls


class Machine(NamedTuple):
    """What the model needs to know of the machine; the gate's times are 0 where it cannot run."""

    clock_ghz: float
    call_ns: float
    word_ns: float
    callback_ns: float


def behind(case):
    """The measured case that a modelled one stands on."""
    return case._replace(system=BEHIND, kind="measured")


def added_ns(crossings, machine, cycles):
    """What the crossings of one operation add, with PKRU writes of so many cycles."""
    gate = ((crossings.calls + crossings.heap_calls) * machine.call_ns
            + crossings.stack_words * machine.word_ns + crossings.callbacks * machine.callback_ns)
    return gate + crossings.passes() * PKRU_WRITES * cycles / machine.clock_ghz


def modelled_row(row, crossings, machine):
    """og-mpk's table.Row on og-none's."""
    low, typical, high = (added_ns(crossings, machine, WRPKRU_CYCLES[name])
                          for name in ("low", "typical", "high"))
    case = row.case._replace(system=SYSTEM, kind="modelled")
    return table.Row(case, row.median + typical, row.ci_low + low, row.ci_high + high,
                     row.samples, 0)


def why_not(rows, environment):
    """Why nothing is to be modelled in a run with these rows, or None."""
    flags = (environment.get("processor") or {}).get("flags") or {}
    if any(row.case.system == SYSTEM and row.case.kind == "measured" for row in rows):
        return f"{SYSTEM} is measured on this machine"
    if flags.get("ospke"):
        return f"this machine has protection keys, so that {SYSTEM} is to be measured"
    if not native(rows, environment):
        return f"there are no times of {BEHIND}"
    return None


def native(rows, environment):
    """The rows that the model stands on."""
    return [row for row in rows if row.case.system == BEHIND and row.case.kind == "measured"
            and row.case.target == environment.get("target")]


# --- inputs ---

def read_json(path, what):
    """A JSON file's content; raises Missing with who makes it."""
    try:
        with open(path, encoding="utf-8") as file:
            return json.load(file)
    except FileNotFoundError:
        raise Missing(f"{path}: not there; `make reproduce` {what}") from None
    except ValueError as error:
        raise Missing(f"{path}: not JSON ({error}); delete it, `make reproduce` {what}") from None


def number(document, path, *names):
    """The number of 0 or more at names[0], names[1], ... of a document read from `path`."""
    value = document
    for name in names:
        value = value.get(name) if isinstance(value, dict) else None
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not 0 <= value < 1e18:
        raise Missing(f"{path}: {': '.join(names)}: {json.dumps(value)} is not a number of 0 or "
                      "more; `make reproduce FRESH=1` measures it")
    return value


def read_machine(environment, path):
    """The Machine of an environment.json."""
    clock = number(environment, path, "processor", "clock_ghz")
    if clock == 0:
        raise Missing(f"{path}: processor: clock_ghz: 0 is no clock")
    gate = environment.get("gate")
    if isinstance(gate, dict) and gate.get("missing"):
        return Machine(clock, 0, 0, 0)
    return Machine(clock, *(number(environment, path, "gate", name)
                            for name in ("call_ns", "word_ns", "callback_ns")))


def read_crossings(run):
    """{(target, case name): Crossings} of all that was counted in the run."""
    folder = os.path.join(run, "crossings", "raw")
    if not os.path.isdir(folder):
        raise Missing(f"{folder}: not there; `make reproduce` counts crossings into it")
    found = {}
    for name in sorted(os.listdir(folder)):
        if not name.endswith(".json"):
            continue
        path = os.path.join(folder, name)
        document = read_json(path, "counts again")
        cases = document.get("crossings") if isinstance(document, dict) else None
        if not isinstance(cases, list):
            raise Missing(f"{path}: crossings: not there; is it from og-bench-crossings?")
        target = (document.get("context") or {}).get("target")
        for case in cases:
            counts = Crossings(*(number(case, path, field) for field in Crossings._fields))
            found[target, case.get("name")] = counts
    return found


# --- the guest ---

def guest_additions(rows):
    """{(workload, operation, size, placement): (instructions that og-mpk adds to og-none's,
    og-none's)} where both were counted in a guest."""
    counted = {row.case: row.median for row in rows if row.case.kind == "emulated"}
    found = {}
    for case, median in counted.items():
        under = case._replace(system=BEHIND)
        if case.system == SYSTEM and under in counted:
            found[work_of(case)] = (median - counted[under], counted[under])
    return found


def work_of(case):
    return (case.workload, case.operation, case.size_bytes, case.placement)


EMPTY = ("ubench", "invoke-int-0", 0, "copied")
STACKED = ("ubench", "invoke-int-25", 0, "copied")
STACKED_WORDS = 25 - 6  # the first six are in registers


def unexplained(work, crossings, additions):
    """The share of og-none's instructions that og-mpk adds in the guest and crossings do not
    account for: the empty call shows what one takes, the call with most arguments what a word on
    the stack takes. None where that is not known."""
    if work not in additions or EMPTY not in additions or additions[work][1] <= 0:
        return None
    a_pass = additions[EMPTY][0]
    a_word = max(0.0, additions.get(STACKED, (a_pass, 0))[0] - a_pass) / STACKED_WORDS
    added, under = additions[work]
    return max(0.0, added - crossings.passes() * a_pass - crossings.stack_words * a_word) / under


# --- the model ---

def model(rows, environment, environment_path, counted):
    """Returns (modelled rows, the document that says how they came about)."""
    machine = read_machine(environment, environment_path)
    additions = guest_additions(rows)
    modelled, cases, left_out, remarks = [], {}, {}, []
    for row in native(rows, environment):
        name = str(row.case)
        crossings = counted.get((row.case.target, name))
        if crossings is None:
            raise Missing(f"crossings of {name}: not counted; `make reproduce` counts them")
        if crossings.lives:
            left_out[name] = "opens, resets or closes a domain, which og-mpk does otherwise"
            continue
        modelled.append(modelled_row(row, crossings, machine))
        cases[name] = {**crossings._asdict(), "added_ns": {
            at: round(added_ns(crossings, machine, cycles), 4)
            for at, cycles in WRPKRU_CYCLES.items()}}
        share = unexplained(work_of(row.case), crossings, additions)
        if share is not None:
            cases[name]["unexplained_in_guest"] = round(share, 5)
            if share > UNEXPLAINED:
                remarks.append(f"{name}: in the guest og-mpk executes {100 * share:.1f} % more "
                               "instructions than og-none that its crossings do not explain: its "
                               "time would be above the model's")
    gate = environment.get("gate") or {}
    document = {
        "system": SYSTEM, "stands_on": BEHIND,
        "formula": f"{BEHIND}'s time + (calls + heap calls) x gate call + stacked words x gate "
                   "word + callbacks x gate callback + (calls + heap calls + callbacks) x "
                   f"{PKRU_WRITES} x c / clock",
        "c_cycles": WRPKRU_CYCLES, "c_sources": WRPKRU_SOURCES,
        "clock_ghz": machine.clock_ghz,
        "clock_from": (environment.get("processor") or {}).get("clock_from"),
        "gate": gate,
        "not_included": [*(["the gate's other instructions: " + gate["missing"]]
                           if gate.get("missing") else []), *NOT_INCLUDED],
        "remarks": remarks, "left_out": left_out, "cases": cases,
    }
    return modelled, document


def csv_line(row):
    return ",".join(str(field) for field in (
        *row.case, f"{row.median:.4f}", f"{row.ci_low:.4f}", f"{row.ci_high:.4f}", row.samples,
        "yes"))


def replace_rows(path, modelled):
    """Writes results.csv with these modelled rows of og-mpk in place of those it has."""
    with open(path, encoding="utf-8") as file:
        lines = file.read().splitlines()
    kept = [line for line in lines if not is_modelled(line)]
    new = kept + [csv_line(row) for row in sorted(modelled, key=lambda row: row.case)]
    if new != lines:
        whole_file.write(path, "".join(line + "\n" for line in new))


def is_modelled(line):
    fields = line.split(",")
    return fields[1:2] == [SYSTEM] and fields[6:7] == ["modelled"]


def apply(run):
    """Models what there is to model in the run; returns what to say about it."""
    path = os.path.join(run, "results.csv")
    environment_path = os.path.join(run, "environment.json")
    said = os.path.join(run, "modelled.json")
    rows = [row for row in table.read_rows(path)
            if (row.case.system, row.case.kind) != (SYSTEM, "modelled")]
    environment = read_json(environment_path, "describes the machine in it")
    reason = why_not(rows, environment)
    if reason:
        replace_rows(path, [])
        whole_file.remove(said)
        return [f"nothing is modelled: {reason}"]
    modelled, document = model(rows, environment, environment_path, read_crossings(run))
    replace_rows(path, modelled)
    whole_file.write(said, json.dumps(document, indent=1) + "\n")
    return [f"{len(modelled)} rows of {SYSTEM}, {len(document['left_out'])} cases left out "
            "(modelled.json says how and why)", *document["remarks"]]


def main(arguments):
    if len(arguments) != 1:
        print("usage: results/modelled.py RUN", file=sys.stderr)
        return 2
    try:
        print("".join(f"  {line}\n" for line in apply(arguments[0])), end="")
    except (table.Damage, Missing) as error:
        print(f"modelled: {error}", file=sys.stderr)
        return 1
    except OSError as error:
        print(f"modelled: {error.filename}: {error.strerror}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
