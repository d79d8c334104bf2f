#!/usr/bin/env -S python3 -B
"""Runs the attacks natively, in the guest with protection keys, and on the embedded target, and
writes what became of them to RUN/attacks.csv.

usage: attacks/run.py --build build/gcc --run-dir RUN [--attacks 'kernel/*']... [--systems 'raw ...']
                      [--kernels 'default 6.12'] [--rv32 build/rv32/test] [--no-native] [--no-guest]

Rows of what is run again are replaced, all others stay.
"""

import argparse
import csv
import fnmatch
import os
import re
import signal
import subprocess
import sys
import tempfile
import threading

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
sys.path.insert(0, os.path.join(ROOT, "results"))

import attacks  # noqa: E402
import system_table  # noqa: E402
import whole_file  # noqa: E402

NATIVE, GUEST, EMBEDDED = "x86_64-linux", "pku-guest", "rv32"
# What isolates by keys runs natively where the processor has them.
NATIVE_SYSTEMS, KEYED_SYSTEMS = system_table.attacked("natively"), system_table.attacked("keys")
GUEST_SYSTEMS = system_table.attacked("guest")
ALSO_IN_GUEST = ("og-none",)  # if asked for: it does what it does natively
EMBEDDED_SYSTEMS = system_table.attacked("rv32")
# What runs longer than this stands still: seconds for all, and for each of the attacks.
STANDS_STILL, FOR_EACH = 240, 8
GUEST_FACTOR = 3  # an emulated processor takes its time
LINE = re.compile(r"  (\S+) +(\S+/\S+) +(\S+(?: \S+)?)  +(.*)")
RV32_LINE = re.compile(r"# attack (\S+): ([a-z ]+): (.*)")


class Failed(Exception):
    """Why there are no verdicts, as a sentence for the user."""


def has_keys():
    try:
        with open("/proc/cpuinfo", encoding="utf-8") as file:
            return " ospke" in file.read()
    except OSError:
        return False


class Shown:
    """What is shown while it runs: every attack on a terminal, else some twenty lines or one in fifty;
    and what an isolated host has suffered, always."""

    def __init__(self, target, total):
        self.target, self.total, self.done = target, total, 0
        self.step = min(50, total // 20 + 1)

    def line(self, text):
        match = LINE.match(text)
        if not match:
            if text.strip() and not re.match(r"  \d+ \w", text):
                print("  " + text.rstrip(), flush=True)
            return
        system, attack, verdict, seen = match.groups()
        self.done += 1
        progress = f"  {self.done} of {self.total} on {self.target}  {attack} {system}: {verdict}"
        if verdict.strip() in attacks.SUCCEEDS and system not in attacks.OPEN_SYSTEMS:
            print(f"\r  {self.target}: {system} {attack}: {verdict.strip()}: {seen}\x1b[K"
                  if sys.stdout.isatty() else
                  f"  {self.target}: {system} {attack}: {verdict.strip()}: {seen}", flush=True)
        elif sys.stdout.isatty():
            print(f"\r{progress}\x1b[K", end="", flush=True)
        elif self.done % self.step == 0:
            print(progress, flush=True)


def run(command, shown, limit, cwd=None):
    """Runs it, with its lines shown, for so many seconds at most. Returns its status."""
    try:
        child = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                                 errors="replace", cwd=cwd)
    except OSError as error:
        raise Failed(f"{command[0]}: {error.strerror}; `make programs` builds it") from None
    late = threading.Timer(limit, child.terminate)
    late.start()
    try:
        for text in child.stdout:
            shown.line(text)
        status = child.wait()
    except KeyboardInterrupt:
        child.terminate()
        child.wait()
        raise
    finally:
        late.cancel()
    if sys.stdout.isatty():
        print("\r\x1b[K", end="")
    return status


