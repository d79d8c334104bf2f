"""What a call through og-pmp consists of: the instructions between the marks of
omniglot/pmp/tests/gate-trace.c, as QEMU executes them one by one, counted by purpose.

A purpose is where an instruction lies: in the gate between two of its labels, in the library, or
in an inlined function of the host's stub, which the debugging information names."""

import os
import re
import subprocess
import tempfile

from rv32_images import RUN, Broken

TOOLS = "riscv64-unknown-elf-"
PC = re.compile(r"^Trace \d+: \S+ \[[0-9a-f]+/([0-9a-f]+)/")

# The gate's labels in order, and what the instructions from each to the next are for.
GATE = (
    ("og_pmp_thunk_code", "find-target"), ("og_pmp_gate", "save-registers"),
    ("find_target", "find-target"), ("arguments_copied", "pmp"), ("selected", "deadline"),
    ("armed", "mode-switch"), ("og_pmp_clear_arguments", "clear-registers"),
    ("clear_registers", "clear-registers"), ("enter", "mode-switch"),
    ("copy_arguments", "arguments"), ("select_domain", "pmp"), ("set_deadline", "deadline"),
    ("og_pmp_trap", "trap"), ("leave", "trap"), ("restore_registers", "restore-registers"),
    ("disarm", "deadline"),
)
# In the order in which a call comes to them.
PURPOSES = ("access-checks", "arguments", "find-target", "save-registers", "pmp", "deadline",
            "mode-switch", "clear-registers", "library", "trap", "restore-registers", "validation")


def symbols(image):
    """{name: address} of the image."""
    done = subprocess.run([TOOLS + "nm", image], capture_output=True, text=True, check=True)
    return {line.split()[2]: int(line.split()[0], 16) for line in done.stdout.splitlines()
            if len(line.split()) == 3}


def trace(image, timeout=60):
    """The addresses of all instructions that the image executes, in order."""
    with tempfile.TemporaryDirectory() as folder:
        log = os.path.join(folder, "trace")
        done = subprocess.run(
            [RUN, "--timeout", str(timeout), image, "-singlestep", "-d", "exec,nochain", "-D", log],
            check=False, capture_output=True)
        if done.returncode:
            raise Broken(f"{image}: exit status {done.returncode}: the call went wrong")
        with open(log, encoding="ascii", errors="replace") as file:
            return [int(match.group(1), 16) for match in map(PC.match, file) if match]


def windows(pcs, begin, end):
    """The instructions between each return from the mark `begin` and the next of `end`."""
    found, current = [], None
    for pc in pcs:
        if pc == begin:
            current = []
        elif pc == end and current is not None:
            found.append(current)
            current = None
        elif current is not None:
            current.append(pc)
    return found


def inlined(image, pcs):
    """{address: [functions it is inlined in, innermost first]}."""
    command = [TOOLS + "addr2line", "-f", "-i", "-a", "-e", image, *map(hex, pcs)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    functions, current = {}, None
    for line in done.stdout.splitlines():
        if line.startswith("0x"):
            current = functions.setdefault(int(line, 16), [])
        elif not re.search(r":[0-9?]+( |$)", line):
            current.append(line)
    return functions


def purpose_of_host(functions):
    """Of an instruction of the host's stub, and of what it calls; None: not of the call."""
    if any(name.startswith(("og_validate", "og_read", "og_get", "og_copy", "og_check",
                            "og_load", "og_is", "og_memory")) for name in functions):
        return "validation"
    if any(name.startswith(("og_invoke", "og_access")) for name in functions):
        return "access-checks"
    return "arguments" if "call" in functions else None


def count(image):
    """[{purpose: instructions}] for the image's two calls: one that switches domains, and one
    that finds its domain selected."""
    names = symbols(image)
    calls = windows(trace(image), names["trace_begin"], names["trace_end"])
    if len(calls) != 2:
        raise Broken(f"{image}: {len(calls)} calls between the marks, not 2")
    ends = [(names[label], purpose) for label, purpose in GATE]
    gate_end = names["called_back"]
    # The one instruction of a library's image by which the call comes back.
    folder = os.path.dirname(os.path.dirname(image))
    back = symbols(os.path.join(folder, "library", "probe.elf"))["og_image_return"]
    host = inlined(image, sorted({pc for call in calls for pc in call if pc < names["__flash_end"]}))
    counted = []
    for call in calls:
        purposes = dict.fromkeys(PURPOSES, 0)
        for pc in call:
            if pc >= names["__flash_end"]:
                purpose = "mode-switch" if pc == back else "library"
            elif ends[0][0] <= pc < gate_end:
                purpose = [name for start, name in ends if start <= pc][-1]
            else:
                purpose = purpose_of_host(host.get(pc, []))
            if purpose:
                purposes[purpose] += 1
        counted.append(purposes)
    return counted
