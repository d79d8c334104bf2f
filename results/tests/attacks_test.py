#!/usr/bin/env -S python3 -B
"""What the attacks came to is read strictly, shown, and claimed only where it was tried."""

import os
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
RESULTS = os.path.dirname(HERE)
ROOT = os.path.dirname(RESULTS)
sys.path[:0] = [HERE, RESULTS]

import attacks  # noqa: E402
import claim_list  # noqa: E402
import claims  # noqa: E402
import made_up  # noqa: E402
import report_attacks  # noqa: E402
import tap  # noqa: E402
import targets  # noqa: E402
from claim_list import EMBEDDED, FAIL, GUEST, NATIVE, OPEN, PASS  # noqa: E402

HEAD = ",".join(attacks.COLUMNS) + "\n"
GOOD = HEAD + "".join((
    'pku-guest,raw,memory,read-heap,compromised,"the secret is out"\n',
    'pku-guest,og-mpk,memory,read-heap,contained,"OG_FAULTED: it read"\n',
    'pku-guest,raw,availability,exit,killed,"it has ended"\n',
    'pku-guest,og-mpk,availability,exit,contained,"OG_FAULTED: exit"\n'))

# On both of the guest's kernels.
BOTH = GOOD + 'pku-guest-6.12,og-mpk,memory,read-heap,contained,"OG_FAULTED: it read"\n'


def _read(text):
    with tempfile.TemporaryDirectory() as run:
        with open(os.path.join(run, attacks.NAME), "w", encoding="utf-8") as file:
            file.write(text)
        return attacks.read(run)


def _refused(text, *words):
    try:
        _read(text)
    except attacks.Damage as error:
        tap.contains(str(error), *words)
    else:
        raise AssertionError("it was read")


def _decided(rows, target=GUEST):
    evidence = {target: claims.Evidence(target, [], {}, [], 
                                        [r for r in rows if targets.known(r.target) == target])}
    return {(v.claim.name, v.target): v for v in claims.decide(evidence)}


def a_run_without_attacks_has_no_rows():
    with tempfile.TemporaryDirectory() as run:
        tap.equal(attacks.read(run), [])
        done = subprocess.run([os.path.join(RESULTS, "attacks.py"), run], capture_output=True,
                              text=True, check=True)
        tap.contains(done.stdout, "nothing was attacked")
        tap.equal(os.listdir(run), [])


def an_empty_file_is_damaged():
    _refused("", "header")


def other_columns_are_damage():
    _refused("target,system\n", "the columns are not")


def a_line_that_was_cut_is_named():
    _refused(GOOD + "pku-guest,raw,memory\n", "attacks.csv:6:row", "3 fields")


def a_verdict_that_nobody_knows_is_named():
    _refused(HEAD + "rv32,raw,memory,x,harmless,seen\n", "attacks.csv:2:verdict", "'harmless'")


def a_verdict_without_a_reason_is_damage():
    _refused(HEAD + "rv32,raw,memory,x,killed,\n", "nothing was seen")


def an_attack_that_is_there_twice_is_damage():
    _refused(GOOD + "pku-guest,raw,memory,read-heap,contained,x\n", "line 2")


def what_is_written_is_read_again():
    rows = _read(GOOD)
    with tempfile.TemporaryDirectory() as run:
        attacks.write_file(os.path.join(run, attacks.NAME), rows)
        tap.equal(sorted(attacks.read(run)), sorted(rows))


def families_stand_apart_in_the_matrix():
    lines = attacks.matrix(_read(GOOD)).splitlines()
    tap.equal(len(lines), 5)
    tap.equal({line.split(",")[5] for line in lines[1:]}, {"0", "7"})


def without_attacks_no_claim_on_them_is_decided():
    verdicts = _decided([])
    for name in ("attacks-raw", "attacks-contained"):
        tap.equal(verdicts[name, GUEST].verdict, OPEN)
        tap.contains(verdicts[name, GUEST].found, "make attack")


def both_claims_pass_where_raw_falls_and_omniglot_does_not():
    verdicts = _decided(_read(BOTH))
    tap.equal([verdicts[name, GUEST].verdict for name in ("attacks-raw", "attacks-contained")],
              [PASS, PASS])


def a_kernel_on_which_nothing_was_attacked_leaves_the_claim_open():
    found = _decided(_read(GOOD))["attacks-contained", GUEST]
    tap.equal(found.verdict, OPEN)
    tap.contains(found.found, "kernel 6.12")


def one_attack_that_succeeds_fails_the_claim_and_is_named():
    rows = _read(GOOD + "pku-guest,og-mpk,kernel,fork,compromised,a process was left behind\n")
    found = _decided(rows)["attacks-contained", GUEST]
    tap.equal(found.verdict, FAIL)
    tap.contains(found.found, "og-mpk", "kernel/fork")


def one_attack_that_raw_survives_fails_the_claim_and_is_named():
    rows = _read(GOOD + "pku-guest,raw,kernel,fork,no effect,nothing\n")
    found = _decided(rows)["attacks-raw", GUEST]
    tap.equal(found.verdict, FAIL)
    tap.contains(found.found, "kernel/fork")


def what_does_not_apply_counts_for_nothing():
    rows = _read(GOOD + "pku-guest,raw,kernel,fork,not applicable,why\n")
    tap.equal(_decided(rows)["attacks-raw", GUEST].verdict, PASS)


def a_driver_that_broke_decides_nothing():
    rows = _read(GOOD + "pku-guest,og-mpk,kernel,fork,broken,it did not come to the attack\n")
    tap.equal(_decided(rows)["attacks-contained", GUEST].verdict, OPEN)


def other_kernels_of_the_guest_count_too():
    rows = _read(GOOD + "pku-guest-6.12,og-mpk,kernel,fork,killed,it has ended\n")
    tap.equal(_decided(rows)["attacks-contained", GUEST].verdict, FAIL)


def the_reports_table_names_every_attack_and_says_what_was_seen():
    text = report_attacks.section(_read(GOOD))
    tap.contains(text, "read-heap", "OG_FAULTED: it read", "the secret is out", "memory and control")


def a_report_without_attacks_says_so():
    tap.contains(report_attacks.section([]), "make attack")


def what_was_seen_is_no_markup():
    text = report_attacks.section(_read(HEAD + "rv32,raw,memory,x,killed,<script>\n"))
    assert "<script>" not in text


def the_run_s_own_rows_stay_as_they_were():
    made = made_up.rows(targets=(NATIVE,))
    with tempfile.TemporaryDirectory() as run:
        made_up.write(run, made)
        with open(os.path.join(run, attacks.NAME), "w", encoding="utf-8") as file:
            file.write(GOOD)
        evidence = claims.read(run)
        tap.equal(set(evidence), {NATIVE, GUEST})
        tap.equal(len(evidence[GUEST].attacks), 4)
        assert EMBEDDED not in evidence and claim_list.CLAIMS


if __name__ == "__main__":
    sys.exit(tap.run(globals()))
