#!/usr/bin/env -S python3 -B
"""Ratios to raw and between runs, on numbers whose answer is known."""

import json
import os
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
RESULTS = os.path.dirname(HERE)
sys.path[:0] = [HERE, RESULTS]

import bootstrap  # noqa: E402
import repetitions  # noqa: E402
import table  # noqa: E402
import tap  # noqa: E402

RAW = [100.0, 101.0, 99.0, 100.0, 102.0, 98.0, 100.0]


class Run:
    """A run directory made of repetitions per case name."""

    def __init__(self, repetitions_of, unit="ns"):
        self.folder = tempfile.TemporaryDirectory()
        self.path = self.folder.name
        os.mkdir(os.path.join(self.path, "raw"))
        lines, runs = [",".join(table.COLUMNS)], []
        for name, times in repetitions_of.items():
            workload, operation, system, size, *rest = name.split("/")
            placement = "resident" if "resident" in rest else "copied"
            middle = bootstrap.median(times)
            lines.append(f"x86_64-linux,{system},{workload},{operation},{placement},{size},"
                         f"measured,ns,{middle},{min(times)},{max(times)},{len(times)},yes")
            factor = repetitions.NANOSECONDS[unit]
            runs += [{"name": name + "/manual_time", "run_type": "iteration",
                      "real_time": value / factor, "time_unit": unit} for value in times]
            runs.append({"name": name + "_median", "run_type": "aggregate", "real_time": 1e9,
                         "time_unit": unit})
        self.write("results.csv", "\n".join(lines) + "\n")
        self.write("raw/all.json", json.dumps({"context": {}, "benchmarks": runs}))

    def write(self, name, text):
        with open(os.path.join(self.path, name), "w", encoding="utf-8") as file:
            file.write(text)

    def read(self, name):
        with open(os.path.join(self.path, name), encoding="utf-8") as file:
            return file.read()

    def ratios(self):
        done = subprocess.run([os.path.join(RESULTS, "ratios.py"), self.path], text=True,
                              capture_output=True, check=False)
        return done

    def ratio_rows(self):
        done = self.ratios()
        tap.equal((done.returncode, done.stderr), (0, ""))
        return table.read_ratios(os.path.join(self.path, "ratios.csv"))


def twice_the_time_is_a_ratio_of_two_with_an_interval_around_it():
    row, = Run({"w/op/raw/8": RAW, "w/op/og-none/8": [2 * time for time in RAW]}).ratio_rows()
    tap.equal(row.ratio, 2.0)
    assert 1.9 < row.ratio_low < 2 < row.ratio_high < 2.1, row
    tap.equal(row.raw_median, 100.0)


def constant_times_have_an_interval_of_no_width():
    row, = Run({"w/op/raw/8": [4.0] * 5, "w/op/og-none/8": [6.0] * 5}).ratio_rows()
    tap.equal((row.ratio_low, row.ratio, row.ratio_high), (1.5, 1.5, 1.5))


def an_interval_does_not_depend_on_the_other_cases_of_a_run():
    small = {"w/op/raw/8": RAW, "w/op/og-none/8": [time + 7 for time in RAW]}
    large = {"v/op/raw/8": [3.0, 4.0], "v/op/og-none/8": [5.0, 6.0], **small}
    tap.equal(Run(small).ratio_rows()[0], Run(large).ratio_rows()[1])


def resident_is_compared_with_resident():
    rows = Run({"w/op/raw/8": RAW, "w/op/raw/8/resident": [50.0] * 5,
                "w/op/og-none/8/resident": [100.0] * 5}).ratio_rows()
    tap.equal([row.ratio for row in rows], [2.0])


def time_units_of_the_raw_files_are_honoured():
    row, = Run({"w/op/raw/8": RAW, "w/op/og-none/8": [3 * time for time in RAW]},
               unit="us").ratio_rows()
    assert abs(row.raw_median - 100) < 1e-9 and abs(row.ratio - 3) < 1e-9, row


def targets_are_compared_with_their_own_raw():
    run = Run({"w/op/raw/8": RAW, "w/op/og-none/8": [2 * time for time in RAW]})
    counts = {"raw": [10.0] * 3, "og-none": [70.0] * 3}
    rows = [f"pku-guest,{system},w,op,copied,8,emulated,instructions,{values[0]},{values[0]},"
            f"{values[0]},3,yes\n" for system, values in counts.items()]
    run.write("results.csv", run.read("results.csv") + "".join(rows))
    runs = [{"name": f"w/op/{system}/8", "run_type": "iteration", "real_time": value,
             "time_unit": "instructions"} for system, values in counts.items() for value in values]
    run.write("raw/pku-guest.w.op.copied.8.json",
              json.dumps({"context": {"target": "pku-guest"}, "benchmarks": runs}))
    tap.equal({row.case.target: row.ratio for row in run.ratio_rows()},
              {"x86_64-linux": 2.0, "pku-guest": 7.0})
    tap.equal(run.read("ratios.log"), "")


