"""A table of the report: cells with what they are sorted by, and their column's name for narrow screens."""

import html
import re
from typing import NamedTuple, Optional


def escape(value):
    return html.escape(str(value), quote=True)


def prose(text):
    """A sentence, with what stands between backticks as code."""
    return re.sub("`([^`]*)`", r"<code>\1</code>", escape(text))


class Column(NamedTuple):
    """`number`: to the right, and sorted as a number."""

    name: str
    number: bool = False
    classes: str = ""


class Cell(NamedTuple):
    """What stands in it, as markup, and what it is sorted by where that is something else."""

    markup: str
    key: Optional[float] = None
    classes: str = ""


def cell(column, content, stacked):
    """A cell of a column; a text stands for itself. `stacked`: beside its column's name on a narrow screen."""
    content = content if isinstance(content, Cell) else Cell(prose(content))
    classes = " ".join(word for word in (column.classes, content.classes, "number" if column.number else "") if word)
    markup = f"<div>{content.markup}</div>" if stacked else content.markup
    return (f"<td{attribute('class', classes)}{attribute('data-l', column.name if stacked else '')}"
            f"{attribute('data-v', '' if content.key is None else f'{content.key:.9g}')}>{markup}</td>")


def attribute(name, value):
    return f" {name}='{escape(value)}'" if value else ""


def table(columns, rows, classes="", first=lambda row: False):
    """`classes`: `stack` where each row is a paragraph of its own on a narrow screen, `wrapped` where cells
    hold sentences. `first`: before which rows there is a rule."""
    head = "".join(f"<th scope='col'{attribute('class', 'number' if column.number else column.classes)}>"
                   f"{escape(column.name)}</th>" for column in columns)
    stacked = "stack" in classes.split()
    lines = "".join(f"<tr{attribute('class', 'first' if first(row) else '')}>"
                    + "".join(cell(column, content, stacked) for column, content in zip(columns, row)) + "</tr>"
                    for row in rows)
    return (f"<div class='scroll'><table{attribute('class', classes)}><thead><tr>{head}</tr></thead>"
            f"<tbody>{lines}</tbody></table></div>")
