#!/usr/bin/env -S python3 -B
"""The rows of `process`: which variant they are, and that they are nothing but that variant."""

import json
import math
import os
import random
import subprocess
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
RESULTS = os.path.dirname(HERE)
sys.path[:0] = [HERE, RESULTS]

import best_process  # noqa: E402
import ratios_test  # noqa: E402
import table  # noqa: E402
import tap  # noqa: E402

RAW = ratios_test.RAW
TIMES = {"raw": RAW, "process-ring-two": [time * 3 for time in RAW],
         "process-ring-one": [time * 2 for time in RAW], "process-pipe": RAW}


def run_of(times_of, operation="w/op", size=8):
    return {f"{operation}/{system}/{size}": times for system, times in times_of.items()}


def best(run):
    done = subprocess.run([os.path.join(RESULTS, "best_process.py"), run.path], text=True,
                          capture_output=True, check=False)
    return done


def rows_after(run):
    done = best(run)
    tap.equal((done.returncode, done.stderr), (0, ""))
    return table.read_results(os.path.join(run.path, "results.csv"))


def of(rows, system):
    return [row for row in rows if row.case.system == system]


def process_is_the_variant_with_the_least_median_of_every_other_repetition_by_the_rest():
    run = ratios_test.Run(run_of(TIMES))
    rows = rows_after(run)
    (process,), (one,) = of(rows, "process"), of(rows, "process-ring-one")
    rest = sorted(2 * time for time in RAW[1::2])
    tap.equal((process.median, process.samples), (rest[len(rest) // 2], len(rest)))
    assert rest[0] <= process.ci_low <= process.ci_high <= rest[-1], process
    tap.equal(list(best_process.read(run.path).values()), [one.case])


def the_least_of_equal_variants_is_not_cheaper_than_they_are():
    # 200 cases with three variants that cost 100 all, as noise has them; the least median is lower.
    generator = random.Random(7)
    times = {f"w/op/process-{variant}/{size}": [generator.lognormvariate(0, 0.1) * 100
                                               for _ in range(15)]
             for size in range(1, 201) for variant in ("ring-one", "ring-two", "socket")}
    rows = rows_after(ratios_test.Run(times))
    middle = sum(math.log(row.median / 100) for row in of(rows, "process")) / 200
    least = sum(min(math.log(row.median / 100) for row in rows if row.case.size_bytes == size
                    and row.case.system != "process") for size in range(1, 201)) / 200
    assert least < -0.02, least
    assert abs(middle) < 0.01, middle


def of_four_processes_two_choose_and_two_measure():
    processes = [[1.0], [2.0], [3.0], [4.0]]
    tap.equal(best_process.halves(processes), ([[1.0], [3.0]], [[2.0], [4.0]]))
    tap.equal(best_process.halves(processes[:3]), (processes[:3], processes[:3]))
    tap.equal(best_process.halves([[1.0, 2.0, 3.0, 4.0]] * 2),
              ([[1.0, 3.0]] * 2, [[2.0, 4.0]] * 2))


def what_is_counted_is_the_variants_row_unchanged():
    run = ratios_test.Run(run_of(TIMES))
    run.write("results.csv", run.read("results.csv").replace("x86_64-linux", "pku-guest")
              .replace("measured,ns", "emulated,instructions"))
    rows = rows_after(run)
    (process,), (one,) = of(rows, "process"), of(rows, "process-ring-one")
    tap.equal(process[1:5], one[1:5])


def each_case_has_its_own_best_and_the_variants_stay():
    swapped = {**TIMES, "process-ring-one": TIMES["process-ring-two"],
               "process-ring-two": TIMES["process-ring-one"]}
    run = ratios_test.Run({**run_of(TIMES), **run_of(swapped, size=4096)})
    rows = rows_after(run)
    tap.equal({row.case.size_bytes: row.median for row in of(rows, "process")},
              {8: 200.0, 4096: 200.0})
    tap.equal({case.size_bytes: variant.system
               for case, variant in best_process.read(run.path).items()},
              {8: "process-ring-one", 4096: "process-ring-two"})
    tap.equal(len(rows), 2 * len(TIMES) + 2)


def the_ratio_is_of_what_process_is_measured_by():
    run = ratios_test.Run(run_of(TIMES))
    process, = of(rows_after(run), "process")
    rows = {row.case.system: row for row in run.ratio_rows()}
    tap.equal(rows["process"].ratio, process.median / 100)
    tap.equal(run.read("ratios.log"), "")


def the_pipe_is_never_picked_and_has_its_own_row():
    rows = rows_after(ratios_test.Run(run_of({"raw": RAW, "process-pipe": RAW})))
    tap.equal({row.case.system for row in rows}, {"raw", "process-pipe"})


def doing_it_again_changes_nothing_and_new_figures_change_the_pick():
    run = ratios_test.Run(run_of(TIMES))
    rows_after(run)
    before = run.read("results.csv"), run.read("process.csv")
    rows_after(run)
    tap.equal((run.read("results.csv"), run.read("process.csv")), before)
    document = json.loads(run.read("raw/all.json"))
    for found in document["benchmarks"]:
        if "ring-two" in found["name"]:
            found["real_time"] = 50.0
    run.write("raw/all.json", json.dumps(document))
    tap.equal([row.median for row in of(rows_after(run), "process")], [50.0])


def a_target_with_a_process_of_its_own_keeps_it():
    run = ratios_test.Run(run_of(TIMES))
    own = "rv32,process,w,op,copied,8,emulated,instructions,7.0,7.0,7.0,1,yes\n"
    run.write("results.csv", run.read("results.csv") + own)
    rows = rows_after(run)
    tap.equal({row.case.target: row.median for row in of(rows, "process")},
              {"rv32": 7.0, "x86_64-linux": 200.0})
    tap.contains(run.read("results.csv"), own)
    tap.equal([case.target for case in best_process.read(run.path)], ["x86_64-linux"])


def a_guests_best_is_its_own():
    run = ratios_test.Run(run_of(TIMES))
    guest = "".join(f"pku-guest,{system},w,op,copied,8,emulated,instructions,{count},{count},"
                    f"{count},5,yes\n" for system, count in (("process-ring-two", 10.0),
                                                             ("process-ring-one", 20.0)))
    run.write("results.csv", run.read("results.csv") + guest)
    rows_after(run)
    tap.equal({case.target: variant.system
               for case, variant in best_process.read(run.path).items()},
              {"pku-guest": "process-ring-two", "x86_64-linux": "process-ring-one"})


def two_runs_can_be_compared_by_their_best():
    before, after = (ratios_test.Run(run_of(times)) for times in (
        TIMES, {**TIMES, "process-ring-two": [time / 4 for time in RAW]}))
    rows_after(before)
    rows_after(after)
    done = subprocess.run([os.path.join(RESULTS, "compare.py"), before.path, after.path], text=True,
                          capture_output=True, check=False)
    line, = [line for line in done.stdout.splitlines() if line.startswith("w/op/process/8")]
    tap.contains(line, "0.125", "faster")


def a_damaged_table_is_named_and_left_alone():
    run = ratios_test.Run(run_of(TIMES))
    run.write("results.csv", run.read("results.csv") + "x86_64-linux,process-ring-one,w")
    before = run.read("results.csv")
    done = best(run)
    tap.equal((done.returncode, run.read("results.csv")), (1, before))
    tap.contains(done.stderr, "results.csv:6:", "ends early")


def a_damaged_list_of_variants_is_named():
    run = ratios_test.Run(run_of(TIMES))
    rows_after(run)
    run.write("process.csv", run.read("process.csv").replace("process-ring-one", "og-none"))
    done = run.ratios()
    tap.equal(done.returncode, 1)
    tap.contains(done.stderr, "process.csv:2:variant: 'og-none' is no variant")


if __name__ == "__main__":
    sys.exit(tap.run(globals()))
