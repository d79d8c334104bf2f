#!/usr/bin/env -S python3 -B
"""The count of the embedded target, on its real images: the same twice, what is claimed of it, and
that a wrong output, a broken console and a hanging image stop it. Run from the repository's root
after `make rv32`; prints TAP."""

import os
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
RESULTS = os.path.dirname(HERE)
sys.path[:0] = [HERE, RESULTS]

import rv32_check  # noqa: E402
import rv32_images  # noqa: E402
import table  # noqa: E402
import tap  # noqa: E402

IMAGES = os.path.join("build", "rv32", "bench")
FOLDER = tempfile.TemporaryDirectory()
HMAC_LIMIT = 1.02  # HMAC-SHA-256 of 1 KiB over raw


def _measure(name):
    run = os.path.join(FOLDER.name, name)
    done = subprocess.run([os.path.join(RESULTS, "measure_rv32.py"), "--images", IMAGES,
                           "--run-dir", run], text=True, capture_output=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return run


def _text(run, name):
    with open(os.path.join(run, name), encoding="utf-8") as file:
        return file.read()


def _costs(run):
    """{(workload, operation, placement, size): {system: median}}."""
    costs = {}
    for row in table.read_results(os.path.join(run, "results.csv")):
        case = row.case
        key = (case.workload, case.operation, case.placement, case.size_bytes)
        costs.setdefault(key, {})[case.system] = row.median
    return costs


def _raises(error, function, *arguments):
    try:
        function(*arguments)
    except error:
        return
    raise AssertionError(f"{function.__name__} accepted {arguments!r}")


def two_counts_are_identical():
    first, second = _measure("first"), _measure("second")
    assert _text(first, "results.csv") == _text(second, "results.csv")
    assert _text(first, "sizes.csv") == _text(second, "sizes.csv")


def og_pmp_is_faster_than_copy_pmp_and_process_at_every_size_of_hmac_and_lwip():
    compared = 0
    for (workload, operation, placement, size), cost in _costs(os.path.join(FOLDER.name,
                                                                            "first")).items():
        if placement == "copied" and (workload == "lwip" or operation == "hmac-sha256"):
            for other in ("copy-pmp", "process"):
                assert cost["og-pmp"] < cost[other], (workload, operation, size, other, cost)
                compared += 1
    assert compared >= 2 * (5 + 13), compared


def hmac_of_1_kib_is_within_2_percent_of_raw():
    costs = _costs(os.path.join(FOLDER.name, "first"))
    for placement in ("copied", "resident"):
        cost = costs["sodium", "hmac-sha256", placement, 1024]
        assert cost["og-pmp"] <= HMAC_LIMIT * cost["raw"], (placement, cost)


def rows_are_emulated_instructions_of_every_system():
    rows = table.read_results(os.path.join(FOLDER.name, "first", "results.csv"))
    assert {(row.case.target, row.case.kind, row.case.unit) for row in rows} == \
        {("rv32", "emulated", "instructions")}
    for workload in ("ubench", "sodium", "zlib", "lwip"):
        assert {row.case.system for row in rows if row.case.workload == workload} == \
            set(rv32_images.SYSTEMS), workload


def the_call_s_instructions_add_up_to_what_the_counter_says():
    cost = _costs(os.path.join(FOLDER.name, "first"))
    gate = {operation: costs["og-pmp"] for (workload, operation, _, _), costs in cost.items()
            if workload == "gate"}
    # What the test of the gate's cost counts for an empty function, with its call and return.
    alone = sum(gate[purpose] for purpose in ("find-target", "save-registers", "pmp", "deadline",
                                              "mode-switch", "clear-registers", "trap",
                                              "restore-registers"))
    assert 80 <= alone <= 95, gate


def a_wrong_output_is_refused():
    case = rv32_images.Case("sodium", "sha256", "og-pmp", "copied", 8, 1, (1,), b"\0" * 32)
    _raises(rv32_check.Wrong, rv32_check.check, case)
    case = case._replace(workload="zlib", operation="inflate-text", output=b"nothing", size=4096)
    _raises(rv32_check.Wrong, rv32_check.check, case)
    case = case._replace(workload="lwip", operation="udp-echo", output=b"\2\0\0\0\0\1" + b"\0" * 60)
    _raises(rv32_check.Wrong, rv32_check.check, case)


def a_console_that_breaks_off_is_refused():
    good = "case,w,o,raw,copied,8,1,5,5,5\noutput,00\ndone,1,2\n"
    assert rv32_images.parse("p", "w", "raw", good).cases[0].output == b"\0"
    for text in ("", "case,w,o,raw,copied,8,1,5,5,5\noutput,00\n", good.replace("8,1", "8,x"),
                 "kernel: the host trapped\n" + good, good.replace("output,00\n", "")):
        _raises(rv32_images.Broken, rv32_images.parse, "p", "w", "raw", text)


if __name__ == "__main__":
    sys.exit(tap.run(globals()))
