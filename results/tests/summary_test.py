#!/usr/bin/env -S python3 -B
"""Guarantees are proved by tests that exist; means are over the cases that there are."""

import csv
import glob
import os
import re
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
RESULTS = os.path.dirname(HERE)
ROOT = os.path.dirname(RESULTS)
sys.path[:0] = [HERE, RESULTS]

import guarantees  # noqa: E402
import made_up  # noqa: E402
import missing  # noqa: E402
import summary  # noqa: E402
import system_table  # noqa: E402
import table  # noqa: E402
import tap  # noqa: E402
import variants  # noqa: E402
from made_up import EMBEDDED, GUEST, NATIVE, row  # noqa: E402

STATED = guarantees.read()


def _lines(rows):
    return summary.lines_of(rows, made_up.ratios(rows), STATED)


def _line(lines, target, system, workload, placement="copied"):
    found, = (line for line in lines if (line["target"], line["system"], line["workload"],
                                         line["placement"]) == (target, system, workload, placement))
    return found


def every_proof_of_a_guarantee_exists():
    proofs = {proof for held in STATED.values() for guarantee in held.values()
              for proof in guarantee.proofs}
    assert len(proofs) > 30, proofs
    for proof in sorted(proofs):
        path, _, name = proof.partition(":")
        full = os.path.join(ROOT, path)
        assert os.path.isfile(full), f"{proof}: there is no such file"
        if name:
            with open(full, encoding="utf-8") as file:
                assert name in file.read(), f"{proof}: it holds no such test"


def systems_of_the_suite_have_their_guarantees_stated():
    with open(os.path.join(ROOT, "workloads", "build.mk"), encoding="utf-8") as file:
        systems = [line.split(",")[1] for line in file if line.startswith("$(call system,")]
    assert "og-mpk" in systems, systems
    for system in systems:
        assert guarantees.of(STATED, NATIVE, system), \
            f"results/guarantees.csv says nothing of {system}"
    for system in ("raw", "og-none", "og-pmp", "copy-pmp", "process"):
        assert guarantees.of(STATED, EMBEDDED, system), system


def sides_follow_from_the_guarantees():
    def side(system, target=NATIVE):
        return guarantees.side(guarantees.of(STATED, target, system))
    tap.equal([side(s) for s in ("raw", "og-none", "process", "process-pipe", "process-new", "copy-mpk",
                                 "og-mpk", "nobody")],
              ["weaker", "weaker", "equal", "equal", "equal", "equal", "omniglot", "unknown"])
    tap.equal([side(s, EMBEDDED) for s in ("raw", "og-pmp", "copy-pmp", "process")],
              ["weaker", "omniglot", "equal", "equal"])


def _refused(text, *parts):
    with tempfile.NamedTemporaryFile("w", suffix=".csv") as file:
        file.write(text)
        file.flush()
        try:
            guarantees.read(file.name)
        except table.Damage as damage:
            tap.contains(str(damage), file.name, *parts)
            return
    raise AssertionError(f"not refused: {text}")


def a_damaged_statement_is_named_by_line_and_column():
    header = ",".join(guarantees.COLUMNS) + "\n"
    _refused("", ":1:platform:")
    _refused(header + "linux,raw,memory,no\n", ":2:proof: 4 columns where 6 belong")
    _refused(header + "linux,raw,speed,yes,a,b\n", ":2:guarantee: 'speed' is not one of memory")
    _refused(header + "linux,raw,memory,maybe,a,b\n", ":2:holds: 'maybe' is not one of yes")
    _refused(header + "linux,raw,memory,yes,a,\n", ":2:proof: what holds needs a test")
    _refused(header + "linux,raw raw,memory,no,a,\n", ":2:guarantee: memory of raw is stated twice")
    _refused(header + "linux,raw,memory,no,a,\n", "nothing is said of types of raw on linux")


def a_mean_is_geometric_with_the_lowest_and_highest():
    rows = [row(GUEST, system, "sodium", operation, "copied", 8, "emulated", "instructions", cost)
            for system, operation, cost in (("raw", "a", 100), ("raw", "b", 100),
                                            ("og-mpk", "a", 200), ("og-mpk", "b", 800))]
    line = _line(_lines(rows), GUEST, "og-mpk", "sodium")
    tap.equal([round(line[name], 9) for name in ("mean", "lowest", "highest")], [4, 2, 8])
    tap.equal((line["cases"], line["of"], line["side"], line["memory"]), (2, 2, "omniglot", "yes"))


def libraries_weigh_the_same_whatever_their_number_of_cases_and_ubench_is_none():
    rows = [row(GUEST, system, workload, operation, "copied", 8, "emulated", "instructions", cost)
            for workload, operation, over in (("zlib", "a", 2), ("zlib", "b", 2), ("sodium", "a", 8),
                                              ("ubench", "invoke-int-0", 1000))
            for system, cost in (("raw", 10), ("og-mpk", 10 * over))]
    line = _line(_lines(rows), GUEST, "og-mpk", summary.LIBRARIES)
    tap.equal((round(line["mean"], 9), line["cases"], line["of"]), (4, 2, 2))


