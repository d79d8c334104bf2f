#!/usr/bin/env -S python3 -B
"""Writes <run>/report.html: one page, nothing loaded from anywhere, the whole run in it.

usage: results/report.py RUN [REFERENCE]     REFERENCE: results/reference

Reads results.csv, ratios.csv, environment.json, attacks.csv and the figures in the run directory, and a
reference run if there is one. The page's parts are functions here and in the report_*.py; report.css is its
looks, and report.js sorts and filters the tables, without which nothing is missing.
"""

import csv
import json
import os
import sys

import attacks
import best_process
import inline_figure
import report_attacks
import report_comparison
import report_opening
import report_reference
import report_table
import resolution
import table
import targets
import variants
import whole_file
import wording
from report_table import Cell, Column, escape

HERE = os.path.dirname(os.path.abspath(__file__))

# The rows of the summary: what is said, and where it is in results.csv.
HEADLINES = (
    ("Empty call", "ubench", "invoke-int-0", None),
    ("SHA-256 of 8 B", "sodium", "sha256", 8),
    ("SHA-256 of 4 KiB", "sodium", "sha256", 4096),
    ("SHA-256 of 1 MiB", "sodium", "sha256", 1048576),
)

KINDS = {
    "measured": "time on the machine described under <a href='#environment'>Environment</a>, "
                "by its clock, in nanoseconds.",
    "emulated": "instructions retired in a deterministic emulator. Never a time: an emulator's "
                "instruction says nothing about a pipeline's. Target pku-guest: a "
                "machine with protection keys under QEMU{pku-guest}; what its kernel "
                "executes counts, and of a string instruction each step. Target rv32: the "
                "embedded target, RISC-V with physical memory protection under QEMU{rv32}; the same count "
                "in every run.",
    "modelled": "a measured time plus a stated cost for what this machine cannot do: no "
                "measurement. Drawn hollow. Its intervals are the range of the model, described "
                "under <a href='#model'>The model</a>.",
}


class Report:
    """What a run holds, read once."""

    def __init__(self, run):
        self.run = run
        self.rows = table.read_results(os.path.join(run, "results.csv"))
        self.ratios = {ratio.case: ratio
                       for ratio in table.read_ratios(os.path.join(run, "ratios.csv"))}
        self.variants = best_process.read(run)
        self.resolved = resolution.read(run)
        self.environment = self.json("environment.json", {})
        self.model = self.json("modelled.json", {})
        self.figures = self.json(os.path.join("figures", "figures.json"), [])
        self.systems = list(dict.fromkeys(row.case.system for row in sorted(
            self.rows, key=lambda row: (row.case.system != "raw", row.case.system))))
        self.targets = sorted({row.case.target for row in self.rows}, key=targets.place)
        self.attacks = attacks.read(run)

    def svg(self, figure):
        """An entry of figures.json as SVG; nothing if it is not there."""
        return self.text(os.path.join("figures", figure["name"] + ".svg"))

    def json(self, name, default):
        path = os.path.join(self.run, name)
        text = self.text(name)
        try:
            return json.loads(text) if text else default
        except ValueError as error:
            raise table.Damage(path, getattr(error, "lineno", 1), "json",
                               f"{error}; delete it, `make reproduce` writes it anew") from None

    def text(self, name):
        try:
            with open(os.path.join(self.run, name), encoding="utf-8") as file:
                return file.read()
        except FileNotFoundError:
            return ""


def label(rows, system):
    """A system's name as a heading of a table of these rows, in which it may be modelled."""
    kinds_of = {row.case.kind for row in rows if row.case.system == system}
    return escape(system) + (" (modelled)" if kinds_of == {"modelled"} else "")


def variant(report, case):
    """Which of the process sandboxes a row of `process` is."""
    chosen = report.variants.get(case)
    return f" <small>({escape(chosen.system)})</small>" if chosen else ""


