#!/usr/bin/env -S python3 -B
"""Stands in for og-bench-crossings and, without options, for og-gate-cost, in tests.

usage: fake_model.py [--run-dir DIR [--systems LIST] [--filter REGEX] [--repetitions N]]

Nothing it writes is a result. The crossings are those of fake_bench.py's cases of og-none, by a
rule; FAKE_GATE=text makes it print the text instead of the gate's times, and end by a signal if
it ends in "killed".
"""

import argparse
import json
import os
import re
import signal
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

import fake_bench  # noqa: E402

TIMES = {"clock_ghz": 2.0, "gate_call_ns": 50.0, "gate_word_ns": 0.25, "gate_callback_ns": 40.0}


def crossings_of(operation):
    """calls, stack_words, callbacks, heap_calls, lives."""
    if operation.startswith(("domain-", "process-")):
        return 1, 0, 0, 0, 1
    if operation in ("upgrade", "write") or operation.startswith("validate-"):
        return 0, 0, 0, 0, 0
    return 1, 19 if operation == "invoke-int-25" else 0, int(operation == "callback"), 0, 0


def print_times():
    said = os.environ.get("FAKE_GATE")
    print(said.removesuffix("killed") if said else json.dumps(TIMES), flush=True)
    if said and said.endswith("killed"):
        os.kill(os.getpid(), signal.SIGKILL)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--run-dir")
    parser.add_argument("--systems")
    parser.add_argument("--filter", default="")
    parser.add_argument("--repetitions")
    options = parser.parse_args()
    if not options.run_dir:
        print_times()
        return 0
    counted = []
    for case in fake_bench.cases():
        name = fake_bench.name_of(case)
        if case[4] == options.systems and re.search(options.filter, name):
            fields = ("calls", "stack_words", "callbacks", "heap_calls", "lives")
            counted.append({"name": name, **dict(zip(fields, crossings_of(case[1])))})
    if not counted:
        print(f'error: no case matches the filter "{options.filter}"', file=sys.stderr)
        return 2
    raw = os.path.join(options.run_dir, "raw")
    os.makedirs(raw, exist_ok=True)
    with open(os.path.join(raw, "all.json"), "w", encoding="utf-8") as file:
        json.dump({"context": {"target": "x86_64-linux"}, "crossings": counted}, file)
    return 0


if __name__ == "__main__":
    sys.exit(main())
