#!/usr/bin/env -S python3 -B
"""Draws every figure of a run: <run>/figures/NAME-TARGET.pdf and .svg.

usage: plots/draw.py RUN [NAME...]

A figure is one gnuplot script in this folder. The comments at its top say which rows of
results.csv it takes; they arrive, joined with ratios.csv, as one csv file. So a new figure
is a new script and nothing here. docs/adding-a-figure.md lists the comments.
"""

import csv
import json
import os
import re
import subprocess
import sys

PLOTS = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(PLOTS, os.pardir, "results"))

import table  # noqa: E402
import whole_file  # noqa: E402

FORMATS = ("pdf", "svg")
DATA_COLUMNS = table.COLUMNS[:11] + ("ratio", "ratio_low", "ratio_high", "position")
WORDS = {"title", "caption", "workload", "operation", "each", "place", "needs", "file"}
REQUIRED = {"title", "caption", "workload", "operation"}
REQUIRED_WITH_FILE = {"title", "caption"}


class Refused(Exception):
    """Why a figure cannot be drawn, in words for the user."""


class Script:
    """A figure's gnuplot script and what its first comments ask for."""

    def __init__(self, path):
        self.path = path
        self.name = os.path.splitext(os.path.basename(path))[0]
        self.wants = {"each": "", "place": "99", "needs": "", "file": ""}
        with open(path, encoding="utf-8") as file:
            for number, line in enumerate(file, start=1):
                match = re.match(r"# ([a-z]+): (.*)$", line)
                if not match:
                    break
                word, text = match.group(1), match.group(2).strip()
                if word not in WORDS:
                    raise Refused(f"{path}:{number}: '{word}' is not one of "
                                  + ", ".join(sorted(WORDS)))
                if word == "caption" and "caption" in self.wants:
                    text = self.wants["caption"] + " " + text
                self.wants[word] = text
        missing = (REQUIRED_WITH_FILE if self.wants["file"] else REQUIRED) - self.wants.keys()
        if missing:
            raise Refused(f"{path}:1: the comments at the top do not say "
                          + ", ".join(sorted(missing)))
        try:
            self.workload = re.compile(self.wants.get("workload", ""))
            self.operations = [re.compile(word) for word in self.wants.get("operation", "").split()]
        except re.error as error:
            raise Refused(f"{path}:1: '{error.pattern}' is not a regular expression: "
                          f"{error}") from None
        if not self.wants["place"].isdigit():
            raise Refused(f"{path}:1: 'place' is a number, not '{self.wants['place']}'")
        unknown = set(self.wants["needs"].split()) - {"ratios", "sizes"}
        if unknown:
            raise Refused(f"{path}:1: 'needs' knows ratios and sizes, not '{unknown.pop()}'")
        if self.wants["each"] not in ("", "workload"):
            raise Refused(f"{path}:1: 'each' knows only 'workload'")

    def rank(self, case):
        """Where the case's operation stands in the figure; None if it is not in it."""
        if not self.workload.fullmatch(case.workload):
            return None
        for place, pattern in enumerate(self.operations):
            if pattern.fullmatch(case.operation):
                return (place, natural(case.operation))
        return None

    def figures(self, rows, ratios):
        """Yields (name, title, rows) of each figure of rows there is to draw."""
        if self.wants["file"]:
            return
        needs = self.wants["needs"].split()
        groups = {}
        for row in rows:
            if self.rank(row.case) is not None:
                part = row.case.workload if self.wants["each"] else ""
                groups.setdefault((row.case.target, part), []).append(row)
        for (target, part), chosen in sorted(groups.items()):
            if "sizes" in needs:
                sizes = sizes_of_operations(chosen)
                chosen = [row for row in chosen if len(sizes[row.case.operation]) > 1]
            if not chosen or ("ratios" in needs and not any(r.case in ratios for r in chosen)):
                continue
            name = "-".join(word for word in (self.name, part, target) if word)
            yield name, self.wants["title"].replace("{workload}", part), chosen


def sizes_of_operations(rows):
    """{operation: the sizes it was run at}."""
    sizes = {}
    for row in rows:
        sizes.setdefault(row.case.operation, set()).add(row.case.size_bytes)
    return sizes


def natural(text):
    """A sort key by which invoke-int-3 comes before invoke-int-10."""
    return [int(word) if word.isdigit() else word for word in re.split(r"([0-9]+)", text)]


def order_of_systems():
    """The systems in the order of plots/style.gp's table."""
    with open(os.path.join(PLOTS, "style.gp"), encoding="utf-8") as file:
        return re.findall(r"^([a-z-]+) +#[0-9A-F]{6} ", file.read(), re.MULTILINE)


def variables(script, rows, known):
    """What a figure's script is told about its data. style.gp describes them."""
    operations = sorted({row.case.operation for row in rows},
                        key=lambda op: min(script.rank(row.case) for row in rows
                                           if row.case.operation == op))
    systems = sorted({row.case.system for row in rows},
                     key=lambda s: (known.index(s) if s in known else len(known), s))
    sizes = sizes_of_operations(rows)
    sized = [op for op in operations if len(sizes[op]) > 1]
    positive = [row.case.size_bytes for row in rows if row.case.operation in sized] or [1]
    kinds = sorted({row.case.kind for row in rows} - {"modelled"}) or ["modelled"]
    modelled = {row.case.system for row in rows if row.case.kind == "modelled"}
    return {
        "modelled": " ".join(system for system in systems if system in modelled),
        "operations": " ".join(operations), "sized": " ".join(sized),
        "unsized": " ".join(op for op in operations if op not in sized),
        "systems": " ".join(systems), "target": rows[0].case.target, "unit": rows[0].case.unit,
        "kind": "; ".join(kinds), "plots": PLOTS,
        "data_size_min": max(1, min(positive)), "data_size_max": max(1, max(positive)),
    }


