#!/usr/bin/env -S python3 -B
"""Comparing the process sandboxes of two programs, on rounds whose answer is known."""

import os
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
RESULTS = os.path.dirname(HERE)
sys.path[:0] = [HERE, RESULTS]

import compare_programs  # noqa: E402
import ratios_test  # noqa: E402
import tap  # noqa: E402

RAW = ratios_test.RAW


def compared(rounds, *options):
    """What is said of {"before-0": {case name: times}, ...}: lines by case name."""
    with tempfile.TemporaryDirectory() as folder:
        runs = []
        for name, times_of in rounds.items():
            run = ratios_test.Run(times_of)
            runs.append(run)
            os.symlink(run.path, os.path.join(folder, name))
        done = subprocess.run([os.path.join(RESULTS, "compare_programs.py"), "--report",
                               "--run-dir", folder, *options], text=True, capture_output=True,
                              check=False)
    tap.equal((done.returncode, done.stderr), (0, ""))
    return {line.split()[0]: line for line in done.stdout.splitlines() if line.strip()}


def the_best_variant_of_either_side_is_compared():
    lines = compared({
        "before-0": {"w/op/process-socket/8": RAW, "w/op/process-ring/8": [9 * t for t in RAW]},
        "after-0": {"w/op/process-ring-one/8": [t / 2 for t in RAW],
                    "w/op/process-ring-two/8": [5 * t for t in RAW],
                    "w/op/process-pipe/8": [t / 9 for t in RAW]}})
    tap.contains(lines["w/op/process/8"], "0.500", "faster", "process-socket -> process-ring-one")


def rounds_are_pooled():
    lines = compared({"before-0": {"w/op/process-ring/8": [100.0] * 5},
                      "before-1": {"w/op/process-ring/8": [100.0] * 5},
                      "after-0": {"w/op/process-ring/8": [100.0] * 3},
                      "after-1": {"w/op/process-ring/8": [300.0] * 7}})
    tap.contains(lines["w/op/process/8"], " 300 ", "3.000")


def a_quantile_sees_through_disturbances():
    disturbed = RAW + [5000.0] * 25
    rounds = {"before-0": {"w/op/process-ring/8": RAW},
              "after-0": {"w/op/process-ring/8": disturbed}}
    tap.contains(compared(rounds)["w/op/process/8"], "slower")
    tap.contains(compared(rounds, "--quantile", "0.1")["w/op/process/8"], "same")


def quantiles_lie_between_values():
    tap.equal([compare_programs.quantile([3.0, 1.0, 2.0], share) for share in (0, 0.25, 0.5, 1)],
              [1.0, 1.5, 2.0, 3.0])


def both_programs_are_asked_for():
    done = subprocess.run([os.path.join(RESULTS, "compare_programs.py"), "--run-dir", "/nowhere",
                           "--before", "x"], text=True, capture_output=True, check=False)
    tap.equal(done.returncode, 2)
    tap.contains(done.stderr, "--before and --after")


if __name__ == "__main__":
    sys.exit(tap.run(globals()))
