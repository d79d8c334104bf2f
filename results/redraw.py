#!/usr/bin/env -S python3 -B
"""Makes figures, claims and report of a run anew, from what is in its folder; `make figures`. Nothing is built
or measured.

usage: results/redraw.py RUN

Of a run with its repetitions (raw/) everything is computed again. One that was committed without them has its
ratios and rows as they are: they cannot be computed from anything else.
"""

import os
import subprocess
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(HERE)
# What is computed from the repetitions, if the run has what it is computed from.
FROM_REPETITIONS = (("best_process.py", "raw"), ("modelled.py", "crossings"), ("ratios.py", "raw"))
ALWAYS = ("summary.py", "attacks.py", os.path.join(os.pardir, "plots", "draw.py"), "claims.py", "report.py")
# What a run may lack, and what is not there then.
OPTIONAL = {"environment.json": "the machine that it was made on",
            "resolution.csv": "what it can resolve",
            "crossings": "the figure of callbacks", "attacks.csv": "what became of attacks"}


class Refused(Exception):
    """Why nothing can be drawn, as a sentence for the user."""


def stages(run):
    """The programs that are to be run. Raises Refused."""
    if not os.path.isdir(run):
        raise Refused(f"there is no run at {run}. `make reproduce` makes one and results/latest, which `make figures` "
                      "draws; RUN=folder draws another")
    if not os.path.exists(os.path.join(run, "results.csv")):
        raise Refused(f"{run} has no results.csv, the table that everything is drawn from; `make reproduce` makes it")
    if os.path.isdir(os.path.join(run, "raw")):
        return [program for program, needs in FROM_REPETITIONS if os.path.isdir(os.path.join(run, needs))] \
            + list(ALWAYS)
    if not os.path.exists(os.path.join(run, "ratios.csv")):
        raise Refused(f"{run} has neither raw/, its repetitions, nor ratios.csv, which is computed from them: "
                      "there is nothing to be drawn relative to raw")
    print("  without its repetitions (raw/): its rows and ratios stay as they are")
    return list(ALWAYS)


def main(arguments):
    if len(arguments) != 1:
        print("usage: results/redraw.py RUN", file=sys.stderr)
        return 2
    run = arguments[0]
    try:
        programs = stages(run)
    except Refused as error:
        print(f"figures: {error}", file=sys.stderr)
        return 1
    for name, what in OPTIONAL.items():
        if not os.path.exists(os.path.join(run, name)) and not (name == "resolution.csv" and "ratios.py" in programs):
            print(f"  note: the run has no {name}: {what} is not in the report")
    for program in programs:
        status = subprocess.run([os.path.join(HERE, program), run], check=False).returncode
        if status:
            return status
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