def draw_file(script, run, known, folder):
    """Writes the figure of a script that draws a file of the run rather than its rows. Returns
    its entry in figures.json, or None if the run has no such file."""
    path = os.path.join(run, script.wants["file"])
    try:
        with open(path, encoding="utf-8") as file:
            rows = list(csv.DictReader(file))
    except FileNotFoundError:
        return None
    present = {row["system"] for row in rows}
    settings = {
        "systems": " ".join(system for system in known if system in present),
        "workloads": " ".join(dict.fromkeys(row["workload"] for row in rows)),
        "operations": "", "sized": "", "unsized": "", "modelled": "", "target": "rv32",
        "unit": "bytes",
        "kind": "measured", "plots": PLOTS, "data_size_min": 1, "data_size_max": 1,
    }
    draw_formats(script, script.name, settings, path, folder)
    return {"name": script.name, "title": script.wants["title"], "target": settings["target"],
            "caption": script.wants["caption"], "kinds": ["sizes"]}


def data_text(rows, ratios, operations):
    """The figure's rows as csv, a system's sizes in rising order. An absent ratio is empty."""
    lines = [",".join(DATA_COLUMNS)]
    for row in sorted(rows, key=lambda row: row.case):
        ratio = ratios.get(row.case)
        relative = (ratio.ratio, ratio.ratio_low, ratio.ratio_high) if ratio else ("NaN",) * 3
        lines.append(",".join(str(field) for field in (
            *row.case, row.median, row.ci_low, row.ci_high, *relative,
            operations.index(row.case.operation) + 1)))
    return "\n".join(lines) + "\n"


def gnuplot(script, settings):
    """Runs gnuplot on the script. Raises Refused with what it said."""
    def literal(value):
        if isinstance(value, str):
            return "'" + value.replace("'", "''") + "'"
        return str(value)
    preamble = "; ".join(f"{name} = {literal(value)}" for name, value in settings.items())
    try:
        done = subprocess.run(["gnuplot", "-e", preamble, script], text=True,
                              capture_output=True, check=False)
    except FileNotFoundError:
        raise Refused("gnuplot is not installed; `make deps` brings it "
                      "(Debian package gnuplot-nox)") from None
    # A script asks for every system in every panel; that some are not there is no fault.
    said = [line for line in done.stderr.splitlines()
            if line.strip() and "Skipping data file with no valid points" not in line]
    if done.returncode or said:
        raise Refused(f"{script}: gnuplot failed:\n" + "\n".join(said))


def draw(script, name, rows, ratios, known, folder):
    """Writes one figure in all formats, and its data beside them."""
    settings = variables(script, rows, known)
    data = os.path.join(folder, name + ".csv")
    whole_file.write(data, data_text(rows, ratios, settings["operations"].split()))
    draw_formats(script, name, settings, data, folder)


def draw_formats(script, name, settings, data, folder):
    """Has gnuplot draw the figure of `data` in all formats."""
    for format_name in FORMATS:
        path = os.path.join(folder, f"{name}.{format_name}")
        partial = path + ".partial"
        gnuplot(script.path, {**settings, "data": data, "output": partial, "format": format_name})
        os.replace(partial, path)


def scripts(names):
    """The figures' scripts, all or those named."""
    present = sorted(name[:-3] for name in os.listdir(PLOTS)
                     if name.endswith(".gp") and name != "style.gp")
    for name in names:
        if name not in present:
            raise Refused(f"there is no figure '{name}'; there are: {', '.join(present)}")
    return sorted((Script(os.path.join(PLOTS, name + ".gp")) for name in names or present),
                  key=lambda script: (int(script.wants["place"]), script.name))


def main(arguments):
    if not arguments or arguments[0].startswith("-"):
        print("usage: plots/draw.py RUN [NAME...]", file=sys.stderr)
        return 2
    run, names = arguments[0], arguments[1:]
    folder = os.path.join(run, "figures")
    try:
        rows = table.read_results(os.path.join(run, "results.csv"))
        ratios = {r.case: r for r in table.read_ratios(os.path.join(run, "ratios.csv"))}
        known = order_of_systems()
        for system in sorted({row.case.system for row in rows} - set(known)):
            print(f"  note: {system} has no colour in plots/style.gp, so it is drawn grey")
        os.makedirs(folder, exist_ok=True)
        index = []
        for script in scripts(names):
            drawn = 0
            if script.wants["file"]:
                entry = draw_file(script, run, known, folder)
                if entry:
                    print(f"  drawn {script.name} (pdf, svg)", flush=True)
                    index.append(entry)
                    drawn += 1
            for name, title, chosen in script.figures(rows, ratios):
                draw(script, name, chosen, ratios, known, folder)
                print(f"  drawn {name} (pdf, svg)", flush=True)
                index.append({"name": name, "title": title, "target": chosen[0].case.target,
                              "caption": script.wants["caption"],
                              "kinds": sorted({row.case.kind for row in chosen})})
                drawn += 1
            if not drawn:
                print(f"  not drawn: {script.name}, this run has none of its rows")
        if not names:
            whole_file.write(os.path.join(folder, "figures.json"), json.dumps(index, indent=1))
    except (table.Damage, Refused) as error:
        print(f"figures: {error}", file=sys.stderr)
        return 1
    except OSError as error:
        print(f"figures: {error.filename}: {error.strerror}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
