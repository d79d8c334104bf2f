"""The strict reader of results.csv and ratios.csv that everything downstream uses.

A row is one case measured through one system. Anything that does not fit stops the
reader with file, line and column, because a figure drawn from damaged data looks
exactly like a figure drawn from good data.
"""

import math
import re
from typing import NamedTuple, Optional

COLUMNS = (
    "target", "system", "workload", "operation", "placement", "size_bytes", "kind", "unit",
    "median", "ci_low", "ci_high", "samples", "verified",
)
RATIO_COLUMNS = COLUMNS[:8] + ("ratio", "ratio_low", "ratio_high", "raw_median")

PLACEMENTS = ("copied", "resident")
# Which units a kind of figure may carry: an emulator's clock is not a clock.
UNITS_OF_KIND = {
    "measured": ("ns",),
    "emulated": ("instructions",),
    "modelled": ("ns", "instructions"),
}
NAME = re.compile(r"[a-z0-9][a-z0-9_.-]*\Z")
INTEGER = re.compile(r"[0-9]{1,18}\Z")


class Damage(Exception):
    """What is wrong in a table, as `file:line:column-name: sentence`."""

    def __init__(self, path, line, column, message):
        super().__init__(f"{path}:{line}:{column}: {message}")


class Case(NamedTuple):
    """What was run, whatever came out: the key of a row in both tables."""

    target: str
    system: str
    workload: str
    operation: str
    placement: str
    size_bytes: int
    kind: str
    unit: str

    def baseline(self):
        """The same work through `raw`, on the same target, in the same kind of figure.
        A modelled figure stands beside measured ones, so its baseline is measured."""
        kind = self.kind
        if kind == "modelled":
            kind = "measured" if self.unit == "ns" else "emulated"
        return self._replace(system="raw", kind=kind)

    def __str__(self):
        name = f"{self.workload}/{self.operation}/{self.system}/{self.size_bytes}"
        return name + ("/resident" if self.placement == "resident" else "")


class Row(NamedTuple):
    """A case with its median and 95 % interval, in the case's unit."""

    case: Case
    median: float
    ci_low: float
    ci_high: float
    samples: int
    line: int


class Ratio(NamedTuple):
    """A case's median over raw's, with a 95 % interval."""

    case: Case
    ratio: float
    ratio_low: float
    ratio_high: float
    raw_median: float


def read_results(path):
    """Reads results.csv. Returns its rows in file order; raises Damage or OSError."""
    rows = read_rows(path)
    _refuse_mixture(path, rows)
    return rows


def read_rows(path):
    """As read_results, but a system may be both measured and modelled: for what makes modelled
    rows, or drops them."""
    rows, first_line, unit_of_target = [], {}, {}
    for line, fields in _lines(path, COLUMNS):
        case = _case(path, line, fields)
        median = _number(path, line, fields, "median")
        low = _number(path, line, fields, "ci_low")
        high = _number(path, line, fields, "ci_high")
        _ordered(path, line, ("ci_low", low), ("median", median), ("ci_high", high))
        samples = _integer(path, line, fields, "samples")
        if samples == 0:
            raise Damage(path, line, "samples", "0 samples cannot have a median")
        if fields["verified"] == "no":
            raise Damage(path, line, "verified",
                         f"the output of {case} was not equal to raw's; its time means nothing. "
                         "Run `make test`, then `make reproduce FRESH=1`")
        if fields["verified"] != "yes":
            raise Damage(path, line, "verified",
                         f"'{fields['verified']}' is neither yes nor no")
        if case in first_line:
            raise Damage(path, line, "system",
                         f"{case} is already on line {first_line[case]}; delete one of the two")
        unit = unit_of_target.setdefault(case.target, case.unit)
        if unit != case.unit:
            raise Damage(path, line, "unit",
                         f"target {case.target} counts {unit} on earlier lines; one target, "
                         "one unit, so that no figure mixes them")
        first_line[case] = line
        rows.append(Row(case, median, low, high, samples, line))
    return rows


def _refuse_mixture(path, rows):
    """A model stands in for a measurement; beside one it has no place."""
    line_of = {(row.case.target, row.case.system): row.line for row in rows
               if row.case.kind in ("measured", "emulated")}
    for row in rows:
        line = line_of.get((row.case.target, row.case.system))
        if row.case.kind == "modelled" and line is not None:
            raise Damage(path, row.line, "kind",
                         f"{row.case.system} is modelled here and not on line {line}; a target "
                         "has a system either modelled or not. Delete the modelled rows")