def what_slows_all_systems_of_a_process_is_not_in_the_ratios_interval():
    slow = (1.0, 1.5, 1.2, 1.9)
    raw = [[time * factor for time in RAW] for factor in slow]
    drawn = [bootstrap.medians_of_processes([[n * time for time in costs] for costs in raw], seed, 500)
             for n, seed in ((1, "raw"), (2, "og-none"))]
    low, high = bootstrap.interval([a / b for a, b in zip(drawn[1], drawn[0])])
    assert 1.8 < low <= 2 <= high < 2.2, (low, high)
    # Of the medians themselves it is.
    low, high = bootstrap.interval(drawn[0])
    assert high > 1.4 * low, (low, high)


def a_case_without_raw_gets_no_ratio_and_a_line_in_the_log():
    run = Run({"w/op/og-none/8": RAW})
    tap.equal(run.ratio_rows(), [])
    tap.contains(run.read("ratios.log"), "w/op/og-none/8: no ratio, raw has no such case")


def a_case_without_repetitions_gets_no_ratio_and_a_line_in_the_log():
    run = Run({"w/op/raw/8": RAW, "w/op/og-none/8": RAW})
    run.write("raw/all.json", '{"benchmarks": []}')
    tap.equal(run.ratio_rows(), [])
    tap.contains(run.read("ratios.log"), "no repetitions of w/op/og-none/8")


def a_median_that_its_repetitions_contradict_is_remarked_on():
    run = Run({"w/op/raw/8": RAW, "w/op/og-none/8": RAW})
    run.write("results.csv", run.read("results.csv").replace(",100.0,98.0", ",101.5,98.0", 1))
    run.ratio_rows()
    tap.contains(run.read("ratios.log"), "w/op/raw/8: results.csv has a median of 101.5", "line 2")


def a_damaged_raw_file_is_named():
    run = Run({"w/op/raw/8": RAW})
    run.write("raw/all.json", '{"benchmarks": [')
    done = run.ratios()
    tap.equal(done.returncode, 1)
    tap.contains(done.stderr, "raw/all.json: not JSON", "delete the file")


def a_damaged_table_leaves_the_earlier_ratios_in_place():
    run = Run({"w/op/raw/8": RAW, "w/op/og-none/8": RAW})
    run.ratio_rows()
    before = run.read("ratios.csv")
    run.write("results.csv", run.read("results.csv").replace(",yes", ",no", 1))
    done = run.ratios()
    tap.equal((done.returncode, run.read("ratios.csv")), (1, before))
    tap.contains(done.stderr, "results.csv:2:verified:")


def a_missing_table_is_named():
    with tempfile.TemporaryDirectory() as folder:
        done = subprocess.run([os.path.join(RESULTS, "ratios.py"), folder], text=True,
                              capture_output=True, check=False)
    tap.equal(done.returncode, 1)
    tap.contains(done.stderr, "results.csv: No such file")


def the_median_of_an_even_count_lies_between_the_middle_two():
    tap.equal(bootstrap.median([4, 1, 3, 2]), 2.5)


def _compare(*paths):
    return subprocess.run([os.path.join(RESULTS, "compare.py"), *paths], text=True,
                          capture_output=True, check=False)


def comparing_runs_tells_faster_from_slower_from_the_same():
    before = Run({"w/a/raw/8": RAW, "w/b/raw/8": RAW, "w/c/raw/8": RAW, "w/d/raw/8": RAW})
    after = Run({"w/a/raw/8": [time * 2 for time in RAW], "w/b/raw/8": [time / 2 for time in RAW],
                 "w/c/raw/8": RAW})
    done = _compare(before.path, after.path)
    tap.equal(done.returncode, 0)
    lines = {line.split()[0]: line for line in done.stdout.splitlines() if line.strip()}
    assert lines["w/a/raw/8"].endswith("slower"), done.stdout
    assert lines["w/b/raw/8"].endswith("faster"), done.stdout
    # One process each: what the layout does is not known but assumed.
    assert lines["w/c/raw/8"].endswith("same"), done.stdout
    tap.contains(done.stdout, "3 cases in both", "1 only in A, 0 only in B", "one process each")
    near = _compare("--within", "1", before.path, after.path).stdout
    tap.contains(next(line for line in near.splitlines() if line.startswith("w/c/")), "not decided")


def comparing_with_a_run_that_is_not_there_names_it():
    done = _compare("no-such-run", "no-such-run")
    tap.equal(done.returncode, 1)
    tap.contains(done.stderr, "no run 'no-such-run'")


if __name__ == "__main__":
    sys.exit(tap.run(globals()))