def headlines(report):
    """The few figures that most readers come for, a row for each system."""
    parts = []
    compared = variants.shown(report.rows)
    for target in report.targets:
        rows = [row for row in compared if row.case.target == target]
        told = [(words, {"workload": workload, "operation": operation,
                         **({} if size is None else {"size_bytes": size})})
                for words, workload, operation, size in HEADLINES]
        told = [(words, wanted) for words, wanted in told if table.find(rows, **wanted)]
        if not told:
            continue
        lines = [[Cell(label(rows, system), classes="name"),
                  *(headline(report, table.find(rows, system=system, **wanted)) for _, wanted in told)]
                 for system in report.systems if any(row.case.system == system for row in rows)]
        lines = [line for line in lines if any(cell.key is not None for cell in line[1:])]
        parts.append(f"<h3>{escape(target)}, {', '.join(sorted({row.case.kind for row in rows}))}</h3>"
                     + report_table.table((Column("system"), *(Column(words) for words, _ in told)), lines,
                                          "headline stack") + reading(report, rows))
    if not parts:
        parts.append("<p>This run holds neither an empty call nor SHA-256; "
                     "it was probably made with a filter. All there is, is below.</p>")
    return "".join(parts)


def headline(report, row):
    """A cell of it: over raw, the interval, the cost itself."""
    if row is None:
        return Cell("–")
    cost = wording.cost(row.median, row.case.unit)
    ratio = report.ratios.get(row.case)
    if ratio is None:
        low, high = (wording.cost(value, row.case.unit) for value in (row.ci_low, row.ci_high))
        return Cell(f"<b>{cost}</b> <span class='interval'>{low} – {high}</span>", 1.0)
    return Cell(f"<b>{wording.times(ratio.ratio)}×</b> {cost} <span class='interval'>"
                f"{wording.times(ratio.ratio_low)} – {wording.times(ratio.ratio_high)}</span>", ratio.ratio)


def amount(difference, unit):
    """A difference of costs with its unit, none below 0."""
    return wording.cost(max(difference, 0), unit) + (" instructions" if unit != "ns" else "")


def reading(report, rows):
    """What the summary says about the discipline alone, in a sentence."""
    raw = table.find(rows, system="raw", workload="ubench", operation="invoke-int-0")
    none = table.find(rows, system="og-none", workload="ubench", operation="invoke-int-0")
    modelled = any(row.case.kind == "modelled" for row in rows)
    said = "<p>In bold, multiples of the same work through <code>raw</code>, with " \
           f"their 95&nbsp;% intervals{', or the range of the model' if modelled else ''}; " \
           "input and output in host memory. "
    if raw and none:
        said += ("With no isolation under it, Omniglot's discipline adds "
                 f"{amount(none.median - raw.median, raw.case.unit)} to an empty call. ")
    mpk = table.find(rows, system="og-mpk", workload="ubench", operation="invoke-int-0")
    if raw and mpk:
        said += ("By the model, not by measurement, discipline and gate together add "
                 if mpk.case.kind == "modelled" else
                 "Behind protection keys, discipline and gate together add ")
        said += f"{amount(mpk.median - raw.median, raw.case.unit)}. "
    pmp = table.find(rows, system="og-pmp", workload="ubench", operation="invoke-int-0")
    if raw and pmp:
        said += ("Behind physical memory protection, discipline and gate together add "
                 f"{amount(pmp.median - raw.median, raw.case.unit)}. ")
    for size in (4096, 1048576):
        row = table.find(rows, system="og-none", workload="sodium", operation="sha256",
                         size_bytes=size)
        ratio = report.ratios.get(row.case) if row else None
        if ratio:
            more, less = ("slower", "faster") if row.case.unit == "ns" else ("more", "less")
            verdict = "cannot be told from raw" if ratio.ratio_low <= 1 <= ratio.ratio_high else \
                f"is {abs(ratio.ratio - 1) * 100:.1f}&nbsp;% " \
                f"{more if ratio.ratio > 1 else less} than raw"
            said += f"At SHA-256 of {wording.size(size)} it {verdict}. "
    return said + "</p>"


def verification(report):
    """That results were right, without which their times are nothing."""
    run = [row for row in report.rows
           if row.case.kind != "modelled" and row.case not in report.variants]
    modelled = sum(row.case.kind == "modelled" for row in report.rows)
    fewest = min((row.samples for row in run), default=0)
    return ("<p id='verification'><b>Verified:</b> "
            f"all {len(run)} cases computed the same bytes as <code>raw</code>; a case that does "
            "not fails the run and has no place in this page. Each median is over at least "
            f"{fewest} repetitions, with systems in random, interleaved order."
            + (f" What is modelled, {modelled} more, was not run." if modelled else "")
            + (f" {len(report.variants)} rows of <code>process</code> are their best variant's."
               if report.variants else "")
            + "</p>")


