#!/usr/bin/env -S python3 -B
"""The model of og-mpk: its arithmetic against rows computed by hand, what it refuses, and when it
keeps silent."""

import json
import os
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
RESULTS = os.path.dirname(HERE)
sys.path[:0] = [HERE, RESULTS]

import modelled  # noqa: E402
import callbacks  # noqa: E402
import table  # noqa: E402
import tap  # noqa: E402

HEADER = ",".join(table.COLUMNS)
FAKE = os.path.join(HERE, "fake_model.py")
ENVIRONMENT = {"target": "x86_64-linux",
               "processor": {"clock_ghz": 2.0, "clock_from": "the test", "flags": {"ospke": False}},
               "gate": {"call_ns": 50.0, "word_ns": 0.25, "callback_ns": 40.0, "from": "the test"}}
EMPTY = "ubench/invoke-int-0/og-none/0"


def _row(system, operation="invoke-int-0", median=10.0, low=9.0, high=12.0, kind="measured",
         unit="ns", target="x86_64-linux", placement="copied"):
    return (f"{target},{system},ubench,{operation},{placement},0,{kind},{unit},{median:.4f},"
            f"{low:.4f},{high:.4f},7,yes")


def _counts(calls=1, stack_words=0, callbacks=0, heap_calls=0, lives=0):
    return {"calls": calls, "stack_words": stack_words, "callbacks": callbacks,
            "heap_calls": heap_calls, "lives": lives}


class Run:
    """A run directory with these rows, this machine, and these crossings."""

    def __init__(self, *rows, environment=None, crossings=None, repetitions=None):
        self.folder = tempfile.TemporaryDirectory()
        self.path = self.folder.name
        self.write("results.csv", "\n".join((HEADER,) + rows) + "\n")
        self.write("environment.json", json.dumps(environment or ENVIRONMENT))
        os.mkdir(os.path.join(self.path, "raw"))
        if crossings is not None:
            os.makedirs(os.path.join(self.path, "crossings", "raw"))
            cases = [{"name": name, **counts} for name, counts in crossings.items()]
            self.write("crossings/raw/all.json", json.dumps(
                {"context": {"target": "x86_64-linux"}, "crossings": cases}))
        if repetitions:
            self.write("raw/all.json", json.dumps({"context": {}, "benchmarks": [
                {"name": name, "run_type": "iteration", "real_time": time, "time_unit": "ns"}
                for name, times in repetitions.items() for time in times]}))

    def write(self, name, text):
        with open(os.path.join(self.path, name), "w", encoding="utf-8") as file:
            file.write(text)

    def read(self, name):
        with open(os.path.join(self.path, name), encoding="utf-8") as file:
            return file.read()

    def run(self, script, *options, **environment):
        return subprocess.run([os.path.join(RESULTS, script), *options], text=True,
                              capture_output=True, check=False,
                              env={**os.environ, **environment})

    def model(self):
        return self.run("modelled.py", self.path)

    def modelled(self):
        """The modelled rows, once it has run as it should."""
        done = self.model()
        tap.equal((done.returncode, done.stderr), (0, ""))
        return [row for row in table.read_results(os.path.join(self.path, "results.csv"))
                if row.case.kind == "modelled"]

    def refused(self, *words):
        before = self.read("results.csv")
        done = self.model()
        tap.equal((done.returncode, self.read("results.csv")), (1, before))
        tap.contains(done.stderr, "modelled: ", *words)

    def count(self, *options, **environment):
        return self.run("count_crossings.py", "--counter", FAKE, "--gate", FAKE, "--run-dir",
                        self.path, *options, **environment)


def one_call_adds_the_gate_and_two_pkru_writes_at_the_machines_clock():
    row, = Run(_row("raw"), _row("og-none"), crossings={EMPTY: _counts()}).modelled()
    tap.equal((row.case.system, row.case.kind, row.case.unit), ("og-mpk", "modelled", "ns"))
    # 10 + 50 + 2 x 23.3 / 2; 9 + 50 + 2 x 11 / 2; 12 + 50 + 2 x 260 / 2
    tap.equal((row.median, row.ci_low, row.ci_high, row.samples), (83.3, 70.0, 322.0, 7))


def a_callback_words_on_the_stack_and_heap_calls_add_what_each_costs():
    counts = _counts(calls=3, stack_words=8, callbacks=2, heap_calls=1)
    row, = Run(_row("og-none"), crossings={EMPTY: counts}).modelled()
    # (3 + 1) x 50 + 8 x 0.25 + 2 x 40 = 282, and 6 crossings of 2 writes.
    tap.equal((row.median, row.ci_low, row.ci_high),
              (10 + 282 + 6 * 23.3, 9 + 282 + 6 * 11.0, 12 + 282 + 6 * 260.0))


def an_operation_that_does_not_cross_costs_what_it_costs_without_isolation():
    row, = Run(_row("og-none"), crossings={EMPTY: _counts(calls=0)}).modelled()
    tap.equal((row.median, row.ci_low, row.ci_high), (10.0, 9.0, 12.0))


