#!/usr/bin/env -S python3 -B
"""Puts a run's pictures and tables into README.md: docs/figures/*.svg, and what stands between
`<!-- run: PART -->` and `<!-- end of run -->`.

usage: results/readme.py RUN [PART...]     PART is native, guest or rv32; default: all in the run

OMNIGLOT_ROOT names another tree than this one. A part of which the run has no rows stays as it is.
"""

import json
import os
import re
import sys

import table
import targets
import variants
import whole_file
import wording

HERE = os.path.dirname(os.path.abspath(__file__))
PARTS = {"native": "x86_64-linux", "guest": "pku-guest", "rv32": "rv32"}
# The figure of a run, and what it is called in docs/figures.
PICTURES = {
    "native": {"overhead-sodium-x86_64-linux": "overhead-sodium",
               "summary-x86_64-linux": "summary-native"},
    "guest": {"summary-pku-guest": "summary-guest", "callbacks-pku-guest": "callbacks-guest"},
    "rv32": {"summary-rv32": "summary-rv32"},
}
# What the tables tell: in words, and where it is in results.csv. What a run has not is left out.
WORK = (
    ("empty call", "ubench", "invoke-int-0", 0, "copied"),
    ("callback", "ubench", "callback", 0, "copied"),
    ("SHA-256, 8 B", "sodium", "sha256", 8, "copied"),
    ("SHA-256, 4 KiB", "sodium", "sha256", 4096, "copied"),
    ("SHA-256, 4 KiB, in place", "sodium", "sha256", 4096, "resident"),
    ("SHA-256, 1 MiB", "sodium", "sha256", 1048576, "copied"),
    ("HMAC-SHA-256, 64 B", "sodium", "hmac-sha256", 64, "copied"),
    ("HMAC-SHA-256, 1 KiB", "sodium", "hmac-sha256", 1024, "copied"),
    ("inflate text, 16 KiB", "zlib", "inflate-text", 16384, "copied"),
    ("inflate text, 64 KiB", "zlib", "inflate-text", 65536, "copied"),
    ("inflate text, 64 KiB, in place", "zlib", "inflate-text", 65536, "resident"),
    ("decompress text with brotli, 64 KiB", "brotli", "decompress-text", 65536, "copied"),
    ("parse XML, 30 KiB", "expat", "parse", 30366, "copied"),
    ("read a PNG, 64 x 64", "png", "read", 16384, "copied"),
    ("lwIP: UDP echo, 64 B", "lwip", "udp-echo", 64, "copied"),
    ("lwIP: a TCP connection that echoes 1 KiB", "lwip", "tcp-echo", 1024, "copied"),
    ("open a domain, or start a process", "ubench", "domain-open", 0, "copied"),
)
END = "<!-- end of run -->"


class Refused(Exception):
    """Why README.md stays as it is, in words for the user."""


def cell(row, ratio, interval):
    """What a system costs over raw."""
    if row is None or ratio is None:
        return "–"
    if not interval:
        return wording.times(ratio.ratio)
    return f"{wording.times(ratio.ratio)} ({wording.times(ratio.ratio_low)} to " \
           f"{wording.times(ratio.ratio_high)})"


def table_of(rows, ratios):
    """A Markdown table of these rows, all of one target."""
    systems = sorted({row.case.system for row in rows} - {"raw"}, key=lambda system: (
        not system.startswith("og-"), not system.startswith("copy-"), system))
    kind = {row.case.system: row.case.kind for row in rows}
    unit = rows[0].case.unit
    lines = []
    for words, workload, operation, size, placement in WORK:
        wanted = {"workload": workload, "operation": operation, "size_bytes": size,
                  "placement": placement}
        raw = table.find(rows, system="raw", **wanted)
        if raw is None:
            continue
        found = [table.find(rows, system=system, **wanted) for system in systems]
        if any(row and row.case in ratios for row in found):
            lines.append(f"| {words} | {wording.cost(raw.median, unit)} | " + " | ".join(
                cell(row, row and ratios.get(row.case), unit == "ns") for row in found) + " |")
    if not lines:
        raise Refused("it has none of the cases that the table tells of")
    headings = [system + (" (modelled)" if kind[system] == "modelled" else "")
                for system in systems]
    return "\n".join(["| | raw | " + " | ".join(headings) + " |",
                      "|---|" + "---|" * (len(systems) + 1), *lines])


