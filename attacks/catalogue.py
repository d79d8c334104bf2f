#!/usr/bin/env -S python3 -B
"""Reads the catalogue: the fields that each attack's file opens with.

usage: attacks/catalogue.py --parts FILE    what the library and the drivers include
       attacks/catalogue.py --table FILE    the catalogue as a table: family, attack, fields
       attacks/catalogue.py --list          the attacks' names

A file that lacks a field, or says what nobody knows, stops it with file and line.
"""

import argparse
import csv
import glob
import os
import re
import sys

ROOT = os.path.dirname(os.path.abspath(__file__))
FAMILIES = ("memory", "kernel", "values", "availability")
FIELDS = ("Tries", "From", "Observed")
OPTIONAL = ("Needs", "Not for", "Run")
# What a system may lack (driver.c says what each lacks, and why that is).
NEEDS = ("machine-code", "linux", "threads", "load", "host-code", "keys", "two-instances", "in-place",
         "alignment-check", "root", "grant")
MOMENTS = {"call": "CALL", "constructor": "CONSTRUCTOR", "destructor": "DESTRUCTOR",
           "resolver": "RESOLVER"}
NAME = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*\Z")
FIELD = re.compile(r"([A-Z][a-z]+(?: [a-z]+)?):(?:\s+(.*)|$)")
PART = re.compile(r"^(FOREIGN|HOST)\((\w+)\)", re.MULTILINE)


class Damage(Exception):
    """What is wrong with a file, as `file:line: sentence`."""


class Attack:
    """One file of the catalogue."""

    def __init__(self, path):
        self.path = path
        self.family = os.path.basename(os.path.dirname(path))
        self.name = os.path.splitext(os.path.basename(path))[0]
        with open(path, encoding="utf-8") as file:
            text = file.read()
        self.fields, self.exceptions = read_fields(path, text)
        self.parts = {"FOREIGN": [], "HOST": []}
        for side, kind in PART.findall(text):
            if kind not in self.parts[side]:  # it may be there for some systems and for others
                self.parts[side].append(kind)
        self.check()

    def check(self):
        if self.family not in FAMILIES:
            raise Damage(f"{self.path}:1: no family is called {self.family}; there are "
                         f"{', '.join(FAMILIES)}")
        if not NAME.match(self.name):
            raise Damage(f"{self.path}:1: a name is of a-z, 0-9 and single -")
        for field in FIELDS:
            if not self.fields.get(field):
                raise Damage(f"{self.path}:1: the opening comment has no field '{field}:'")
        for need in self.needs:
            if need not in NEEDS:
                raise Damage(f"{self.path}:1: nobody knows what needing '{need}' is; there are "
                             f"{', '.join(NEEDS)}")
        if self.moment not in MOMENTS:
            raise Damage(f"{self.path}:1: 'Run: {self.moment}' is none of {', '.join(MOMENTS)}")
        if not self.parts["FOREIGN"] and not self.parts["HOST"]:
            raise Damage(f"{self.path}:1: it has neither a FOREIGN(...) nor a HOST(...)")

    @property
    def symbol(self):
        return f"{self.family}_{self.name}".replace("-", "_")

    @property
    def needs(self):
        return self.fields.get("Needs", "").replace(",", " ").split()

    @property
    def moment(self):
        return self.fields.get("Run", "call")


def read_fields(path, text):
    """The fields of the opening comment, and its exceptions as [(systems, why)]."""
    if not text.startswith("/*") or "*/" not in text:
        raise Damage(f"{path}:1: it does not open with a comment")
    entries = []  # (field, text)
    for number, line in enumerate(text[2:text.index("*/")].splitlines(), start=1):
        line = line.strip().lstrip("*").strip()
        match = FIELD.match(line)
        if match and match.group(1) not in FIELDS + OPTIONAL:
            raise Damage(f"{path}:{number}: no field is called '{match.group(1)}'; there are "
                         f"{', '.join(FIELDS + OPTIONAL)}")
        if match:
            entries.append([match.group(1), match.group(2)])
        elif line and not entries:
            raise Damage(f"{path}:{number}: the opening comment begins with a field")
        elif line:
            entries[-1][1] += " " + line
    fields, exceptions = {}, []
    for field, value in entries:
        if field == "Not for":
            systems, separator, why = value.partition(":")
            if not separator or not why.strip():
                raise Damage(f"{path}:1: 'Not for:' is followed by systems, a colon, and why")
            exceptions.append((systems.replace(",", " ").split(), why.strip()))
        elif field in fields:
            raise Damage(f"{path}:1: '{field}:' is there twice")
        else:
            fields[field] = value
    return fields, exceptions


def read_all(folder):
    paths = sorted(glob.glob(os.path.join(folder, "*", "*.c")))
    attacks = [Attack(path) for path in paths]
    return sorted(attacks, key=lambda attack: (FAMILIES.index(attack.family), attack.name))


