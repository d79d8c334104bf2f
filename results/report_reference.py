"""The report's section on how the run differs from a reference run, where there is one.

Machines differ in how fast they are, so that only costs over raw are compared, and verdicts on claims.
"""

import os

import claims
import report_table
import table
import wording
from report_table import Cell, Column, escape

FOLDER = os.path.join(os.path.dirname(os.path.abspath(__file__)), "reference")
APART = 1.10  # less than this is no difference between two machines
SHOWN = 40


def apart(one, other):
    """Whether two ratios differ by more than their intervals and APART."""
    factor = one.ratio / other.ratio if other.ratio > 0 and one.ratio > 0 else 1
    return (one.ratio_low > other.ratio_high or one.ratio_high < other.ratio_low) \
        and max(factor, 1 / factor) > APART


def of_claims(here, there):
    """The claims that the two runs decide otherwise."""
    before = {(v.claim.name, v.target): v for v in there}
    return [(v, before[v.claim.name, v.target]) for v in here
            if (v.claim.name, v.target) in before and v.verdict != before[v.claim.name, v.target].verdict]


def section(report, verdicts, folder=FOLDER):
    """The section of a run with these verdicts."""
    head = "<h2 id='reference'>Differences from the reference run</h2>"
    if not os.path.exists(os.path.join(folder, "results.csv")):
        return head + "<p>There is no reference run: <code>results/reference</code> holds none.</p>"
    if os.path.realpath(folder) == os.path.realpath(report.run):
        return head + "<p>This is the reference run.</p>"
    ratios_of = {ratio.case: ratio for ratio in table.read_ratios(os.path.join(folder, "ratios.csv"))}
    both = [(ratio, ratios_of[case]) for case, ratio in report.ratios.items() if case in ratios_of]
    different = [pair for pair in both if apart(*pair)]
    changed = of_claims(verdicts, claims.decide(claims.read(folder)))
    parts = [head, f"<p>Of {len(both)} cases that both have, {len(different)} cost another multiple of raw: by more "
             f"than both intervals and by more than {(APART - 1) * 100:.0f}&nbsp;%. Times are not compared, as "
             f"the machines may differ. On {len(changed)} claims the verdict is another.</p>"]
    if changed:
        parts.append(report_table.table(
            (Column("claim"), Column("target"), Column("reference"), Column("this run")),
            [(v.claim.text, v.target, old.verdict, v.verdict) for v, old in changed], "wrapped stack"))
    if different:
        far = sorted(different, key=lambda pair: -max(pair[0].ratio / pair[1].ratio, pair[1].ratio / pair[0].ratio))
        parts.append("<details><summary>The cases that differ"
                     + (f", the {SHOWN} farthest of {len(far)}" if len(far) > SHOWN else "") + "</summary>"
                     + report_table.table(
                         (Column("case"), Column("target"), Column("reference", True), Column("this run", True),
                          Column("factor", True)),
                         [(str(one.case), one.case.target, of(other), of(one),
                           Cell(wording.times(one.ratio / other.ratio), one.ratio / other.ratio))
                          for one, other in far[:SHOWN]], "wrapped") + "</details>")
    return "".join(parts)


def of(ratio):
    """A ratio with its interval."""
    return Cell(f"{wording.times(ratio.ratio)} <span class='interval'>{escape(wording.times(ratio.ratio_low))} – "
                f"{escape(wording.times(ratio.ratio_high))}</span>", ratio.ratio)