def kinds(report):
    """The kinds of figure in this run."""
    present = [kind for kind in KINDS if any(row.case.kind == kind for row in report.rows)]
    return ("<h2 id='reading'>How to read this</h2><p>A <i>system</i> is a way of calling the "
            "library: <code>raw</code> is the plain call, the process systems put the library in "
            "another process (<code>process</code> is, for each case, the best of the variants "
            "measured in this run, and the tables say which; <code>process-pipe</code> is apart), the copying systems isolate it and copy what goes in and out, the "
            "og systems use foreign memory in place, behind checks. "
            "<i>Copied</i>: the input starts and the output ends in host memory. "
            "<i>Resident</i>: both are used where the library reaches them. Every figure is of "
            "one kind:</p><ul>"
            + "".join(f"<li><b>{kind}</b>: {KINDS[kind].format(**sizes_up_to(report))}</li>" for kind in present)
            + "</ul>")


def sizes_up_to(report):
    """{target: how far its sizes go, in words}; nothing of one that is not in the run."""
    largest = {target: max((row.case.size_bytes for row in report.rows if row.case.target == target), default=0)
               for target in targets.KNOWN}
    return {target: f", sizes up to {wording.size(size)}" if size else "" for target, size in largest.items()}


def numbered(report):
    """[(number, entry of figures.json)] of what was drawn, that which the page begins with first."""
    first = report_opening.first_figure(report)
    drawn = [figure for figure in report.figures if figure is not first and report.svg(figure)]
    return list(enumerate([first] * bool(first) + drawn, start=1))


def figure_of(report, number, figure):
    """A figure with its caption: what to see, on what it was made, how it is to be read."""
    title = f"{figure['title']} ({figure['target']})"
    see = figure.get("see", "")
    return (f"<figure id='{escape(figure['name'])}'>"
            + "<div class='scroll'>"
            + inline_figure.inline(report.svg(figure), f"f{number}", title + (f": {see}" if see else ""))
            + f"</div><figcaption><b>Figure {number}. {escape(figure['title'])}</b> on "
            f"{escape(figure['target'])}, {escape(', '.join(figure['kinds']))}: "
            f"{escape(report_comparison.machine(report, figure['target']))}. "
            + (f"<span class='see'>To see: {escape(see)}</span> " if see else "")
            + escape(figure["caption"])
            + (" Hollow marks are modelled, not measured; their bars are the range of "
               "the <a href='#model'>model</a>." if "modelled" in figure["kinds"] else "")
            + "</figcaption></figure>")


def opening(report, verdicts):
    """Three sentences and one figure."""
    drawn = numbered(report)
    return report_opening.section(report, verdicts, report.attacks, figure_of(report, *drawn[0]) if drawn else "")


def figures(report):
    """Every other figure that was drawn, in line."""
    drawn = numbered(report)
    parts = ["<h2 id='figures'>Figures</h2>"]
    if not drawn:
        parts.append("<p>None was drawn: <code>make figures</code> does that, of what this run has.</p>")
    elif len(drawn) == 1:
        parts.append("<p>There is only the first one, above.</p>")
    return "".join(parts + [figure_of(report, *entry) for entry in drawn[1:]])


def tables(report):
    """The headlines, and every row of results.csv with its ratio, a table for each workload and target."""
    parts = ["<h2 id='tables'>Results</h2>", verification(report), headlines(report), "<h3>All results</h3>",
             "<p>On a narrow screen without samples and kinds, which results.csv has, too.</p><div data-filter='sha256 og-mpk 4 KiB'>"]
    for target in report.targets:
        for workload in sorted({row.case.workload for row in report.rows}):
            rows = [row for row in report.rows
                    if (row.case.target, row.case.workload) == (target, workload)]
            if rows:
                parts.append(f"<details><summary>{escape(workload)} on {escape(target)}, "
                             f"{len(rows)} cases</summary>{full_table(report, rows)}</details>")
    return "".join(parts) + "</div>"


