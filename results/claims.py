#!/usr/bin/env -S python3 -B
"""Writes <run>/claims.md: each claim that a run can decide, its threshold, what was found, and
PASS, FAIL, or why it is not decided.

usage: results/claims.py RUN

The claims themselves are in claim_list.py. A claim is decided from rows of the run alone: where
there are none it is not decided, never passed. Where the interval of what was measured or
modelled lies on both sides of the threshold, that is said instead of a verdict.
"""

import json
import os
import sys
from typing import NamedTuple

import attacks
import claim_list
import guarantees
import missing
import resolution
import summary
import table
import targets
import variants
import whole_file

PASS, FAIL, OPEN = claim_list.PASS, claim_list.FAIL, claim_list.OPEN


class Verdict(NamedTuple):
    """What a run says of a claim on one target."""

    claim: claim_list.Claim
    target: str
    kind: str
    found: str
    verdict: str


class Evidence:
    """A run's rows on one target, as the claims ask for them."""

    def __init__(self, target, rows, ratios, stated, attacked=(), resolved=None):
        self.target = target
        self.attacks = list(attacked)
        self.all_rows = [row for row in rows if row.case.target == target]
        self.rows = variants.shown(self.all_rows)
        self.ratios = ratios
        self.stated = stated
        self.resolved = resolved or {}
        self.lines = summary.lines_of(self.all_rows, ratios, stated)

    def systems(self, side):
        """The systems on a side of the comparison."""
        return sorted({line["system"] for line in self.lines if line["side"] == side})

    def spread(self, workload):
        """What one system's costs differ by from itself in this run, as resolution.py has it; 0
        where it had none twice."""
        return resolution.spread(self.resolved, self.target, workload)

    def kind(self, *systems):
        """The kinds of the rows of these systems, in words."""
        return ", ".join(sorted({row.case.kind for row in self.rows if row.case.system in systems}))

    def row(self, system, workload, operation, size=0, placement="copied"):
        return table.find(self.rows, system=system, workload=workload, operation=operation,
                          size_bytes=size, placement=placement)

    def calls(self, system, placement="copied"):
        """{(workload, operation, size): row} of the system's calls of libraries."""
        return {(row.case.workload, row.case.operation, row.case.size_bytes): row
                for row in self.rows if row.case.system == system
                and row.case.placement == placement and summary.counts(row.case)}

    def sandboxes_in_processes(self):
        """`process`, or the variants for which it does not stand."""
        return sorted({row.case.system for row in self.rows if row.case.system == variants.BEST
                       or variants.is_variant(row.case.system)})

    def means_in_common(self, one, other):
        """The geometric means over raw of two systems, each a (mean, low, high), over the libraries'
        cases that both have; None without any. A system that lacks a library is not favoured by
        its absence."""
        found = {}
        mine, theirs = self.calls(one), self.calls(other)
        for work in mine.keys() & theirs.keys():
            both = [self.over_raw(rows[work].case) for rows in (mine, theirs)]
            if work[0] != "ubench" and all(both):
                found.setdefault(work[0], []).append(both)
        if not found:
            return None
        return tuple(mean_of([mean_of([pair[which] for pair in pairs]) for pairs in found.values()])
                     for which in (0, 1))

    def mean_in(self, system, workload, placement):
        """The (mean, low, high) over raw of a library's cases; None without any."""
        found = [self.over_raw(row.case) for row in self.calls(system, placement).values()
                 if row.case.workload == workload]
        found = [ratio for ratio in found if ratio]
        return mean_of(found) if found else None

    def over_raw(self, case):
        """A case's ratio, its low and its high; 1 for raw itself, None for one without."""
        if case.system == "raw":
            return 1.0, 1.0, 1.0
        ratio = self.ratios.get(case)
        return (ratio.ratio, ratio.ratio_low, ratio.ratio_high) if ratio and ratio.ratio_low else None


def mean_of(ratios):
    """The geometric mean of (value, low, high)s: from all at their lowest to all at their highest,
    which is wider than the mean's own interval."""
    return tuple(summary.geometric_mean([ratio[which] for ratio in ratios]) for which in range(3))


