"""The report's section on attacks: the counts, and of every attack what became of it."""

import attacks
import report_table
import targets
from report_table import Cell, Column, escape

CLASSES = {"compromised": "bad", "killed": "bad"}
SHORT = {"contained": "contained", "no effect": "no effect", "detected": "detected",
         "compromised": "compromised", "killed": "killed", "not applicable": "–", "broken": "?"}


def section(rows):
    parts = ["<h2 id='attacks'>Attacks</h2>"]
    if not rows:
        parts.append("<p>Nothing was attacked in this run; <code>make attack</code> does that.</p>")
        return "".join(parts)
    parts.append(
        "<p>A hostile library through each system, each attack in a process of its own; a watcher "
        "outside decides by canaries, secrets and time. <i>Contained</i>: an error was reported, the "
        "host is as it was, the next call works. <i>Detected</i>: reported, but not all of that. "
        "<i>No effect</i>: nothing was reported, and nothing has happened. <i>Compromised</i>: a "
        "secret got out, memory was changed, or something forbidden was done. <i>Killed</i>: the host "
        "is gone, or did not get its thread back. Each is a file in <code>attacks/catalogue</code>, "
        "which says where it is from.</p>")
    for target in attacks.targets_of(rows):
        here = [row for row in rows if row.target == target]
        parts.append(f"<h3>{escape(target)}: {escape(targets.words(target))}</h3>" + totals(here)
                     + "<div data-filter='compromised'>"
                     + "".join(family(here, name) for name in attacks.FAMILIES) + "</div>")
    return "".join(parts)


def totals(rows):
    """How many attacks came to what, a line for each system."""
    shown = [verdict for verdict in attacks.VERDICTS if attacks.counts(rows)[verdict]]
    lines = []
    for system in attacks.systems_of(rows):
        found = attacks.counts([row for row in rows if row.system == system])
        lines.append((Cell(escape(system), classes="name"),
                      *(Cell(count(verdict, found[verdict]), found[verdict]) for verdict in shown)))
    return report_table.table((Column("system"), *(Column(verdict, True) for verdict in shown)), lines, "stack")


def count(verdict, number):
    return f"<b>{number}</b>" if number and verdict in CLASSES else str(number or "–")


def family(rows, name):
    """One family's attacks, a line each, with what was seen as a hint."""
    here = [row for row in rows if row.family == name]
    if not here:
        return ""
    systems = attacks.systems_of(here)
    cells = {(row.attack, row.system): row for row in here}
    lines = [(attack, *(cell(cells.get((attack, system))) for system in systems))
             for attack in sorted({row.attack for row in here})]
    return (f"<details><summary>{escape(attacks.FAMILY_WORDS[name])}, "
            f"{len(lines)} attacks</summary>"
            + report_table.table((Column("attack"), *(Column(system) for system in systems)), lines, "stack")
            + "</details>")


def cell(row):
    if row is None:
        return Cell("")
    word = escape(SHORT[row.verdict])
    if row.verdict in CLASSES:
        word = f"<b>{word}</b>"
    return Cell(f"<span title='{escape(row.seen)}'>{word}</span>")
