"""Runs the workloads' images of the embedded target and reads what they print.

An image is one (workload, system) pair; bench/rv32/driver.c says what its lines are."""

import os
import subprocess
from concurrent.futures import ThreadPoolExecutor
from typing import NamedTuple

import system_table

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
RUN = os.path.join(ROOT, "tools", "rv32-run")
TIMEOUT = 120
# In the order of the tables and figures; raw is what the others are compared with.
SYSTEMS = tuple(system.name for system in system_table.ALL if system.has_image)


class Broken(Exception):
    """What is wrong with an image or with what it printed, as a sentence."""


class Case(NamedTuple):
    """One case of an image: its name, what it cost, and what it computed."""

    workload: str
    operation: str
    system: str
    placement: str
    size: int
    iterations: int
    counts: tuple  # instructions of all iterations, one for each repetition
    output: bytes

    def key(self):
        """What is compared: the same work, whatever the system."""
        return (self.workload, self.operation, self.placement, self.size)

    def name(self):
        """As the harness names cases."""
        return (f"{self.workload}/{self.operation}/{self.system}/{self.size}"
                + ("/resident" if self.placement == "resident" else ""))


class Image(NamedTuple):
    """What an image printed, with the stack and heap that its host used."""

    path: str
    workload: str
    system: str
    cases: list
    stack: int
    heap: int


def images_in(folder):
    """[(path, workload, system)], systems in order."""
    found = []
    for name in sorted(os.listdir(folder)):
        parts = name.split(".")
        if len(parts) == 3 and parts[2] == "elf" and parts[1] in SYSTEMS:
            found.append((os.path.join(folder, name), parts[0], parts[1]))
    return sorted(found, key=lambda image: (image[1], SYSTEMS.index(image[2])))


def parse(path, workload, system, text):
    """An Image from its console. Raises Broken with the line that is not as it should be."""
    cases, pending, done = [], None, None
    for number, line in enumerate(text.splitlines(), start=1):
        word, _, rest = line.partition(",")
        fields = rest.split(",")
        try:
            if word == "failed":
                raise Broken(f"{path}: {rest}")
            if word == "case" and not pending:
                pending = (fields[0], fields[1], fields[2], fields[3], int(fields[4]),
                           int(fields[5]), tuple(int(count) for count in fields[6:]))
            elif word == "output" and pending:
                cases.append(Case(*pending, bytes.fromhex(rest)))
                pending = None
            elif word == "done" and not pending:
                done = (int(fields[0]), int(fields[1]))
            else:
                raise ValueError
        except (ValueError, IndexError):
            raise Broken(f"{path}: line {number} of its console makes no sense: "
                         f"{line[:80]}") from None
    if done is None:
        raise Broken(f"{path}: it ended early; its console's last line: "
                     f"{text.splitlines()[-1][:160] if text else '(none)'}")
    return Image(path, workload, system, cases, *done)


def run(image):
    """Runs one of images_in's. Raises Broken."""
    path, workload, system = image
    done = subprocess.run([RUN, "--timeout", str(TIMEOUT), path], capture_output=True, text=True,
                          errors="replace", check=False)
    if done.returncode not in (0, 1):  # 1: a case failed, which parse finds
        raise Broken(done.stderr.strip() or f"{path}: exit status {done.returncode}; its console "
                     f"ends with {done.stdout[-160:]!r}")
    return parse(path, workload, system, done.stdout)


def run_all(folder):
    """Yields the Image of every image, as many at once as there are processors."""
    images = images_in(folder)
    if not images:
        raise Broken(f"{folder}: there are no images; build them with `make rv32`")
    with ThreadPoolExecutor(max_workers=os.cpu_count()) as pool:
        yield from pool.map(run, images)
