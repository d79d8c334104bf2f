#!/usr/bin/env -S python3 -B
"""Measures what results/modelled.py models with: counts the crossings of og-none's cases into
<run>/crossings, and writes the machine's clock and the gate's times into <run>/environment.json.

usage: results/count_crossings.py --counter PROGRAM --gate PROGRAM --run-dir RUN [--filter REGEX]

Where og-mpk needs no model the crossings are counted all the same, for they say how many callbacks
there are; without og-none's times nothing is done. What was counted before is not counted again.
"""

import argparse
import json
import os
import subprocess
import sys

import modelled
import table
import whole_file

CLOCK_FROM = ("measured by og-gate-cost: dependent additions, one a cycle, by the wall clock, "
              "while it works")
GATE_FROM = ("measured by og-gate-cost: omniglot/mpk/gate.S without its PKRU writes, less a plain "
             "call; a word is one of arguments on the stack")
NOTHING = "no case matches"  # as the bench programs say it
TIMEOUT = 60


class Failed(Exception):
    """Why something could not be measured, in words for the user."""


def count(options):
    """Runs og-bench-crossings, showing only what went wrong. Returns what to say."""
    command = [options.counter, "--run-dir", os.path.join(options.run_dir, "crossings"),
               "--systems", modelled.BEHIND, "--repetitions", "1"]
    if options.filter:
        command += [f"--filter={options.filter}"]
    try:
        done = subprocess.run(command, text=True, capture_output=True, check=False)
    except OSError as error:
        raise Failed(f"{options.counter} cannot be started: {error.strerror}") from None
    said = [line for line in done.stderr.splitlines() if " is left out: " not in line]
    if done.returncode and any(NOTHING in line for line in said):
        return f"no case of {modelled.BEHIND} matches"
    if done.returncode:
        raise Failed(f"{options.counter} failed (status {done.returncode}): " + "\n".join(said))
    return f"crossings of {modelled.BEHIND}'s cases counted"


def time_gate(program):
    """What og-gate-cost prints; that the gate ended it is an answer, too."""
    try:
        done = subprocess.run([program], text=True, capture_output=True, check=False,
                              timeout=TIMEOUT)
    except OSError as error:
        raise Failed(f"{program} cannot be started: {error.strerror}") from None
    except subprocess.TimeoutExpired:
        raise Failed(f"{program} has not ended after {TIMEOUT} s") from None
    try:
        if done.returncode < 0:
            return {**json.loads(done.stdout + "}"),
                    "gate_missing": f"it ended og-gate-cost by signal {-done.returncode}"}
        return json.loads(done.stdout)
    except ValueError:
        raise Failed(f"{program} failed (status {done.returncode}): it printed "
                     f"'{done.stdout.strip()}{done.stderr.strip()}'") from None


def describe(environment, times):
    """Adds the machine's clock and the gate's times to environment.json's content."""
    if not isinstance(environment.get("processor"), dict):
        environment["processor"] = {}
    environment["processor"].update({"clock_ghz": times.get("clock_ghz"),
                                     "clock_from": CLOCK_FROM})
    if "gate_missing" in times:
        environment["gate"] = {"missing": times["gate_missing"]}
    else:
        environment["gate"] = {**{name: times.get(f"gate_{name}")
                                  for name in ("call_ns", "word_ns", "callback_ns")},
                               "from": GATE_FROM}


def measure(options):
    """Returns what to say."""
    path = os.path.join(options.run_dir, "environment.json")
    environment = modelled.read_json(path, "describes the machine in it")
    rows = table.read_rows(os.path.join(options.run_dir, "results.csv"))
    reason = modelled.why_not(rows, environment)
    if reason:
        said = [count(options)] if modelled.native(rows, environment) else []
        return [f"nothing is to be modelled: {reason}", *said]
    times = time_gate(options.gate)
    describe(environment, times)
    said = [count(options)]
    whole_file.write(path, json.dumps(environment, indent=2) + "\n")
    gate = environment["gate"]
    said.append(f"clock {environment['processor']['clock_ghz']} GHz; gate without PKRU writes: "
                + (gate.get("missing") or f"{gate['call_ns']} ns a call, {gate['callback_ns']} ns "
                   "a callback"))
    return said


def main(arguments):
    parser = argparse.ArgumentParser(prog="count_crossings", description=__doc__.split("\n")[0])
    parser.add_argument("--counter", required=True, help="og-bench-crossings")
    parser.add_argument("--gate", required=True, help="og-gate-cost")
    parser.add_argument("--run-dir", required=True, help="the run that is to be modelled in")
    parser.add_argument("--filter", default="", help="regular expression over case names")
    options = parser.parse_args(arguments)
    try:
        print("".join(f"  {line}\n" for line in measure(options)), end="")
    except (table.Damage, modelled.Missing, Failed) as error:
        print(f"count_crossings: {error}", file=sys.stderr)
        return 1
    except OSError as error:
        print(f"count_crossings: {error.filename}: {error.strerror}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