def read(run):
    """The evidence of a run, {target: Evidence}. Raises table.Damage and OSError."""
    rows = table.read_results(os.path.join(run, "results.csv"))
    ratios = {r.case: r for r in table.read_ratios(os.path.join(run, "ratios.csv"))}
    stated = guarantees.read()
    attacked = attacks.read(run)
    resolved = resolution.read(run)
    present = {row.case.target for row in rows} | {targets.known(row.target) for row in attacked}
    return {target: Evidence(target, rows, ratios, stated,
                             [row for row in attacked if targets.known(row.target) == target], resolved)
            for target in sorted(present, key=targets.place)}


def decide(evidence):
    """The verdict on every claim on every target that it speaks of."""
    verdicts = []
    for claim in claim_list.CLAIMS:
        for target in claim.targets:
            found = evidence.get(target)
            if found is None:
                verdicts.append(Verdict(claim, target, "", f"no rows of {target}; "
                                        f"{targets.KNOWN[target][1]} makes them", OPEN))
                continue
            kind, said, verdict = claim.decide(found)
            verdicts.append(Verdict(claim, target, kind, said, verdict))
    return verdicts


def text_of(verdicts, name, resolved=None):
    """claims.md."""
    said = [f"- {sentence}" for sentence in resolution.sentences(resolved or {})]
    resolvable = ["What this run can resolve:", "", *said, ""] if said else \
        ["No system was measured twice in this run: what it can resolve is not known.", ""]
    count = {word: sum(v.verdict == word for v in verdicts) for word in (PASS, FAIL, OPEN)}
    lines = [
        f"# Claims, decided by run {name}", "",
        f"{count[PASS]} pass, {count[FAIL]} fail, {count[OPEN]} are not decided.", "",
        "Kinds are never mixed: *measured* is time by this machine's clock, *emulated* instructions "
        "counted in an emulator, *modelled* a measured time plus a stated cost. Of the times that are "
        "called cheaper or dearer 5 % may be so wrongly, over all cases of a claim together; "
        "docs/methodology.md says how.", "", *resolvable, "| | claim | threshold | target, kind | found | verdict |", "|---|---|---|---|---|---|"]
    for v in verdicts:
        where = v.target + (f", {v.kind}" if v.kind else "")
        lines.append(f"| {v.claim.name} | {v.claim.text} | {v.claim.threshold} | {where} | {v.found} "
                     f"| **{v.verdict}** |")
    lines += ["", "## Where they are from", ""]
    lines += [f"- {claim.name}: {claim.source}" for claim in claim_list.CLAIMS]
    return "\n".join(lines) + "\n"


def lacking(run, evidence):
    """What the run lacks, in sentences."""
    try:
        with open(os.path.join(run, "environment.json"), encoding="utf-8") as file:
            environment = json.load(file)
    except (FileNotFoundError, ValueError):
        environment = {}
    return missing.sentences([row for found in evidence.values() for row in found.all_rows],
                             [line for found in evidence.values() for line in found.lines],
                             environment if isinstance(environment, dict) else {})


def main(arguments):
    if len(arguments) != 1:
        print("usage: results/claims.py RUN", file=sys.stderr)
        return 2
    run = arguments[0]
    path = os.path.join(run, "claims.md")
    try:
        evidence = read(run)
        verdicts = decide(evidence)
        whole_file.write(path, text_of(verdicts, os.path.basename(os.path.realpath(run)),
                                       resolution.read(run)))
    except table.Damage as error:
        print(f"claims: {error}", file=sys.stderr)
        return 1
    except OSError as error:
        print(f"claims: {error.filename}: {error.strerror}", file=sys.stderr)
        return 1
    for sentence in lacking(run, evidence):
        print(f"  note: {sentence}")
    print("  " + ", ".join(f"{sum(v.verdict == word for v in verdicts)} {word}"
                           for word in (PASS, FAIL, OPEN)) + " (claims.md)")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
