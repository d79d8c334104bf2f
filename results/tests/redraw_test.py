#!/usr/bin/env -S python3 -B
"""Figures, claims and report are made anew of any run's folder, and nothing is built for them."""

import os
import re
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
RESULTS = os.path.dirname(HERE)
ROOT = os.path.dirname(RESULTS)
sys.path[:0] = [HERE, RESULTS]

import made_up  # noqa: E402
import tap  # noqa: E402


def _figures(run, *variables):
    return subprocess.run(["make", "--no-print-directory", "-C", ROOT, "figures", f"RUN={run}", *variables],
                          text=True, capture_output=True, check=False)


def _refused(run, *words):
    done = _figures(run)
    assert done.returncode, done.stdout
    tap.contains(done.stderr, *words)


def _files(run):
    """{name: content} of the run's own files."""
    found = {}
    for name in os.listdir(run):
        if os.path.isfile(os.path.join(run, name)):
            with open(os.path.join(run, name), "rb") as file:
                found[name] = file.read()
    return found


def a_run_without_its_repetitions_is_drawn_with_the_rows_and_ratios_that_it_has():
    with tempfile.TemporaryDirectory() as folder:
        run, build = os.path.join(folder, "reference"), os.path.join(folder, "build")
        made_up.write(run, made_up.rows((made_up.NATIVE,), ("ubench", "sodium")))
        before = _files(run)
        done = _figures(run, f"BUILD={build}", "CC=no-compiler")
        tap.equal((done.returncode, done.stderr), (0, ""))
        tap.contains(done.stdout, "without its repetitions (raw/): its rows and ratios stay as they are",
                     "drawn summary-x86_64-linux", "drawn overhead-sodium-x86_64-linux",
                     "the run has no environment.json: the machine that it was made on is not in the report")
        after = _files(run)
        tap.equal({name: after[name] for name in before}, before)
        tap.equal(sorted(after.keys() - before.keys()), ["claims.md", "report.html", "summary.csv"])
        tap.contains(after["report.html"].decode(), "run reference", "<svg", "og-mpk (modelled)")
        tap.equal(os.path.exists(build), False)
        # A second time it is the same to the last byte.
        tap.equal(_figures(run).returncode, 0)
        tap.equal(_files(run), after)


def nothing_is_built_for_figures():
    done = subprocess.run(["make", "--no-print-directory", "-C", ROOT, "-n", "figures", "RUN=a run"], text=True,
                          capture_output=True, check=False)
    tap.equal((done.returncode, done.stdout, done.stderr), (0, "results/redraw.py 'a run'\n", ""))


def a_run_that_is_not_there_is_named_with_what_makes_one():
    _refused("results/no-such-run", "there is no run at results/no-such-run", "`make reproduce` makes one")


def a_folder_without_rows_is_told_from_a_run():
    with tempfile.TemporaryDirectory() as run:
        _refused(run, "has no results.csv", "`make reproduce` makes it")


def a_run_with_neither_repetitions_nor_ratios_is_refused_and_left_alone():
    with tempfile.TemporaryDirectory() as run:
        made_up.write(run, made_up.rows((made_up.NATIVE,), ("sodium",)))
        os.unlink(os.path.join(run, "ratios.csv"))
        before = _files(run)
        _refused(run, "has neither raw/, its repetitions, nor ratios.csv")
        tap.equal(_files(run), before)


def a_system_whose_rows_are_taken_away_is_said_to_be_missing():
    with tempfile.TemporaryDirectory() as run:
        made_up.write(run, made_up.rows((made_up.NATIVE,), ("ubench", "sodium")))
        for name in ("results.csv", "ratios.csv"):
            with open(os.path.join(run, name), encoding="utf-8") as file:
                lines = [line for line in file if not re.match("x86_64-linux,og-mpk,", line)]
            with open(os.path.join(run, name), "w", encoding="utf-8") as file:
                file.writelines(lines)
        done = _figures(run)
        tap.equal((done.returncode, done.stderr), (0, ""))
        tap.contains(done.stdout, "no row of Omniglot itself")
        with open(os.path.join(run, "report.html"), encoding="utf-8") as file:
            tap.contains(file.read(), "On x86_64-linux there is no row of Omniglot itself")
        with open(os.path.join(run, "figures", "summary-x86_64-linux.svg"), encoding="utf-8") as file:
            assert "og-mpk" not in file.read()


if __name__ == "__main__":
    sys.exit(tap.run(globals()))
