"""The report's parts on what systems guarantee and cost, which claims hold, and what is missing."""

import claims
import guarantees
import missing
import report_table
import resolution
import summary
import targets
import wording
from report_table import Cell, Column, escape, prose

MARKS = {"yes": "●", "partly": "○", "no": "–", "unknown": "?"}
SIDES = {"weaker": "weaker", "equal": "equal", "omniglot": "Omniglot", "unknown": "not stated"}
# The order in which they are told, and their class.
CLASSES = {claims.FAIL: "fail", claims.OPEN: "open", claims.PASS: "pass"}
HOLDS = {"●": "holds", "○": "holds in part", "–": "does not hold", "?": "not stated"}


def evidence_of(report):
    """What claims.py decides from, of what the report has read; as claims.read has it."""
    stated = guarantees.read()
    present = {*report.targets, *(targets.known(row.target) for row in report.attacks)}
    return {target: claims.Evidence(target, report.rows, report.ratios, stated,
                                    [row for row in report.attacks if targets.known(row.target) == target],
                                    report.resolved)
            for target in sorted(present, key=targets.place)}


def resolvable(report):
    """What the run can resolve of each target, in a sentence each."""
    whole = {where: there for where, there in report.resolved.items() if where[1] == resolution.ALL}
    return "".join(f"On {escape(sentence)}. "
                   for sentence in resolution.sentences(whole)) or \
        "No system was measured twice, so that nobody knows what this run can resolve. "


def verdicts_of(report):
    """The claims' verdicts, as claims.md has them."""
    return claims.decide(evidence_of(report))


def decided(report, verdicts):
    """The claims, each with its verdict, those that fail first."""
    order = list(CLASSES)
    ordered = sorted(verdicts, key=lambda v: order.index(v.verdict))
    count = {word: sum(v.verdict == word for v in verdicts) for word in CLASSES}
    return ("<h2 id='claims'>Claims</h2><p>Of the claims of the paper and of this project, "
            f"{count[claims.FAIL]} fail, {count[claims.OPEN]} are not decided by this run, and "
            f"{count[claims.PASS]} pass. A claim is decided by rows of this run alone; where an interval "
            "lies on both sides of the threshold it is not decided, and of times that are called cheaper "
            "or dearer 5 % may be so wrongly over all cases of a claim. "
            + resolvable(report) + "claims.md, beside this page, "
            "says where each is from.</p><div data-filter='og-mpk FAIL'>"
            + report_table.table(
                (Column("verdict"), Column("claim"), Column("found"), Column("threshold"), Column("target, kind")),
                [(Cell(f"<span class='{CLASSES[v.verdict]}'>{v.verdict}</span>", order.index(v.verdict)), v.claim.text,
                  v.found, v.claim.threshold, v.target + (f", {v.kind}" if v.kind else "")) for v in ordered],
                "wrapped stack claims", lambda line: True) + "</div>")


def guaranteed(report):
    """For each target, what its systems guarantee and what they cost over raw."""
    parts = ["<h2 id='guarantees'>Guarantees and costs</h2><p>What a system guarantees: ● holds, ○ holds in part, – "
             "does not. It guarantees <i>less</i> than Omniglot if it lacks one of the first six.</p><dl>"
             + "".join(f"<dt>{name}</dt><dd>{escape(text)}</dd>" for name, text in
                       {**guarantees.SAFETY, **guarantees.PROPERTIES}.items())
             + "</dl><p>What it costs: the geometric mean over raw of each library's cases, data starting and ending "
               "in host memory, and of the libraries' means; below it from the lowest to the highest.</p>"]
    lines = summary.lines_of(report.rows, report.ratios, guarantees.read())
    for target in sorted(report.targets, key=targets.place):
        parts.append(of_target(target, [line for line in lines if line["target"] == target
                                        and line["placement"] == "copied"]))
    return "".join(parts)


def of_target(target, lines):
    """The two tables of a target."""
    if not lines:
        return ""
    workloads = list(dict.fromkeys(line["workload"] for line in lines))
    held, costs = [], []
    for system in dict.fromkeys(line["system"] for line in sorted(lines, key=lambda l: l["rank"])):
        own = {line["workload"]: line for line in lines if line["system"] == system}
        one = next(iter(own.values()))
        name = Cell(escape(system) + (" (modelled)" if one["kind"] == "modelled" else ""), classes="name")
        side = "" if system == "raw" else SIDES[one["side"]]
        held.append((name, side, *(mark(one[guarantee]) for guarantee in guarantees.ALL)))
        costs.append((name, side, *(mean(own.get(workload)) for workload in workloads)))
    kinds = ", ".join(sorted({line["kind"] for line in lines}))
    first = (Column("system"), Column("guarantees"))
    return (f"<h3>{escape(target)}, {kinds}</h3>"
            + report_table.table((*first, *(Column(name, classes="mark") for name in guarantees.ALL)), held,
                                 "marks", lambda line: True)
            + report_table.table((*first, *(Column(name, True) for name in workloads)), costs, "stack means",
                                 lambda line: True))


def mark(holds):
    """Whether a guarantee holds, for the eye and for who has it read out."""
    sign = MARKS[holds]
    return Cell(f"<span role='img' aria-label='{HOLDS[sign]}'>{sign}</span>", "–○●".find(sign))


def mean(line):
    """A cell: the mean and its range; which share of the cases where it is not all."""
    if line is None:
        return Cell("–")
    part = f" <small>({line['cases']} of {line['of']})</small>" if line["cases"] != line["of"] else ""
    spread = "" if line["lowest"] == line["highest"] else \
        f" <span class='interval'>{wording.times(line['lowest'])} – {wording.times(line['highest'])}</span>"
    return Cell(f"{wording.times(line['mean'])}{part}{spread}", line["mean"])


def lacking(report):
    """What this run lacks."""
    lines = summary.lines_of(report.rows, report.ratios, guarantees.read())
    said = missing.sentences(report.rows, lines, report.environment)
    if not said:
        return ""
    return ("<h2 id='missing'>What this run lacks</h2><ul>"
            + "".join(f"<li>{prose(text)}</li>" for text in said) + "</ul>")


def machine(report, target):
    """On what a target's figures were made, in a few words."""
    if target == report.environment.get("target"):
        processor = report.environment.get("processor") or {}
        return processor.get("model") or "a processor that environment.json does not name"
    return targets.words(target)