def quoted(text):
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def mask(needs):
    return " | ".join("NEEDS_" + need.upper().replace("-", "_") for need in needs) or "0"


def include(attack, needs=True):
    """The lines that compile an attack's file, where its needs can be compiled."""
    path = os.path.relpath(attack.path, os.path.dirname(ROOT))
    lines = [f"#define ATTACK_NAME {attack.symbol}", f'#include "{path}"', "#undef ATTACK_NAME"]
    guards = [need for need in attack.needs if need in ("machine-code", "linux")] if needs else []
    if guards:
        condition = " && ".join("ATTACK_CAN_" + need.upper().replace("-", "_") for need in guards)
        lines = [f"#if {condition}", *lines, "#endif"]
    return lines, guards


def foreign_parts(attacks):
    """The table by number; 0 is no attack."""
    kinds = sorted({kind for attack in attacks for kind in attack.parts["FOREIGN"]} |
                   {"run", "value", "fill", "echo", "record", "numbers", "tell", "hand", "list",
                    "order", "window", "thing"})
    lines = ["#if defined(__x86_64__)", "#define ATTACK_CAN_MACHINE_CODE 1",
             "#define ATTACK_CAN_LINUX 1", "#else", "#define ATTACK_CAN_MACHINE_CODE 0",
             "#define ATTACK_CAN_LINUX 0", "#endif", ""]
    for attack in attacks:
        if attack.parts["FOREIGN"]:
            lines += include(attack)[0]
    lines += ["", "struct foreign_part {"]
    lines += [f"    FOREIGN_POINTER_{kind};" for kind in kinds]
    lines += ["};", "", "static const struct foreign_part foreign_parts[] = {", "    {0},"]
    for attack in attacks:
        row = ", ".join(f".{kind} = foreign_{attack.symbol}_{kind}"
                        for kind in attack.parts["FOREIGN"]) or "0"
        guards = include(attack)[1]
        condition = " && ".join("ATTACK_CAN_" + n.upper().replace("-", "_") for n in guards)
        if guards:
            lines += [f"#if {condition}", f"    {{{row}}},", "#else", "    {0},", "#endif"]
        else:
            lines.append(f"    {{{row}}},")
    lines += ["};", "enum { FOREIGN_PARTS = sizeof(foreign_parts) / sizeof(foreign_parts[0]) };"]
    return lines


def host_parts(attacks):
    lines = []
    for attack in attacks:
        if attack.parts["HOST"]:
            lines += include(attack, needs=False)[0]
    lines += ["", "static const struct host_part host_parts[] = {"]
    for attack in attacks:
        row = [f".family = {quoted(attack.family)}", f".name = {quoted(attack.name)}",
               f".needs = {mask(attack.needs)}", f".moment = {MOMENTS[attack.moment]}"]
        row += [f".{kind} = host_{attack.symbol}_{kind}" for kind in attack.parts["HOST"]]
        if attack.exceptions:
            exceptions = "".join(f"{{{quoted(system)}, {quoted(why)}}}, "
                                 for systems, why in attack.exceptions for system in systems)
            row.append(f".exceptions = (const struct host_exception[]){{{exceptions}{{0}}}}")
        lines.append(f"    {{{', '.join(row)}}},")
    lines += ["};", "enum { HOST_PARTS = sizeof(host_parts) / sizeof(host_parts[0]) };"]
    return lines


def write(path, text):
    os.makedirs(os.path.dirname(path) or ".", exist_ok=True)
    with open(path, "w", encoding="utf-8") as file:
        file.write(text)


def main(arguments):
    parser = argparse.ArgumentParser(prog="catalogue")
    parser.add_argument("--folder", default=os.path.join(ROOT, "catalogue"))
    parser.add_argument("--parts", metavar="FOLDER", help="write foreign-parts.h and host-parts.h")
    parser.add_argument("--table", metavar="FILE")
    parser.add_argument("--list", action="store_true")
    options = parser.parse_args(arguments)
    try:
        attacks = read_all(options.folder)
    except Damage as damage:
        print(damage, file=sys.stderr)
        return 1
    if options.parts:
        head = ["/* Generated by attacks/catalogue.py from the files of the catalogue. */", ""]
        for name, lines in (("foreign", foreign_parts(attacks)), ("host", host_parts(attacks))):
            write(os.path.join(options.parts, f"{name}-parts.h"), "\n".join(head + lines) + "\n")
    if options.table:
        with open(options.table, "w", encoding="utf-8", newline="") as file:
            table = csv.writer(file, lineterminator="\n")
            table.writerow(("family", "attack", "tries", "from", "observed"))
            table.writerows((a.family, a.name, *(a.fields[field] for field in FIELDS))
                            for a in attacks)
    if options.list:
        print("\n".join(f"{attack.family}/{attack.name}" for attack in attacks))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
