"""The report's parts on what systems guarantee and cost, which claims hold, and what is missing."""

import html

import claims
import guarantees
import missing
import resolution
import summary
import targets
import wording

MARKS = {"yes": "●", "partly": "○", "no": "–", "unknown": "?"}
SIDES = {"weaker": "weaker", "equal": "equal", "omniglot": "Omniglot", "unknown": "not stated"}
CLASSES = {claims.PASS: "pass", claims.FAIL: "fail", claims.OPEN: "open"}


def escape(value):
    return html.escape(str(value), quote=True)


def evidence_of(report):
    """What claims.py decides from, of a report's rows."""
    stated = guarantees.read()
    return {target: claims.Evidence(target, report.rows, report.ratios, stated, (), report.resolved)
            for target in sorted(report.targets, key=targets.place)}


def resolvable(report):
    """What the run can resolve of each target, in a sentence each."""
    whole = {where: there for where, there in report.resolved.items() if where[1] == resolution.ALL}
    return "".join(escape(sentence[0].upper() + sentence[1:]) + ". "
                   for sentence in resolution.sentences(whole)) or \
        "No system was measured twice, so that nobody knows what this run can resolve. "


def decided(report):
    """The claims, each with its verdict."""
    verdicts = claims.decide(evidence_of(report))
    lines, last = [], None
    for v in verdicts:
        first = v.claim.name != last
        text = escape(v.claim.text) if first else ""
        threshold = escape(v.claim.threshold) if first else ""
        lines.append(f"<tr{' class=first' if first else ''}><td>{text}</td><td>{threshold}</td>"
                     f"<td>{escape(v.target)}{', ' + escape(v.kind) if v.kind else ''}</td>"
                     f"<td>{escape(v.found)}</td>"
                     f"<td class='{CLASSES[v.verdict]}'>{v.verdict}</td></tr>")
        last = v.claim.name
    count = {word: sum(v.verdict == word for v in verdicts) for word in CLASSES}
    return ("<h2 id='claims'>Claims</h2><p>Of the claims of the paper and of this project, "
            f"{count[claims.PASS]} pass, {count[claims.FAIL]} fail, and {count[claims.OPEN]} are not "
            "decided by this run. A claim is decided by rows of this run alone; where an interval "
            "lies on both sides of the threshold it is not decided, and of times that are called cheaper "
            "or dearer 5 % may be so wrongly over all cases of a claim. "
            + resolvable(report) + "claims.md, beside this page, "
            "says where each is from.</p>"
            "<div class='scroll'><table class='wrapped'><thead><tr><th>claim</th><th>threshold</th>"
            "<th>target, kind</th><th>found</th><th></th></tr></thead><tbody>"
            + "".join(lines) + "</tbody></table></div>")


def guaranteed(report):
    """For each target, what its systems guarantee and what they cost over raw."""
    parts = ["<h2 id='guarantees'>Guarantees and costs</h2><p>"
             + "; ".join(f"<b>{name}</b>: {escape(text)}" for name, text in
                         {**guarantees.SAFETY, **guarantees.PROPERTIES}.items())
             + ". ● holds, ○ holds in part, – does not. A system guarantees <i>less</i> than Omniglot "
               "that lacks one of the first six. Beside them the geometric mean over raw of each "
               "library's cases, data starting and ending in host memory, and of the libraries' "
               "means.</p>"]
    lines = summary.lines_of(report.rows, report.ratios, guarantees.read())
    for target in sorted(report.targets, key=targets.place):
        parts.append(of_target(target, [line for line in lines if line["target"] == target
                                        and line["placement"] == "copied"]))
    return "".join(parts)


def of_target(target, lines):
    """The table of a target."""
    if not lines:
        return ""
    workloads = list(dict.fromkeys(line["workload"] for line in lines))
    kinds = ", ".join(sorted({line["kind"] for line in lines}))
    rows = []
    for system in dict.fromkeys(line["system"] for line in sorted(lines, key=lambda l: l["rank"])):
        own = {line["workload"]: line for line in lines if line["system"] == system}
        one = next(iter(own.values()))
        name = escape(system) + (" (modelled)" if one["kind"] == "modelled" else "")
        side = "" if system == "raw" else SIDES[one["side"]]
        rows.append(f"<tr class='first'><td class='name'>{name}</td><td>{side}</td>"
                    + "".join(f"<td>{MARKS[one[guarantee]]}</td>" for guarantee in guarantees.ALL)
                    + "".join(mean(own.get(workload)) for workload in workloads) + "</tr>")
    return (f"<h3>{escape(target)}, {kinds}</h3><div class='scroll'><table><thead><tr><th>system</th>"
            "<th>guarantees</th>" + "".join(f"<th>{name}</th>" for name in guarantees.ALL)
            + "".join(f"<th class='number'>{escape(name)}</th>" for name in workloads)
            + f"</tr></thead><tbody>{''.join(rows)}</tbody></table></div>")


def mean(line):
    """A cell: the mean and its range; which share of the cases where it is not all."""
    if line is None:
        return "<td class='number'>–</td>"
    part = f" ({line['cases']} of {line['of']})" if line["cases"] != line["of"] else ""
    spread = "" if line["lowest"] == line["highest"] else \
        f"<br><span class='interval'>{wording.times(line['lowest'])} – " \
        f"{wording.times(line['highest'])}</span>"
    return f"<td class='number'>{wording.times(line['mean'])}{part}{spread}</td>"


def lacking(report):
    """What this run lacks."""
    lines = summary.lines_of(report.rows, report.ratios, guarantees.read())
    said = missing.sentences(report.rows, lines, report.environment.get("filter") or "")
    if not said:
        return ""
    return ("<h2 id='missing'>What this run lacks</h2><ul>"
            + "".join(f"<li>{escape(text)}</li>" for text in said) + "</ul>")


def machine(report, target):
    """On what a target's figures were made, in a few words."""
    if target == report.environment.get("target"):
        processor = report.environment.get("processor") or {}
        return processor.get("model") or "a processor that environment.json does not name"
    return targets.words(target)
