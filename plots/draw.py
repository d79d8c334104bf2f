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

import callbacks  # noqa: E402
import system_table  # noqa: E402
import table  # noqa: E402
import targets  # noqa: E402
import variants  # noqa: E402
import whole_file  # noqa: E402

FORMATS = ("pdf", "svg")
DATA_COLUMNS = table.COLUMNS[:11] + ("ratio", "ratio_low", "ratio_high", "position", "work",
                                      "callbacks")
NEEDS = ("callbacks", "ratios", "sizes")
WORDS = {"title", "see", "caption", "workload", "operation", "without", "each", "place", "needs", "file"}
REQUIRED = {"title", "see", "caption", "workload", "operation"}
REQUIRED_WITH_FILE = {"title", "see", "caption"}


class Refused(Exception):
    """Why a figure cannot be drawn, in words for the user."""


class Script:
    """A figure's gnuplot script and what its first comments ask for."""

    def __init__(self, path):
        self.path = path
        self.name = os.path.splitext(os.path.basename(path))[0]
        self.wants = {"each": "", "place": "99", "needs": "", "file": "", "without": ""}
        with open(path, encoding="utf-8") as file:
            for number, line in enumerate(file, start=1):
                match = re.match(r"# ([a-z]+): (.*)$", line)
                if not match:
                    break
                word, text = match.group(1), match.group(2).strip()
                if word not in WORDS:
                    raise Refused(f"{path}:{number}: '{word}' is not one of "
                                  + ", ".join(sorted(WORDS)))
                if word in ("caption", "see") and word in self.wants:
                    text = self.wants[word] + " " + text
                self.wants[word] = text
        missing = (REQUIRED_WITH_FILE if self.wants["file"] else REQUIRED) - self.wants.keys()
        if missing:
            raise Refused(f"{path}:1: the comments at the top do not say "
                          + ", ".join(sorted(missing)))
        try:
            self.workload = re.compile(self.wants.get("workload", ""))
            self.operations = [re.compile(word) for word in self.wants.get("operation", "").split()]
            self.without = re.compile(self.wants["without"])
        except re.error as error:
            raise Refused(f"{path}:1: '{error.pattern}' is not a regular expression: "
                          f"{error}") from None
        if not self.wants["place"].isdigit():
            raise Refused(f"{path}:1: 'place' is a number, not '{self.wants['place']}'")
        unknown = set(self.wants["needs"].split()) - set(NEEDS)
        if unknown:
            raise Refused(f"{path}:1: 'needs' knows {', '.join(NEEDS)}, not '{unknown.pop()}'")
        if self.wants["each"] not in ("", "workload"):
            raise Refused(f"{path}:1: 'each' knows only 'workload'")

    def rank(self, case):
        """Where the case's operation stands in the figure; None if it is not in it."""
        if not self.workload.fullmatch(case.workload) \
                or self.without.fullmatch(f"{case.workload}/{case.operation}"):
            return None
        for place, pattern in enumerate(self.operations):
            if pattern.fullmatch(case.operation):
                return (place, natural(case.operation))
        return None

    def figures(self, rows, ratios, counted):
        """Yields (name, title, rows) of each figure of rows there is to draw: what is of one
        workload together, the measured before the counted."""
        if self.wants["file"]:
            return
        needs = self.wants["needs"].split()
        groups = {}
        for row in rows:
            if self.rank(row.case) is not None:
                part = row.case.workload if self.wants["each"] else ""
                groups.setdefault((row.case.target, part), []).append(row)
        for (target, part), chosen in sorted(groups.items(), key=lambda group: (
                group[0][1], targets.place(group[0][0]))):
            if "callbacks" in needs:
                chosen = [row for row in chosen if counted.get(callbacks.work(row.case))]
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


def works_of(script, rows):
    """What is done in the rows, whoever does it: (workload, operation, size), in order."""
    return sorted({(row.case.workload, row.case.operation, row.case.size_bytes) for row in rows},
                  key=lambda work: (min(script.rank(row.case) for row in rows
                                        if row.case.operation == work[1]), work))


def variables(script, rows, counted, known):
    """What a figure's script is told about its data. style.gp describes them."""
    operations = sorted({row.case.operation for row in rows},
                        key=lambda op: min(script.rank(row.case) for row in rows
                                           if row.case.operation == op))
    systems = sorted({row.case.system for row in rows},
                     key=lambda s: (known.index(s) if s in known else len(known), s))
    sizes = sizes_of_operations(rows)
    sized = [op for op in operations if len(sizes[op]) > 1]
    unsized = [op for op in operations if op not in sized]
    positive = [row.case.size_bytes for row in rows if row.case.operation in sized] or [1]
    works = works_of(script, rows)
    callbacks_of = {(case.workload, case.operation, case.size_bytes):
                    counted.get(callbacks.work(case), 0) for case in (row.case for row in rows)}
    kinds = sorted({row.case.kind for row in rows} - {"modelled"}) or ["modelled"]
    modelled = {row.case.system for row in rows if row.case.kind == "modelled"}
    return {
        "modelled": " ".join(system for system in systems if system in modelled),
        "operations": " ".join(operations), "sized": " ".join(sized),
        "unsized": " ".join(unsized),
        "unsized_bytes": " ".join(str(min(sizes[op])) for op in unsized),
        "works": " ".join("/".join(str(word) for word in work) for work in works),
        "callbacks_of_works": " ".join(str(callbacks_of[work]) for work in works),
        "systems": " ".join(systems), "target": rows[0].case.target, "unit": rows[0].case.unit,
        "kind": "; ".join(kinds), "plots": PLOTS,
        "data_size_min": max(1, min(positive)), "data_size_max": max(1, max(positive)),
    }