def a_gate_that_cannot_run_here_is_left_out_and_said_to_be():
    run = Run(_row("og-none"), crossings={EMPTY: _counts()},
              environment={**ENVIRONMENT, "gate": {"missing": "no FSGSBASE"}})
    row, = run.modelled()
    tap.equal((row.median, row.ci_low, row.ci_high), (33.3, 20.0, 272.0))
    tap.contains(json.loads(run.read("modelled.json"))["not_included"][0],
                 "the gate's other instructions: no FSGSBASE")


def the_parameters_are_recorded_with_their_sources():
    run = Run(_row("og-none"), crossings={EMPTY: _counts()})
    run.modelled()
    told = json.loads(run.read("modelled.json"))
    tap.equal((told["stands_on"], told["clock_ghz"], told["c_cycles"]),
              ("og-none", 2.0, {"low": 11.0, "typical": 23.3, "high": 260.0}))
    tap.equal(told["cases"][EMPTY],
              {**_counts(), "added_ns": {"low": 61.0, "typical": 73.3, "high": 310.0}})
    tap.contains(json.dumps(told["c_sources"]), "ERIM", "libmpk")


def operations_of_a_domains_life_get_no_row_and_are_named():
    name = "ubench/domain-reset/og-none/0"
    run = Run(_row("og-none"), _row("og-none", "domain-reset"),
              crossings={EMPTY: _counts(), name: _counts(lives=1)})
    tap.equal([row.case.operation for row in run.modelled()], ["invoke-int-0"])
    tap.contains(json.loads(run.read("modelled.json"))["left_out"][name], "resets")


def modelling_again_changes_nothing():
    run = Run(_row("raw"), _row("og-none"), crossings={EMPTY: _counts()})
    run.modelled()
    before = run.read("results.csv"), run.read("modelled.json")
    run.modelled()
    tap.equal((run.read("results.csv"), run.read("modelled.json")), before)


def rows_of_an_earlier_model_are_replaced():
    run = Run(_row("raw"), _row("og-none"), _row("og-mpk", median=9.5, kind="modelled"),
              crossings={EMPTY: _counts()})
    tap.equal([row.median for row in run.modelled()], [83.3])


def where_og_mpk_is_measured_nothing_is_modelled_and_old_models_go():
    run = Run(_row("og-none"), _row("og-mpk", median=99.0, high=101.0, low=98.0),
              _row("og-mpk", "invoke-int-1", kind="modelled"), crossings={EMPTY: _counts()})
    run.write("modelled.json", "{}")
    tap.equal(run.modelled(), [])
    tap.equal(os.path.exists(os.path.join(run.path, "modelled.json")), False)
    tap.contains(run.model().stdout, "nothing is modelled: og-mpk is measured")


def where_there_are_protection_keys_nothing_is_modelled():
    processor = {**ENVIRONMENT["processor"], "flags": {"ospke": True}}
    run = Run(_row("og-none"), crossings={EMPTY: _counts()},
              environment={**ENVIRONMENT, "processor": processor})
    tap.equal(run.modelled(), [])
    tap.contains(run.model().stdout, "this machine has protection keys")


def instructions_of_a_guest_are_no_measurement_that_silences_the_model():
    guest = {"kind": "emulated", "unit": "instructions", "target": "pku-guest"}
    rows = Run(_row("og-none"), _row("og-none", **guest), _row("og-mpk", **guest),
               crossings={EMPTY: _counts()}).modelled()
    tap.equal([row.case.target for row in rows], ["x86_64-linux"])


def what_the_guest_saw_beyond_the_crossings_is_remarked_on():
    def guest(system, operation, median):
        return _row(system, operation, median, median, median, "emulated", "instructions",
                    "pku-guest")
    other, most = "ubench/invoke-mixed/og-none/0", "ubench/invoke-int-25/og-none/0"
    run = Run(_row("og-none"), _row("og-none", "invoke-mixed"), _row("og-none", "invoke-int-25"),
              guest("og-none", "invoke-int-0", 10), guest("og-mpk", "invoke-int-0", 100),
              guest("og-none", "invoke-int-25", 80), guest("og-mpk", "invoke-int-25", 246),
              guest("og-none", "invoke-mixed", 1000), guest("og-mpk", "invoke-mixed", 1308),
              crossings={EMPTY: _counts(), other: _counts(calls=2, stack_words=2),
                         most: _counts(stack_words=19)})
    run.modelled()
    told = json.loads(run.read("modelled.json"))
    # 90 a crossing, (166 - 90) / 19 = 4 a word; 308 - 2 x 90 - 2 x 4 = 120 of 1000.
    tap.equal([told["cases"][name]["unexplained_in_guest"] for name in (EMPTY, most, other)],
              [0.0, 0.0, 0.12])
    tap.equal(len(told["remarks"]), 1)
    tap.contains(told["remarks"][0], other, "12.0 %")


def a_run_without_crossings_is_refused():
    Run(_row("og-none")).refused("crossings/raw: not there", "`make reproduce` counts")


