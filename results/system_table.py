"""The systems, from systems.csv: the one table of what is known of each by its name.

  system     as workloads/build.mk has it; in figures and tables in this order
  colour     in every figure; Okabe and Ito's palette, which colour-blind eyes tell apart; one hue
             for each family of disciplines, darker is the better variant
  marker     gnuplot's filled one; the hollow twin is the number before it
  part       the system whose variant it is: which stands for the best of them in each case
  isolates   no: what a library does, the host has done
  attacked   where by default: natively, or so where the processor has keys, in the guest, on rv32
  image      yes: the embedded target has images of it

What a system guarantees, and what proves it, is in guarantees.csv.
"""

import csv
import os
from typing import NamedTuple

PATH = os.path.join(os.path.dirname(os.path.abspath(__file__)), "systems.csv")


class System(NamedTuple):
    """A line of systems.csv."""

    name: str
    colour: str
    marker: int
    part: str
    isolates: bool
    attacked: tuple
    has_image: bool


def read(path=PATH):
    """The systems in order."""
    with open(path, encoding="utf-8") as file:
        return tuple(System(line["system"], line["colour"], int(line["marker"]), line["part"],
                            line["isolates"] == "yes", tuple(line["attacked"].split()),
                            line["image"] == "yes") for line in csv.DictReader(file))


ALL = read()
NAMES = tuple(system.name for system in ALL)


def attacked(where):
    """The names of the systems that are attacked there."""
    return tuple(system.name for system in ALL if where in system.attacked)


def style():
    """Name, colour and marker of each, as plots/style.gp takes them."""
    return " ".join(f"{system.name} {system.colour} {system.marker}" for system in ALL)
