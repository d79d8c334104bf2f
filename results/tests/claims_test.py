#!/usr/bin/env -S python3 -B
"""Claims pass, fail and stay open as the rows say, and never pass without rows."""

import math
import os
import random
import re
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
RESULTS = os.path.dirname(HERE)
sys.path[:0] = [HERE, RESULTS]

import claim_list  # noqa: E402
import claims  # noqa: E402
import guarantees  # noqa: E402
import made_up  # noqa: E402
import resolution  # noqa: E402
import tap  # noqa: E402
from claim_list import EMBEDDED, FAIL, GUEST, NATIVE, OPEN, PASS  # noqa: E402
from made_up import row  # noqa: E402


def _decide(rows, ratios=None, resolved=None):
    """{(claim, target): Verdict} of these rows."""
    ratios = ratios or made_up.ratios(rows)
    stated = guarantees.read()
    evidence = {target: claims.Evidence(target, rows, ratios, stated, (), resolved)
                for target in {row.case.target for row in rows}}
    return {(v.claim.name, v.target): v for v in claims.decide(evidence)}


def _counts(system, median, operation="sha256", size=4096, placement="copied", workload="sodium"):
    """A row of instructions in the guest."""
    return row(GUEST, system, workload, operation, placement, size, "emulated", "instructions",
               median)


def without_rows_no_claim_is_decided():
    verdicts = _decide([])
    assert verdicts
    tap.equal({v.verdict for v in verdicts.values()}, {OPEN})
    tap.contains(verdicts["equal", GUEST].found, "no rows of pku-guest", "make reproduce")


def each_claim_is_decided_once_for_each_of_its_targets():
    verdicts = claims.decide({})
    tap.equal(len(verdicts), len({(v.claim.name, v.target) for v in verdicts}))
    tap.equal(len(verdicts), sum(len(claim.targets) for claim in claim_list.CLAIMS))


def only_raw_s_rows_let_nothing_pass():
    verdicts = _decide(made_up.rows(systems=("raw",)))
    tap.equal({v.verdict for v in verdicts.values()}, {OPEN})


def a_count_passes_up_to_its_threshold_and_fails_beyond():
    for median, verdict in ((101500, PASS), (101501, FAIL)):
        found = _decide([_counts("raw", 100000), _counts("og-mpk", median)])
        tap.equal((found["sha256-copied", GUEST].verdict, found["sha256-copied", GUEST].kind),
                  (verdict, "emulated"))


def a_time_whose_interval_spans_the_threshold_decides_nothing():
    def at(low, value, high):
        rows = [row(NATIVE, system, "sodium", "sha256", "copied", 4096, kind, "ns", 100)
                for system, kind in (("raw", "measured"), ("og-mpk", "modelled"))]
        ratio = made_up.ratios(rows)[rows[1].case]._replace(ratio=value, ratio_low=low,
                                                            ratio_high=high)
        return _decide(rows, {rows[1].case: ratio})["sha256-copied", NATIVE]
    tap.equal([at(*ends).verdict for ends in ((1.0, 1.01, 1.014), (1.0, 1.01, 1.4),
                                              (1.0, 1.02, 1.4), (1.02, 1.03, 1.4))],
              [PASS, OPEN, OPEN, FAIL])
    tap.equal(at(1.0, 1.01, 1.4).kind, "modelled")
    tap.contains(at(1.0, 1.01, 1.4).found, "+1.00 %", "+0.00 % to +40.00 %")


def one_dearer_case_fails_the_claim_on_processes_and_is_named():
    rows = made_up.rows()
    tap.equal(_decide(rows)["process", GUEST].verdict, PASS)
    rows = [r._replace(median=3 * r.median, ci_low=3 * r.ci_low, ci_high=3 * r.ci_high)
            if (r.case.target, r.case.system, r.case.operation, r.case.size_bytes)
            == (GUEST, "og-mpk", "sha256", 65536) else r for r in rows]
    found = _decide(rows)["process", GUEST]
    tap.equal(found.verdict, FAIL)
    tap.contains(found.found, "dearer in 1,", "sodium/sha256 of 65536 B")