def what_is_no_call_of_a_library_is_left_out():
    rows = [row(NATIVE, system, "ubench", operation, "copied", 0, "measured", "ns", 5)
            for operation in ("domain-open", "process-start", "validate-bool", "invoke-int-0")
            for system in ("raw", "og-none")]
    tap.equal(_line(_lines(rows), NATIVE, "og-none", "ubench")["cases"], 1)


def a_system_without_a_library_has_no_line_of_it_and_is_said_to_lack_it():
    rows = made_up.rows()
    lines = _lines(rows)
    assert not [line for line in lines if (line["system"], line["workload"]) == ("copy-wasm", "png")]
    line = _line(lines, NATIVE, "copy-wasm", summary.LIBRARIES)
    tap.equal((line["cases"], line["of"]), (4, 5))
    said = missing.sentences(rows, lines, {})
    tap.contains("\n".join(said), "On x86_64-linux, copy-wasm has no rows of png: libpng handles")


def a_system_that_runs_in_the_guest_only_is_said_to_with_the_reason():
    rows = made_up.rows((NATIVE, GUEST), ("sodium",))
    said = missing.sentences(rows, _lines(rows), {})
    tap.contains("\n".join(said), "On x86_64-linux there is no row of copy-mpk: this processor has "
                                  "no protection keys.")
    assert "process-ring-one" not in "".join(said), said    # the best process stands for it


def what_a_partial_run_lacks_is_said():
    rows = made_up.rows((NATIVE,), ("sodium",), ("raw", "og-none"))
    said = missing.sentences(rows, _lines(rows), {"filter": "sodium"})
    tap.contains("\n".join(said), "FILTER='sodium'", "the guest with protection keys",
                 "the embedded target", "no row of Omniglot itself")
    tap.contains("\n".join(missing.sentences(rows, _lines(rows), {"profile": "quick", "filter": None})),
                 "PROFILE=quick: only some cases")
    tap.equal(missing.sentences(made_up.rows(), [], {"profile": "default"})[0][:15], "On x86_64-linux")


def a_best_process_stands_for_its_variants_in_its_own_cases_only():
    rows = made_up.rows((NATIVE,), ("sodium",))
    tap.equal({r.case.system for r in variants.shown(rows)} & {"process-ring-one", "process-socket",
                                                              "process", "process-pipe"},
              {"process", "process-pipe"})
    rows = [r for r in rows if r.case.system != "process" or r.case.size_bytes == 8]
    shown = {(r.case.system, r.case.size_bytes) for r in variants.shown(rows)}
    assert ("process-ring-one", 8) not in shown and ("process-ring-one", 4096) in shown, shown


def the_file_has_each_systems_guarantees_on_its_lines():
    with tempfile.TemporaryDirectory() as run:
        made_up.write(run, [r for r in made_up.rows() if r.case.system != "copy-wasm"]
                      + [row(NATIVE, "og-new", "zlib", "inflate-text", "copied", 4096, "measured",
                             "ns", 5)])
        done = subprocess.run([os.path.join(RESULTS, "summary.py"), run], text=True,
                              capture_output=True, check=False)
        tap.equal((done.returncode, done.stderr), (0, ""))
        tap.contains(done.stdout, "says nothing of og-new")
        with open(os.path.join(run, "summary.csv"), encoding="utf-8", newline="") as file:
            lines = list(csv.DictReader(file))
    of = {(line["target"], line["system"]): line for line in lines}
    tap.equal([of[NATIVE, "og-none"][name] for name in guarantees.ALL],
              ["no", "yes", "yes", "no", "no", "no", "yes", "yes"])
    tap.equal((of[EMBEDDED, "og-pmp"]["unmodified"], of[NATIVE, "og-new"]["memory"]),
              ("partly", "unknown"))
    for target in (NATIVE, GUEST, EMBEDDED):
        first = [line for line in lines if line["target"] == target and line["first"] == "1"]
        tap.equal(len(first), len({line["system"] for line in lines if line["target"] == target}))


def every_system_of_the_build_is_in_the_table_of_systems():
    built = {name for folder in ("workloads", "baselines", "bench")
             for path in glob.glob(os.path.join(ROOT, folder, "**", "*.mk"), recursive=True)
             for name in re.findall(r"^\$\(call (?:rv32_)?system, *([a-z0-9-]+) *,",
                                    open(path, encoding="utf-8").read(), re.M)}
    assert {"raw", "og-mpk", "og-pmp"} <= built, built
    tap.equal(built - set(system_table.NAMES), set())


if __name__ == "__main__":
    sys.exit(tap.run(globals()))