def names_of(build, patterns):
    """The attacks there are, by a driver, or those that match."""
    driver = os.path.join(build, "attacks", "attack-raw")
    try:
        listed = subprocess.run([driver, "--list"], capture_output=True, text=True, check=True)
    except (OSError, subprocess.CalledProcessError) as error:
        raise Failed(f"{driver} does not list its attacks ({error}); `make programs` builds it") \
            from None
    names = listed.stdout.split()
    known = names + [f"{line['family']}/{line['attack']}" for line in embedded_list()]
    for pattern in patterns:
        if not fnmatch.filter(known, pattern):
            raise Failed(f"no attack is called '{pattern}'; attacks/catalogue.py --list names them, as "
                         "family/name; patterns are as in kernel/* or */abort")
    return [name for name in names if not patterns
            or any(fnmatch.fnmatchcase(name, pattern) for pattern in patterns)]


def embedded_list():
    """The embedded target's own attacks."""
    with open(os.path.join(ROOT, "attacks", "rv32.csv"), encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def drivers(build, systems):
    found = [os.path.join(build, "attacks", f"attack-{system}") for system in systems]
    for path in found:
        if not os.path.exists(path):
            raise Failed(f"there is no {path}: no such system, or not built (`make programs`)")
    return found


def watch(build, options, target, factor, out, systems):
    command = [os.path.join(build, "attacks", "attack-watch"), "--target", target, "--factor",
               str(factor), "--jobs", "2", "--out", out]
    for pattern in options.attacks:
        command += ["--attacks", pattern]
    return command + drivers(build, systems)


def limit_of(total):
    return STANDS_STILL + FOR_EACH * total


def natively(build, options, systems, out):
    total = len(names_of(build, options.attacks)) * len(systems)
    print(f"  natively: {total} runs, {' '.join(systems)}", flush=True)
    shown, limit = Shown("this machine", total), limit_of(total)
    if run(watch(build, options, NATIVE, 1, out, systems), shown, limit) < 0:
        raise Failed(f"after {limit} s the watcher was ended, with {shown.done} of {total} attacks done")


def in_guest(build, options, kernel, systems, out):
    total = len(names_of(build, options.attacks)) * len(systems)
    print(f"  in the guest, kernel {kernel}: {total} runs, {' '.join(systems)}", flush=True)
    command = [os.path.join(ROOT, "tools", "pku-guest"), "--cpus", "2", "--without",
               "smap", "--timeout", str(limit_of(total)), "--out", os.path.basename(out)]
    if kernel != "default":
        command += ["--kernel", kernel]
    files = [os.path.join(build, "lib", name) for name in
             ("libattacks.so", "libattack-neighbour.so", "libogunlucky.so")]
    files += [os.path.join(build, "bin", "og-worker-attacks"),
              "/lib/x86_64-linux-gnu/ld-linux-x86-64.so.2", *drivers(build, systems)]
    for path in files:
        command += ["--add", path]
    target = GUEST if kernel == "default" else f"{GUEST}-{kernel}"
    # The guest is in the same folder as whoever starts it.
    command += ["--", *watch(build, options, target, GUEST_FACTOR, os.path.basename(out), systems)]
    # Now and then the emulator's guest stands still as a whole, with all that runs in it.
    for again in (True, False):
        shown = Shown(f"the guest ({kernel})", total)
        status = run(command, shown, 3 * limit_of(total), cwd=os.path.dirname(out))
        if status != 124 or not again:
            break
        print(f"  the guest stood still, with {shown.done} of {total} attacks done: once more", flush=True)
    if status not in (0, 1):
        raise Failed(f"the guest with kernel {kernel} ended with status {status}; what it said is "
                     "above")


def on_rv32(images, options, systems):
    """The embedded target's own attacks, whose images say what they saw. Yields rows."""
    families = {line["attack"]: line["family"] for line in embedded_list()}
    for system in systems:
        image = os.path.join(images, f"attack.{system}.elf")
        if not os.path.exists(image):
            raise Failed(f"there is no {image}; `make rv32` builds it")
        print(f"  on the embedded target: {system}", flush=True)
        done = subprocess.run([os.path.join(ROOT, "tools", "rv32-run"), image],
                              capture_output=True, text=True, errors="replace", check=False)
        found = [match.groups() for match in map(RV32_LINE.match, done.stdout.splitlines()) if match]
        if not found:
            raise Failed(f"{image} says nothing of its attacks (status {done.returncode}):\n"
                         + done.stdout[-500:] + done.stderr[-500:])
        for name, verdict, seen in found:
            name = name.replace("_", "-")
            if name not in families:
                raise Failed(f"attacks/rv32.csv does not know {name}, an attack of {image}")
            attack = attacks.Row(EMBEDDED, system, families[name], name, verdict, seen)
            if not options.attacks or any(fnmatch.fnmatchcase(f"{attack.family}/{name}", pattern)
                                          for pattern in options.attacks):
                yield attack


def merge(path, rows):
    """Puts the rows in the place of those of the same attack, system and target."""
    before = attacks.read_file(path) if os.path.exists(path) else []
    new = {(row.target, row.system, row.family, row.attack): row for row in rows}
    kept = [row for row in before if (row.target, row.system, row.family, row.attack) not in new]
    attacks.write_file(path, kept + list(new.values()))


def chosen(wanted, systems):
    return [system for system in systems if not wanted or system in wanted]


def collect(options, path):
    build = os.path.abspath(options.build)
    wanted = options.systems.split()
    known = {*NATIVE_SYSTEMS, *KEYED_SYSTEMS, *EMBEDDED_SYSTEMS, "process-ring-two"}
    for system in wanted:
        if system not in known:
            raise Failed(f"no system is called '{system}'; there are {', '.join(sorted(known))}")
    names = names_of(build, options.attacks)
    with tempfile.TemporaryDirectory(prefix="attacks-") as folder:
        out = os.path.join(folder, "attacks.csv")
        native = chosen(wanted, NATIVE_SYSTEMS + (KEYED_SYSTEMS if has_keys() else ())
                        + (("process-ring-two",) if "process-ring-two" in wanted else ()))
        if options.native and native and names:
            natively(build, options, native, out)
            merge(path, attacks.read_file(out, header=False))
        guest = chosen(wanted, GUEST_SYSTEMS + tuple(s for s in ALSO_IN_GUEST if s in wanted))
        for kernel in options.kernels.split() if options.guest and guest and names else ():
            in_guest(build, options, kernel, guest, out)
            merge(path, attacks.read_file(out, header=False))
    embedded = chosen(wanted, EMBEDDED_SYSTEMS)
    if options.rv32 and embedded:
        merge(path, list(on_rv32(options.rv32, options, embedded)))
    if not os.path.exists(path):
        raise Failed("nothing was run: no target that is wanted has such an attack or system")


def parse(arguments):
    parser = argparse.ArgumentParser(prog="attacks/run.py",
                                     description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("--build", default="build/gcc")
    parser.add_argument("--run-dir", required=True)
    parser.add_argument("--attacks", action="append", default=[], metavar="PATTERN")
    parser.add_argument("--systems", default="", help="only these, by spaces")
    parser.add_argument("--kernels", default="default 6.12",
                        help="of the guest: default, or versions (default: default 6.12)")
    parser.add_argument("--rv32", default="", metavar="FOLDER", help="of the embedded target's images")
    parser.add_argument("--no-native", dest="native", action="store_false")
    parser.add_argument("--no-guest", dest="guest", action="store_false")
    options = parser.parse_args(arguments)
    options.attacks = [word for pattern in options.attacks for word in pattern.split()]
    return options


def interrupted(*_):
    raise KeyboardInterrupt


def main(arguments):
    options = parse(arguments)
    signal.signal(signal.SIGTERM, interrupted)
    path = os.path.join(options.run_dir, attacks.NAME)
    try:
        os.makedirs(options.run_dir, exist_ok=True)
        collect(options, path)
        rows = attacks.read_file(path)
    except KeyboardInterrupt:
        print("\nattacks: interrupted; what an earlier part has found is kept", file=sys.stderr)
        return 130
    except (Failed, attacks.Damage) as error:
        print(f"attacks: {error}", file=sys.stderr)
        return 1
    except OSError as error:
        print(f"attacks: {error.filename}: {error.strerror}", file=sys.stderr)
        return 1
    print(attacks.as_text(rows))
    print(f"  written {path}")
    whole_file.remove(path + ".partial")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