def cases_that_cannot_be_told_apart_speak_neither_way():
    rows = [_counts("raw", 100), _counts("og-mpk", 101), _counts("copy-mpk", 100.5)]
    found = _decide(rows)["copying", GUEST]
    tap.equal(found.verdict, OPEN)
    tap.contains(found.found, "not told apart in 1")
    rows += [_counts(system, cost, size=8) for system, cost in (("raw", 50), ("og-mpk", 60),
                                                               ("copy-mpk", 90))]
    tap.equal(_decide(rows)["copying", GUEST].verdict, PASS)


def _times(factors, width):
    """Rows of og-mpk and process-pipe, alike but for the factors, with intervals so wide."""
    return [row(NATIVE, system, "sodium", "sha256", "copied", size, "measured", "ns", cost)
            ._replace(ci_low=cost / width, ci_high=cost * width)
            for size, factor in enumerate(factors, start=1)
            for system, cost in (("raw", 50.0), ("og-mpk", 100.0 * factor), ("process-pipe", 100.0))]


def one_of_a_hundred_beyond_its_own_interval_is_no_failure():
    # Costs that differ by noise only, at 95 % each: some do not overlap, and none is dearer.
    generator, width = random.Random(9), math.exp(0.098)  # 5 % of standard error on either side
    noise = [math.exp(generator.gauss(0, 0.0707)) for _ in range(400)]
    apart = sum(factor > width ** 2 for factor in noise)
    assert apart, max(noise)
    found = _decide(_times(noise, width))["pipe", NATIVE]
    tap.contains(found.found, "dearer in 0,")
    assert found.verdict != FAIL, found


def what_is_dearer_among_many_fails_the_claim():
    found = _decide(_times([1.0] * 99 + [1.6], math.exp(0.05)))["pipe", NATIVE]
    tap.equal(found.verdict, FAIL)
    tap.contains(found.found, "dearer in 1,", "sodium/sha256 of 100 B")


def what_is_sure_to_be_within_five_percent_is_the_same():
    found = _decide(_times([0.5, 1.0, 1.02, 0.98], 1.005))["pipe", NATIVE]
    tap.equal(found.verdict, PASS)
    tap.contains(found.found, "cheaper than process-pipe in 1 of 4", "the same within 5 % in 3",
                 "not told apart in 0")
    tap.equal(_decide(_times([1.0, 1.02], 1.005))["pipe", NATIVE].verdict, OPEN)


def what_a_run_cannot_resolve_it_does_not_decide():
    rows = _times([0.5, 1.24], 1.005)
    tap.equal(_decide(rows)["pipe", NATIVE].verdict, FAIL)
    loose = {(NATIVE, "*"): resolution.Resolved(60, 0.12, 1.3)}
    found = _decide(rows, resolved=loose)["pipe", NATIVE]
    tap.equal(found.verdict, PASS)
    tap.contains(found.found, "dearer in 0,", "not told apart in 1")
    tap.equal(_decide(_times([0.5, 4.0], 1.005), resolved=loose)["pipe", NATIVE].verdict, FAIL)


def one_size_in_many_beyond_the_threshold_by_chance_leaves_it_open():
    def of(ratios):
        rows, found = [], {}
        for i, (value, error) in enumerate(ratios):
            pair = [row(NATIVE, system, "sodium", "sha256", "resident", 4096 << i, "measured", "ns", 9)
                    for system in ("raw", "og-none")]
            rows += pair
            found[pair[1].case] = made_up.ratios(pair)[pair[1].case]._replace(
                ratio=value, ratio_low=value * math.exp(-1.96 * error),
                ratio_high=value * math.exp(1.96 * error))
        return _decide(rows, found)["checks", NATIVE].verdict
    tap.equal(of([(1.0, 0.001)] * 9), PASS)
    tap.equal(of([(1.0, 0.001)] * 8 + [(1.0425, 0.0101)]), OPEN)
    tap.equal(of([(1.0425, 0.0101)]), FAIL)
    tap.equal(of([(1.0, 0.001)] * 8 + [(1.2, 0.0101)]), FAIL)


def the_best_process_decides_rather_than_its_variants():
    rows = made_up.rows(systems=("raw", "og-mpk", "process", "process-socket"))
    tap.contains(_decide(rows)["process", GUEST].found, "cheaper than process in")
    assert "process-socket" not in _decide(rows)["process", GUEST].found
    rows = made_up.rows(systems=("raw", "og-mpk", "process-ring-one", "process-socket"))
    tap.contains(_decide(rows)["process", NATIVE].found, "process-ring-one", "process-socket")