def a_case_whose_crossings_were_not_counted_is_refused():
    Run(_row("og-none"), crossings={}).refused(f"crossings of {EMPTY}: not counted")


def a_count_that_is_not_there_is_refused_with_its_field():
    counts = _counts()
    del counts["callbacks"]
    Run(_row("og-none"), crossings={EMPTY: counts}).refused("all.json: callbacks: null")


def a_clock_that_was_not_measured_is_refused():
    Run(_row("og-none"), crossings={EMPTY: _counts()},
        environment={**ENVIRONMENT, "processor": {}}).refused(
            "environment.json: processor: clock_ghz: null is not a number")


def a_gate_that_was_not_timed_is_refused():
    Run(_row("og-none"), crossings={EMPTY: _counts()},
        environment={**ENVIRONMENT, "gate": None}).refused("environment.json: gate: call_ns: null")


def a_machine_that_was_not_described_is_refused():
    run = Run(_row("og-none"), crossings={EMPTY: _counts()})
    os.unlink(os.path.join(run.path, "environment.json"))
    run.refused("environment.json: not there")


def a_table_in_which_og_mpk_is_measured_and_modelled_is_refused_by_its_readers():
    run = Run(_row("raw"), _row("og-mpk"), _row("og-mpk", "invoke-int-1", kind="modelled"))
    done = run.run("ratios.py", run.path)
    tap.equal(done.returncode, 1)
    tap.contains(done.stderr, "results.csv:4:kind: og-mpk is modelled here and not on line 3")


def a_modelled_ratio_is_of_the_times_it_stands_on_with_what_is_added():
    run = Run(_row("raw", median=10.0, low=10.0, high=10.0),
              _row("og-none", median=20.0, low=20.0, high=20.0), crossings={EMPTY: _counts()},
              repetitions={"ubench/invoke-int-0/raw/0": [10.0] * 7, EMPTY: [20.0] * 7})
    run.modelled()
    done = run.run("ratios.py", run.path)
    tap.equal((done.returncode, done.stderr, run.read("ratios.log")), (0, "", ""))
    ratio, = (ratio for ratio in table.read_ratios(os.path.join(run.path, "ratios.csv"))
              if ratio.case.kind == "modelled")
    # (20 + 50 + 23.3) / 10; (20 + 50 + 11) / 10; (20 + 50 + 260) / 10
    tap.equal((ratio.ratio_low, ratio.ratio, ratio.ratio_high), (8.1, 9.33, 33.0))


def counting_brings_what_modelling_needs():
    run = Run(_row("raw"), _row("og-none"), environment={"target": "x86_64-linux"})
    done = run.count("--filter", "invoke-int-0")
    tap.equal((done.returncode, done.stderr), (0, ""))
    environment = json.loads(run.read("environment.json"))
    tap.equal((environment["processor"]["clock_ghz"], environment["gate"]["call_ns"]), (2.0, 50.0))
    tap.contains(environment["processor"]["clock_from"], "measured")
    tap.equal([row.median for row in run.modelled()], [83.3])


def where_og_mpk_is_measured_crossings_are_counted_and_nothing_is_modelled():
    run = Run(_row("og-none"), _row("og-mpk"))
    tap.contains(run.count().stdout, "nothing is to be modelled: og-mpk is measured",
                 "crossings of og-none's cases counted")
    tap.equal(callbacks.read(run.path)["ubench", "callback", "copied", 0], 1)
    tap.equal(json.loads(run.read("environment.json")), ENVIRONMENT)
    tap.equal(run.modelled(), [])


def where_og_none_is_not_measured_nothing_is_counted():
    run = Run(_row("raw"))
    tap.contains(run.count().stdout, "nothing is to be modelled")
    tap.equal((callbacks.read(run.path), os.path.exists(os.path.join(run.path, "crossings"))),
              ({}, False))


def a_gate_that_ends_its_program_is_said_to_be_missing():
    run = Run(_row("og-none"))
    done = run.count(FAKE_GATE='{"clock_ghz": 2.5killed')
    tap.equal((done.returncode, done.stderr), (0, ""))
    environment = json.loads(run.read("environment.json"))
    tap.equal((environment["processor"]["clock_ghz"], environment["gate"]),
              (2.5, {"missing": "it ended og-gate-cost by signal 9"}))


def a_gate_program_that_prints_something_else_is_named():
    done = Run(_row("og-none")).count(FAKE_GATE="nonsense")
    tap.equal(done.returncode, 1)
    tap.contains(done.stderr, "fake_model.py failed (status 0): it printed 'nonsense'")


def a_counter_that_cannot_be_started_is_named():
    run = Run(_row("og-none"))
    done = run.run("count_crossings.py", "--counter", "no-such-program", "--gate", FAKE,
                   "--run-dir", run.path)
    tap.equal(done.returncode, 1)
    tap.contains(done.stderr, "no-such-program cannot be started")


if __name__ == "__main__":
    sys.exit(tap.run(globals()))