def full_table(report, rows):
    """One table; cases of the same work together, raw first."""
    lines, last, firsts = [], None, set()
    for row in sorted(rows, key=lambda row: (row.case.operation, row.case.placement,
                                             row.case.size_bytes,
                                             report.systems.index(row.case.system))):
        case, ratio = row.case, report.ratios.get(row.case)
        work = (case.operation, case.placement, case.size_bytes)
        again = "again" if work == last else ""
        if not again:
            firsts.add(len(lines))
        last = work
        over = Cell("") if not ratio else Cell(
            f"{wording.times(ratio.ratio)} <span class='interval'>{wording.times(ratio.ratio_low)} – "
            f"{wording.times(ratio.ratio_high)}</span>", ratio.ratio)
        lines.append((
            Cell(escape(case.operation), classes=again),
            Cell(escape(wording.size(case.size_bytes)), case.size_bytes, again),
            Cell(escape(case.placement), classes=again),
            Cell(label([row], case.system) + variant(report, case), classes="name"),
            Cell(f"{wording.cost(row.median, case.unit)} <span class='interval'>{wording.cost(row.ci_low, case.unit)}"
                 f" – {wording.cost(row.ci_high, case.unit)}</span>", row.median), over,
            Cell(str(row.samples), row.samples), Cell(escape(case.kind))))
    starts = {id(lines[number]) for number in firsts}
    unit = "instructions" if rows[0].case.unit == "instructions" else "median time"
    return report_table.table(
        (Column("operation"), Column("size", True), Column("placement"), Column("system"),
         Column(f"{unit}, 95 % interval", True), Column("over raw, 95 % interval", True), Column("samples", True),
         Column("kind")), lines, "full", lambda line: id(line) in starts)


def memory(report):
    """sizes.csv: what the embedded target's images take, a row for each image."""
    rows = list(csv.DictReader(report.text("sizes.csv").splitlines()))
    if not rows:
        return ""
    components = list(dict.fromkeys(row["component"] for row in rows))
    cells = {}
    for row in rows:
        images = cells.setdefault((row["workload"], row["system"], row["memory"]), {})
        images[row["component"]] = int(row["bytes"])
    told = report_table.table(
        (Column("workload"), Column("system"), Column("memory"), *(Column(name, True) for name in components),
         Column("all", True)),
        [(*image, *(Cell(f"{size:,}", size) for size in (*(sizes.get(name, 0) for name in components),
                                                         sum(sizes.values()))))
         for image, sizes in cells.items()])
    return ("<h2 id='memory'>Memory of the embedded target</h2><details><summary>Bytes of flash and "
            f"RAM by component</summary>{told}<p>RAM: of the host's stack and heap what was used at most (in "
            "<i>program</i>); of the library its data and stack, not the heap.</p></details>")


def model(report):
    """What modelled rows are made of: modelled.json."""
    told = report.model
    if not any(row.case.kind == "modelled" for row in report.rows):
        return ""
    parts = ["<h2 id='model'>The model</h2>"]
    if not told:
        return parts[0] + "<p>modelled.json is not in this run.</p>"
    for field in ("system", "formula", "c_cycles", "c_sources", "clock_ghz", "clock_from", "gate",
                  "not_included", "remarks", "left_out"):
        if field not in told:
            raise table.Damage(os.path.join(report.run, "modelled.json"), 1, field,
                               "not there; `make figures` writes the file anew")
    cycles, gate, sources = told["c_cycles"], told["gate"], told["c_sources"]
    parts.append(
        f"<p>This machine cannot run <code>{escape(told['system'])}</code>. Its rows are computed: "
        f"{escape(told['formula'])}. How often an operation calls and is called back was counted "
        "by running it. <i>c</i>, the cycles of a write of the register that holds the rights, is "
        f"{cycles['typical']:g} for the value itself, {cycles['low']:g} and {cycles['high']:g} "
        "for the ends of its interval, which also hold those of the time it stands on.</p><dl>"
        f"<dt>clock</dt><dd>{told['clock_ghz']:g} GHz, {escape(told['clock_from'])}</dd>"
        + (f"<dt>gate</dt><dd>not included: {escape(gate['missing'])}</dd>" if gate.get("missing")
           else f"<dt>gate</dt><dd>{gate['call_ns']:g} ns a call, {gate['word_ns']:g} ns a word, "
                f"{gate['callback_ns']:g} ns a callback, {escape(gate['from'])}</dd>")
        + "".join(f"<dt>c, {escape(which)}</dt><dd>{escape(source)}</dd>"
                  for which, source in sources.items())
        + "".join(f"<dt>not included</dt><dd>{escape(text)}</dd>"
                  for text in told["not_included"])
        + "".join(f"<dt>remark</dt><dd>{escape(text)}</dd>" for text in told["remarks"])
        + "".join(f"<dt>no row</dt><dd>{escape(name)}: {escape(why)}</dd>"
                  for name, why in told["left_out"].items())
        + "</dl>")
    return "".join(parts)