def a_system_that_lacks_a_library_is_compared_over_those_that_both_have():
    rows = [_counts("raw", 100), _counts("og-mpk", 110), _counts("copy-wasm", 130),
            _counts("raw", 100, "read", workload="png"), _counts("og-mpk", 900, "read", workload="png")]
    found = _decide(rows)["wasm", GUEST]
    tap.equal(found.verdict, PASS)
    tap.contains(found.found, "1.100 and copy-wasm 1.300")


def the_papers_claims_hold_and_fail_on_either_side():
    verdicts = _decide(made_up.rows())
    tap.equal([verdicts["equal", target].verdict for target in claim_list.EVERYWHERE], [PASS] * 3)
    # Times whose intervals reach over the threshold leave it open; counts do not.
    tap.equal([verdicts["raw", target].verdict for target in claim_list.EVERYWHERE],
              [PASS, PASS, FAIL])
    tap.equal([verdicts["weaker", target].verdict for target in (NATIVE, GUEST)], [OPEN, PASS])
    rows = [_counts("raw", 100), _counts("og-mpk", 300), _counts("copy-mpk", 200),
            _counts("og-none", 272)]
    tap.equal([_decide(rows)[name, GUEST].verdict for name in ("equal", "weaker", "raw")],
              [FAIL, FAIL, FAIL])
    rows[-1] = _counts("og-none", 273)
    tap.equal(_decide(rows)["weaker", GUEST].verdict, PASS)
    tap.equal(_decide(rows[:-1])["weaker", GUEST].verdict, OPEN)


def a_gates_cost_is_what_it_adds():
    def empty(system, cost):
        return _counts(system, cost, "invoke-int-0", 0, workload="ubench")
    rows = [empty("raw", 9), empty("og-none", 18), empty("og-mpk", 108)]
    tap.equal(_decide(rows)["gate", GUEST].verdict, PASS)
    rows[-1] = empty("og-mpk", 109)
    tap.equal(_decide(rows)["gate", GUEST].verdict, FAIL)
    tap.contains(_decide(rows)["gate", GUEST].found, "91 instructions (109 less 18)")


def what_is_cheaper_in_place_is_asked_of_every_library():
    rows = [_counts("raw", 100), _counts("raw", 100, placement="resident"),
            _counts("og-mpk", 120), _counts("og-mpk", 110, placement="resident")]
    tap.equal(_decide(rows)["in-place", GUEST].verdict, PASS)
    rows[-1] = _counts("og-mpk", 121, placement="resident")
    tap.equal(_decide(rows)["in-place", GUEST].verdict, FAIL)


def every_claim_says_where_it_is_from_and_the_papers_have_no_number_of_theirs():
    for claim in claim_list.CLAIMS:
        assert claim.source and claim.threshold, claim.name
        if "paper's abstract" in claim.source:
            tap.contains(claim.source, "no number; the threshold is ours")


def the_file_counts_verdicts_and_holds_a_line_for_each():
    with tempfile.TemporaryDirectory() as run:
        made_up.write(run, made_up.rows((NATIVE,)))
        done = subprocess.run([os.path.join(RESULTS, "claims.py"), run], text=True,
                              capture_output=True, check=False)
        tap.equal((done.returncode, done.stderr), (0, ""))
        tap.contains(done.stdout, "Nothing was run in the guest", "no rows of png")
        with open(os.path.join(run, "claims.md"), encoding="utf-8") as file:
            text = file.read()
    lines = re.findall(r"^\| (?!\||claim|---).*\| \*\*(PASS|FAIL|not decided)\*\* \|$", text, re.M)
    tap.equal(len(lines), sum(len(claim.targets) for claim in claim_list.CLAIMS))
    tap.contains(text, f"{lines.count('PASS')} pass, {lines.count('FAIL')} fail, "
                       f"{lines.count('not decided')} are not decided")
    tap.contains(text, "x86_64-linux, measured, modelled", "no rows of pku-guest")


def a_run_that_is_not_there_is_named():
    done = subprocess.run([os.path.join(RESULTS, "claims.py"), "/nowhere"], text=True,
                          capture_output=True, check=False)
    tap.equal((done.returncode, done.stderr),
              (1, "claims: /nowhere/results.csv: No such file or directory\n"))


if __name__ == "__main__":
    sys.exit(tap.run(globals()))