def read_ratios(path):
    """Reads ratios.csv, written by ratios.py. Same rules as read_results."""
    ratios = []
    for line, fields in _lines(path, RATIO_COLUMNS):
        case = _case(path, line, fields)
        ratio = _number(path, line, fields, "ratio")
        low = _number(path, line, fields, "ratio_low")
        high = _number(path, line, fields, "ratio_high")
        _ordered(path, line, ("ratio_low", low), ("ratio", ratio), ("ratio_high", high))
        raw_median = _number(path, line, fields, "raw_median")
        ratios.append(Ratio(case, ratio, low, high, raw_median))
    return ratios


def _lines(path, columns):
    with open(path, encoding="utf-8", errors="replace", newline="") as file:
        text = file.read()
    lines = text.split("\n")
    header = lines[0].rstrip("\r").split(",")
    for i, expected in enumerate(columns):
        found = header[i] if i < len(header) else "nothing"
        if found != expected:
            raise Damage(path, 1, expected,
                         f"the header has '{found}' where '{expected}' belongs; "
                         f"it must be {','.join(columns)}")
    if len(header) > len(columns):
        raise Damage(path, 1, header[len(columns)] or "(unnamed)", "the header has a column too many")
    for number, line in enumerate(lines[1:], start=2):
        if line == "" and number == len(lines):
            return
        values = line.rstrip("\r").split(",")
        last = number == len(lines)  # no newline after it: its writer was stopped half-way
        if last or len(values) < len(columns):
            column = columns[min(len(values), len(columns)) - 1]
            raise Damage(path, number, column,
                         f"the line ends early ({len(values)} of {len(columns)} columns"
                         f"{', no newline' if last else ''}); delete it, then `make reproduce` "
                         "measures that case again")
        if len(values) > len(columns):
            raise Damage(path, number, columns[-1],
                         f"{len(values)} columns where {len(columns)} belong")
        yield number, dict(zip(columns, values))


def _case(path, line, fields):
    for column in ("target", "system", "workload", "operation"):
        if not NAME.match(fields[column]):
            raise Damage(path, line, column,
                         f"'{fields[column]}' is no name (lower case letters, digits, - _ .)")
    if fields["placement"] not in PLACEMENTS:
        raise Damage(path, line, "placement",
                     f"'{fields['placement']}' is not one of {', '.join(PLACEMENTS)}")
    kind, unit = fields["kind"], fields["unit"]
    if kind not in UNITS_OF_KIND:
        raise Damage(path, line, "kind", f"'{kind}' is not one of {', '.join(UNITS_OF_KIND)}")
    if unit not in UNITS_OF_KIND[kind]:
        raise Damage(path, line, "unit",
                     f"{kind} figures are in {' or '.join(UNITS_OF_KIND[kind])}, not '{unit}'")
    return Case(fields["target"], fields["system"], fields["workload"], fields["operation"],
                fields["placement"], _integer(path, line, fields, "size_bytes"), kind, unit)


def _integer(path, line, fields, column):
    if not INTEGER.match(fields[column]):
        raise Damage(path, line, column, f"'{fields[column]}' is not a whole number")
    return int(fields[column])


def _number(path, line, fields, column):
    try:
        value = float(fields[column])
    except ValueError:
        raise Damage(path, line, column, f"'{fields[column]}' is not a number") from None
    if not math.isfinite(value) or value < 0:
        raise Damage(path, line, column, f"{fields[column]} is not a finite number of 0 or more")
    return value


def _ordered(path, line, low, middle, high):
    if low[1] > middle[1]:
        raise Damage(path, line, low[0], f"{low[1]:g} is above the {middle[0]} of {middle[1]:g}")
    if high[1] < middle[1]:
        raise Damage(path, line, high[0], f"{high[1]:g} is below the {middle[0]} of {middle[1]:g}")


def find(rows, **wanted) -> Optional[Row]:
    """The one row whose case has the wanted fields; copied before resident where the
    placement is not asked for. None when there is none."""
    matches = [row for row in rows
               if all(getattr(row.case, field) == value for field, value in wanted.items())]
    return min(matches, key=lambda row: row.case.placement, default=None)