def draw_file(script, run, known, folder):
    """Writes the figures of a script that draws a file of the run rather than its rows, one for
    each target that the file names. Yields their entries in figures.json; none if the run has
    no such file."""
    path = os.path.join(run, script.wants["file"])
    try:
        with open(path, encoding="utf-8") as file:
            rows = list(csv.DictReader(file))
    except FileNotFoundError:
        return
    if not rows or "target" not in rows[0]:
        yield draw_part_of_file(script, script.name, rows, "rv32", path, known, folder)
        return
    for target in sorted({row["target"] for row in rows}, key=targets.place):
        name = f"{script.name}-{target}"
        part = os.path.join(folder, name + ".csv")
        chosen = [row for row in rows if row["target"] == target]
        whole_file.write(part, "".join(",".join(line) + "\n" for line in (
            rows[0], *(row.values() for row in chosen))))
        yield draw_part_of_file(script, name, chosen, target, part, known, folder)


def draw_part_of_file(script, name, rows, target, path, known, folder):
    """Draws the figure of `path`, which has these rows of a file. Returns its entry."""
    present = list(dict.fromkeys(row["system"] for row in rows))
    kinds = sorted({row.get("kind", "sizes") for row in rows})
    of_measuring = [kind for kind in kinds if kind != "modelled"] or kinds
    settings = {
        "systems": " ".join(sorted(present, key=lambda s: (known.index(s) if s in known
                                                           else len(known), s))),
        "workloads": " ".join(dict.fromkeys(row["workload"] for row in rows)),
        "operations": "", "sized": "", "unsized": "", "unsized_bytes": "",
        "modelled": " ".join(s for s in present if any(
            row["system"] == s and row.get("kind") == "modelled" for row in rows)),
        "target": target, "unit": rows[0].get("unit", "bytes") if rows else "bytes",
        "kind": "; ".join("measured" if kind == "sizes" else kind for kind in of_measuring),
        "plots": PLOTS, "data_size_min": 1, "data_size_max": 1,
    }
    draw_formats(script, name, settings, path, folder)
    return {"name": name, "title": script.wants["title"], "target": target,
            "see": script.wants["see"], "caption": script.wants["caption"], "kinds": kinds}


def data_text(rows, ratios, counted, operations, works):
    """The figure's rows as csv, a system's sizes in rising order. What is not known is NaN."""
    lines = [",".join(DATA_COLUMNS)]
    for row in sorted(rows, key=lambda row: row.case):
        ratio = ratios.get(row.case)
        relative = (ratio.ratio, ratio.ratio_low, ratio.ratio_high) if ratio else ("NaN",) * 3
        lines.append(",".join(str(field) for field in (
            *row.case, row.median, row.ci_low, row.ci_high, *relative,
            operations.index(row.case.operation) + 1,
            works.index((row.case.workload, row.case.operation, row.case.size_bytes)) + 1,
            counted.get(callbacks.work(row.case), "NaN"))))
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


def draw(script, name, rows, ratios, counted, known, folder):
    """Writes one figure in all formats, and its data beside them."""
    settings = variables(script, rows, counted, known)
    data = os.path.join(folder, name + ".csv")
    whole_file.write(data, data_text(rows, ratios, counted, settings["operations"].split(),
                                     works_of(script, rows)))
    draw_formats(script, name, settings, data, folder)


def draw_formats(script, name, settings, data, folder):
    """Has gnuplot draw the figure of `data` in all formats."""
    for format_name in FORMATS:
        path = os.path.join(folder, f"{name}.{format_name}")
        partial = path + ".partial"
        gnuplot(script.path, {**settings, "data": data, "output": partial, "format": format_name,
                              "style_of_systems": system_table.style()})
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


def why_not(script, rows, counted):
    """Why a script drew nothing, in words."""
    if script.wants["file"]:
        return f"this run has no {script.wants['file']}"
    chosen = [row for row in rows if script.rank(row.case) is not None]
    if chosen and "callbacks" in script.wants["needs"].split() and not counted:
        return "this run has not counted callbacks; `make reproduce` does, with the native part"
    return "this run has none of its rows" + (" that it needs" if chosen else "")


def measured(run):
    """The run's rows, their ratios by case, and the callbacks counted."""
    return (variants.shown(table.read_results(os.path.join(run, "results.csv"))),
            {r.case: r for r in table.read_ratios(os.path.join(run, "ratios.csv"))},
            callbacks.read(run))


def main(arguments):
    if not arguments or arguments[0].startswith("-"):
        print("usage: plots/draw.py RUN [NAME...]", file=sys.stderr)
        return 2
    run, names = arguments[0], arguments[1:]
    folder = os.path.join(run, "figures")
    try:
        # What is drawn of a file of its own needs no measurements (`make attack`).
        of_files = names and all(script.wants["file"] for script in scripts(names))
        rows, ratios, counted = ([], {}, {}) if of_files else measured(run)
        known = system_table.NAMES
        for system in sorted({row.case.system for row in rows} - set(known)):
            print(f"  note: {system} has no colour in results/systems.csv, so it is drawn grey")
        os.makedirs(folder, exist_ok=True)
        index = []
        for script in scripts(names):
            drawn = list(draw_file(script, run, known, folder)) if script.wants["file"] else []
            for name, title, chosen in script.figures(rows, ratios, counted):
                draw(script, name, chosen, ratios, counted, known, folder)
                drawn.append({"name": name, "title": title, "target": chosen[0].case.target,
                              "see": script.wants["see"], "caption": script.wants["caption"],
                              "kinds": sorted({row.case.kind for row in chosen})})
            for entry in drawn:
                print(f"  drawn {entry['name']} (pdf, svg)", flush=True)
            if not drawn:
                print(f"  not drawn: {script.name}, {why_not(script, rows, counted)}")
            index += drawn
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