def words_of(run, environment, target, rows):
    """What the table was made on, and how to read it."""
    unit = "medians" if rows[0].case.unit == "ns" else "instructions"
    kinds = ", ".join(sorted({row.case.kind for row in rows}))
    where = targets.words(target)
    if target == environment.get("target"):
        processor = (environment.get("processor") or {}).get("model") or "a processor not named"
        virtual = environment.get("virtualization")
        where = processor + (f", under {virtual}" if virtual and virtual != "none" else "")
    commit = ((environment.get("source") or {}).get("commit") or "")[:12] or "not known"
    return (f"Run {os.path.basename(os.path.realpath(run))}, commit {commit}, {where}; {kinds}. "
            f"raw: {unit}; the others: multiples of it"
            + (" with their 95 % intervals (of what is modelled, its range)."
               if rows[0].case.unit == "ns" else "."))


def replaced(text, part, block):
    """The README with the block of this part in place of the one it has."""
    begin = f"<!-- run: {part} -->"
    pattern = re.compile(re.escape(begin) + r"\n.*?" + re.escape(END), re.DOTALL)
    if not pattern.search(text):
        raise Refused(f"README.md has no '{begin}' ... '{END}'")
    return pattern.sub(lambda _: f"{begin}\n{block}\n{END}", text, count=1)


def on_paper(svg):
    """The picture with a ground of its own, for pages that are dark."""
    return re.sub(r"(<svg[^>]*>)", r'\1<rect width="100%" height="100%" fill="#fdfdfb"/>', svg,
                  count=1)


def refresh(run, root, parts):
    """Does it; returns what to say."""
    rows = variants.shown(table.read_results(os.path.join(run, "results.csv")))
    ratios = {r.case: r for r in table.read_ratios(os.path.join(run, "ratios.csv"))}
    try:
        with open(os.path.join(run, "environment.json"), encoding="utf-8") as file:
            environment = json.load(file)
    except FileNotFoundError:
        environment = {}
    path = os.path.join(root, "README.md")
    with open(path, encoding="utf-8") as file:
        text = file.read()
    said = []
    for part in parts or PARTS:
        target = PARTS[part]
        here = [row for row in rows if row.case.target == target]
        if not here:
            said.append(f"{part}: kept as it is, the run has no rows of {target}")
            continue
        try:
            block = words_of(run, environment, target, here) + "\n\n" + table_of(here, ratios)
            text = replaced(text, part, block)
        except Refused as error:
            said.append(f"{part}: kept as it is: {error}")
            continue
        said.append(f"{part}: table of {target}")
        for figure, name in PICTURES[part].items():
            source = os.path.join(run, "figures", figure + ".svg")
            if not os.path.exists(source):
                said.append(f"{part}: {name}.svg kept as it is, the run has no {figure}.svg")
                continue
            with open(source, encoding="utf-8") as file:
                picture = on_paper(file.read())
            whole_file.write(os.path.join(root, "docs", "figures", name + ".svg"), picture)
            said.append(f"{part}: docs/figures/{name}.svg")
    whole_file.write(path, text)
    return said


def main(arguments):
    if not arguments or arguments[0].startswith("-") or set(arguments[1:]) - PARTS.keys():
        print("usage: results/readme.py RUN [native] [guest] [rv32]", file=sys.stderr)
        return 2
    root = os.environ.get("OMNIGLOT_ROOT") or os.path.dirname(HERE)
    try:
        for line in refresh(arguments[0], root, arguments[1:]):
            print(f"  {line}")
    except table.Damage as error:
        print(f"readme: {error}", file=sys.stderr)
        return 1
    except OSError as error:
        print(f"readme: {error.filename}: {error.strerror}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