def environment(report):
    """environment.json, as a list."""
    parts = ["<h2 id='environment'>Environment</h2>"]
    if not report.environment:
        return "".join(parts) + "<p>environment.json is not in this run.</p>"

    def entry(name, value):
        if isinstance(value, dict):
            for inner, content in value.items():
                entry(f"{name}: {inner}", content)
        elif isinstance(value, list):
            for number, content in enumerate(value, start=1):
                entry(f"{name} {number}" if isinstance(content, dict) else name, content)
        else:
            words = "not known" if value is None else value
            if isinstance(value, bool):
                words = "yes" if value else "no"
            parts.append(f"<dt>{escape(name.replace('_', ' '))}</dt><dd>{escape(words)}</dd>")

    parts.append("<dl>")
    for name, value in report.environment.items():
        entry({"sessions": "session"}.get(name, name), value)
    return "".join(parts) + "</dl>"


def remarks(report):
    """What ratios.py had to say."""
    log = report.text("ratios.log")
    if not log:
        return ""
    count = log.count("\n")
    return (f"<details><summary>{count} remarks on the ratios</summary>"
            f"<pre>{escape(log)}</pre></details>")


def beside(name):
    """A file that goes into the page as it is."""
    with open(os.path.join(HERE, name), encoding="utf-8") as file:
        return file.read()


def page(report, reference=report_reference.FOLDER):
    """The whole document."""
    sessions = report.environment.get("sessions") or [{}]
    name = os.path.basename(os.path.realpath(report.run))
    profile = report.environment.get("profile")
    lead = " · ".join(escape(text) for text in (
        f"run {name}", f"begun {sessions[0].get('started', 'at an unknown time')}",
        *([f"profile {profile}"] if profile else []),
        f"commit {((report.environment.get('source') or {}).get('commit') or 'not known')[:12]}"))
    verdicts = report_comparison.verdicts_of(report)
    parts = [opening(report, verdicts), report_comparison.decided(report, verdicts),
             report_comparison.lacking(report), report_comparison.guaranteed(report),
             report_attacks.section(report.attacks), kinds(report), figures(report), tables(report),
             memory(report), remarks(report), model(report), environment(report),
             report_reference.section(report, verdicts, reference)]
    links = "".join(f"<a href='#{name}'>{words}</a> " for name, words in (
        ("claims", "Claims"), ("guarantees", "Guarantees and costs"), ("attacks", "Attacks"),
        ("reading", "How to read this"), ("figures", "Figures"), ("tables", "Results"),
        ("model", "The model"), ("environment", "Environment"), ("reference", "Differences from the reference"))
                    if any(f"<h2 id='{name}'" in part for part in parts))
    return ("<!doctype html>\n<html lang='en'><head><meta charset='utf-8'>"
            "<meta name='viewport' content='width=device-width, initial-scale=1'>"
            "<link rel='icon' href='data:,'><title>Omniglot in C: results</title>"
            f"<style>\n{beside('report.css')}</style></head><body>\n<h1>Omniglot in C: results</h1>"
            f"<p class='lead'>{lead}</p>\n{parts[0]}\n<nav aria-label='Parts'>{links}</nav>\n"
            + "\n".join(parts[1:])
            + f"\n<script>\n{beside('report.js')}</script></body></html>\n")


def main(arguments):
    if len(arguments) not in (1, 2):
        print("usage: results/report.py RUN [REFERENCE]", file=sys.stderr)
        return 2
    path = os.path.join(arguments[0], "report.html")
    try:
        whole_file.write(path, page(Report(arguments[0]), *arguments[1:]))
    except table.Damage as error:
        print(f"report: {error}", file=sys.stderr)
        return 1
    except OSError as error:
        print(f"report: {error.filename}: {error.strerror}", file=sys.stderr)
        return 1
    print(f"  written {path}")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
