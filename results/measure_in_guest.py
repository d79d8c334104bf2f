#!/usr/bin/env -S python3 -B
"""Runs og-bench-counted in the PKU guest and adds what it counted to a run directory.

usage: results/measure_in_guest.py --bench PROGRAM --run-dir RUN [--filter REGEX]
                                   [--repetitions N] [--size-limit BYTES]

The guest has no disk: its rows and repetitions come out when it ends, and only then is the
run directory touched. Rows of an earlier guest are replaced, all others stay. A guest's raw
files are named pku-guest.*.json beside the native ones.
"""

import argparse
import glob
import os
import re
import shutil
import signal
import subprocess
import sys

import input_files
import whole_file

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
TARGET = "pku-guest"
TIMEOUT = 1500
# Counts hardly spread, and an emulator is slow.
REPETITIONS = 5
SIZE_LIMIT = 65536
GROUP = re.compile(r"(\d+)/(\d+)\]? (\S+/\S+ +\S+ +\d+ B)")
NOTHING = "no case matches"  # as og-bench-counted says it
ESCAPES = re.compile(r"\x1b\[[0-9;]*[A-Za-z]")
LINES = 12  # that say where a whole run stands, where there is no terminal


def guest_command(options):
    """pku-guest with the program and all that it opens or starts."""
    program = os.path.abspath(options.bench)
    build = os.path.dirname(os.path.dirname(program))
    files = sorted(glob.glob(os.path.join(build, "bin", "og-worker-*"))
                   + glob.glob(os.path.join(build, "lib", "libogubench*.so")))
    for workload in input_files.workloads():
        files += [path for _, _, path, _ in input_files.listed(workload)]
    command = [os.path.join(ROOT, "tools", "pku-guest"), "--icount",
               "--timeout", str(TIMEOUT), "--out", TARGET]
    for path in files:
        command += ["--add", path]
    command += ["--", program, "--run-dir", TARGET, "--repetitions", str(options.repetitions),
                "--size-limit", str(options.size_limit)]
    if options.filter:
        command += [f"--filter={options.filter}"]
    return command


def show(text, shown, out=sys.stdout):
    """Prints a piece of what the program says. Of its lines about groups only where it
    stands: its clock counts instructions, so that its times mean nothing here. Returns the
    number of the last group that was shown."""
    text = ESCAPES.sub("", text).strip()
    match = GROUP.search(text)
    if not match:
        if text and "groups done" not in text:
            print(("\n" if shown and out.isatty() else "") + "  " + text, file=out, flush=True)
        return shown
    number, total, what = int(match.group(1)), int(match.group(2)), match.group(3)
    if out.isatty():
        print(f"\r  {number} of {total}  {what}\x1b[K", end="" if number < total else "\n",
              file=out, flush=True)
    elif number in (1, total) or number - shown >= total / LINES:
        print(f"  {number} of {total}  {what}", file=out, flush=True)
    else:
        return shown
    return number


def run_guest(options):
    """Returns the guest's status, and whether there was no case to count; what else a program
    without cases says is not shown."""
    child = subprocess.Popen(guest_command(options), cwd=options.run_dir, stdout=subprocess.PIPE,
                             stderr=subprocess.STDOUT)
    nothing, piece, shown = False, b"", 0
    try:
        while byte := child.stdout.read1(1):
            if byte in b"\r\n":
                text = piece.decode("utf-8", "replace")
                piece = b""
                nothing = nothing or NOTHING in text
                if not nothing:
                    shown = show(text, shown)
            else:
                piece += byte
        return child.wait(), nothing
    except KeyboardInterrupt:
        child.terminate()
        child.wait()
        raise


def rows_in(path):
    """A results.csv's header and its other lines; none if there is no file."""
    try:
        with open(path, encoding="utf-8") as file:
            lines = file.read().splitlines()
    except FileNotFoundError:
        return "", []
    return lines[0] if lines else "", lines[1:]


def take_over(run):
    """Moves what the guest brought into the run directory: repetitions first, so that a row
    always has them. Returns how many rows there were."""
    brought = os.path.join(run, TARGET)
    raw = os.path.join(run, "raw")
    header, rows = rows_in(os.path.join(brought, "results.csv"))
    os.makedirs(raw, exist_ok=True)
    for path in sorted(glob.glob(os.path.join(brought, "raw", "*.json"))):
        with open(path, encoding="utf-8") as file:
            whole_file.write(os.path.join(raw, f"{TARGET}.{os.path.basename(path)}"), file.read())
    table = os.path.join(run, "results.csv")
    header_before, before = rows_in(table)
    kept = [row for row in before if not row.startswith(f"{TARGET},")]
    if rows:
        lines = [header_before or header, *kept, *rows]
        whole_file.write(table, "".join(line + "\n" for line in lines))
    shutil.rmtree(brought)
    return len(rows)


def parse(arguments):
    parser = argparse.ArgumentParser(prog="measure_in_guest",
                                     description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("--bench", required=True, help="og-bench-counted")
    parser.add_argument("--run-dir", required=True, help="the run that the rows are added to")
    parser.add_argument("--filter", default="", help="regular expression over case names")
    parser.add_argument("--repetitions", type=int, default=REPETITIONS,
                        help=f"samples per row; more than {REPETITIONS} count as {REPETITIONS}")
    parser.add_argument("--size-limit", type=int, default=SIZE_LIMIT,
                        help=f"no case of more bytes (default {SIZE_LIMIT})")
    options = parser.parse_args(arguments)
    options.repetitions = min(options.repetitions, REPETITIONS)
    return options


def interrupted(*_):
    raise KeyboardInterrupt


def main(arguments):
    options = parse(arguments)
    signal.signal(signal.SIGTERM, interrupted)
    try:
        os.makedirs(options.run_dir, exist_ok=True)
        brought = os.path.join(options.run_dir, TARGET)
        shutil.rmtree(brought, ignore_errors=True)
        status, nothing = run_guest(options)
        if nothing:
            print(f"  nothing to count: no case of up to {options.size_limit} bytes matches")
            return 0
        if os.path.isdir(brought):
            count = take_over(options.run_dir)
            print(f"  {count} rows of target {TARGET}, sizes up to {options.size_limit} bytes")
        return status
    except KeyboardInterrupt:
        print("\nmeasure_in_guest: interrupted; the guest's figures are lost, all others are as "
              "they were", file=sys.stderr)
        return 130
    except OSError as error:
        print(f"measure_in_guest: {error.filename}: {error.strerror}", file=sys.stderr)
        return 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
