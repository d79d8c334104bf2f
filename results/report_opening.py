"""What the report begins with: three sentences and one figure."""

import attacks
import targets
import wording
from claims import FAIL, OPEN, PASS
from report_table import escape

import table

# Which system of a target is Omniglot, the first that has rows.
OURS = ("og-mpk", "og-pmp", "og-none")
# Whom it is set beside, if they are there.
BESIDE = ("process", "copy-wasm", "copy-mpk", "copy-pmp")


def subject(report):
    """(target, system) of which the sentences speak: of the first target that has Omniglot; None without
    any. With isolation rather than without."""
    for ours in (OURS[:2], OURS[2:]):
        for target in report.targets:
            for system in ours:
                if any((row.case.target, row.case.system) == (target, system) for row in report.rows):
                    return target, system
    return None


def named(report, target, system):
    """A system, with what has to be said of its figures."""
    kinds = {row.case.kind for row in report.rows if (row.case.target, row.case.system) == (target, system)}
    return f"<code>{escape(system)}</code>" + (" (modelled)" if kinds == {"modelled"} else "")


def amount(row):
    """A cost with its unit."""
    return wording.cost(row.median, row.case.unit) + ("" if row.case.unit == "ns" else " instructions")


def more(ratio):
    """A ratio to the plain call, in words; of what an interval cannot tell from it, that."""
    if ratio.ratio_low <= 1 <= ratio.ratio_high:
        return "no more than plainly, as far as this run can tell"
    if 0.5 < ratio.ratio < 2:
        return f"{abs(ratio.ratio - 1) * 100:.1f}&nbsp;% {'more' if ratio.ratio > 1 else 'less'}"
    return f"{wording.times(ratio.ratio)} times as much"


def cost(report):
    """What calling through Omniglot costs."""
    found = subject(report)
    if not found:
        return "This run has no row of Omniglot, so that it says nothing of what it costs."
    target, system = found
    rows = [row for row in report.rows if row.case.target == target]

    def of(name, workload, operation, size, placement="copied"):
        return table.find(rows, system=name, workload=workload, operation=operation, size_bytes=size,
                          placement=placement)
    where = "On this machine" if target == report.environment.get("target") else \
        escape(targets.words(target)[0].upper() + targets.words(target)[1:])
    name, parts = named(report, target, system), []
    plain, empty = (of(which, "ubench", "invoke-int-0", 0) for which in ("raw", system))
    if plain and empty:
        parts.append(f"an empty call through {name} takes {amount(empty)}, where a plain one takes {amount(plain)}")
    work = of(system, "sodium", "sha256", 4096)
    ratio = report.ratios.get(work.case) if work else None
    if ratio:
        said = f"hashing 4&nbsp;KiB {'' if parts else f'through {name} '}costs {more(ratio)}"
        others = [(other, report.ratios.get(row.case)) for other in BESIDE
                  for row in [of(other, "sodium", "sha256", 4096)] if row]
        others = [f"{named(report, target, other)} {more(found)}" for other, found in others if found]
        parts.append(said + (f" ({', '.join(others)})" if others else ""))
    if not parts:
        return f"{where}, this run has neither an empty call nor SHA-256 of 4&nbsp;KiB through {name}; " \
               "what it has is in the tables."
    return f"{where}, {', and '.join(parts)}."


def decided(verdicts):
    """What became of the claims."""
    count = {word: sum(v.verdict == word for v in verdicts) for word in (PASS, FAIL, OPEN)}
    fails = f"<a class='fail' href='#claims'>{count[FAIL]} fail{'s' if count[FAIL] == 1 else ''}</a>" \
        if count[FAIL] else "none fails"
    return f"Of {len(verdicts)} claims, each on one target, {count[PASS]} hold{'s' if count[PASS] == 1 else ''} in this run, {fails}, and " \
           f"{count[OPEN]} it cannot decide."


def attacked(rows):
    """What became of the attacks through systems that isolate, and of those through raw."""
    if not rows:
        return "Nothing was attacked in this run, so that it does not show what is kept in."
    def told(chosen):
        made = [row for row in chosen if row.verdict not in ("not applicable", "broken")]
        return len(made), sum(row.verdict in attacks.SUCCEEDS for row in made)
    ours = [row for row in rows if row.system in OURS[:2]]
    raw = [row for row in rows if row.system == "raw"]
    name = " and ".join(f"<code>{escape(system)}</code>" for system in attacks.systems_of(ours))
    if not ours:
        return f"{len(rows)} attacks were made in this run, none of them through an Omniglot that isolates."
    made, through = told(ours)
    said = f"Of {made} attacks through {name}, " + (
        "none compromised or ended the host" if not through else
        f"<a class='fail' href='#attacks'>{through} compromised or ended the host</a>")
    made, through = told(raw)
    return said + (f"; of {made} through a plain call {through} did." if made else ".")


def first_figure(report):
    """The figure that comes first: what is guaranteed and what it costs, of the target that is spoken of."""
    found = subject(report)
    drawn = [figure for figure in report.figures if report.svg(figure)]
    wanted = [figure for figure in drawn if found and figure["name"] == f"summary-{found[0]}"]
    return next(iter(wanted or drawn), None)


def section(report, verdicts, attack_rows, shown):
    """`shown`: the markup of the first figure."""
    return ("<section id='summary'><p class='said'>"
            + " ".join((cost(report), decided(verdicts), attacked(attack_rows)))
            + f"</p>{shown}</section>")
