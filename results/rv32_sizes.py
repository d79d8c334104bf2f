"""What the images of the embedded target take in flash and RAM, by component: read from the
linker's map of each host image and from the libraries' sections. Writes <run>/sizes.csv."""

import os
import re
import subprocess

import whole_file

TOOLS = "riscv64-unknown-elf-"
COLUMNS = ("workload", "system", "memory", "component", "bytes", "below")
# From the bottom of a bar to its top. What the host's program is, is the workload and its stubs.
COMPONENTS = ("kernel", "runtime", "core", "tasks", "c-library", "program", "library")
WHERE = (("omniglot/rv32/", "kernel"), ("omniglot/pmp/", "runtime"), ("omniglot/core/", "core"),
         ("baselines/", "tasks"), ("bench/", "program"), ("workloads/", "program"))
SECTION = re.compile(r"^\.[\w.]+")
INPUT = re.compile(r"^ (\.\S+|COMMON)?\s+0x([0-9a-f]+)\s+0x([0-9a-f]+)\s+(\S+)$")
FLASH, RAM = (".text", ".data"), (".data", ".bss")


def component_of(path):
    """Which component an object file belongs to."""
    for part, component in WHERE:
        if part in path:
            return component
    return "c-library"


def host_sizes(map_file):
    """{(memory, component): bytes} of the host, without its stack."""
    sizes, section, name = {}, "", ""
    with open(map_file, encoding="utf-8") as file:
        text = file.read().partition("Linker script and memory map")[2]
    for line in text.splitlines():
        if SECTION.match(line):
            section = line.split()[0]
        # A long name has a line of its own.
        if re.match(r"^ \.\S+$", line):
            name = line
            continue
        match = INPUT.match(name + line if name else line)
        name = ""
        if not match or not match.group(4).endswith((".o", ".o)")):
            continue
        size, component = int(match.group(3), 16), component_of(match.group(4))
        for memory, sections in (("flash", FLASH), ("ram", RAM)):
            if section in sections:
                key = (memory, component)
                sizes[key] = sizes.get(key, 0) + size
    return sizes


def section_sizes(elf):
    """{section: bytes} of an ELF file."""
    done = subprocess.run([TOOLS + "size", "-A", elf], capture_output=True, text=True, check=True)
    fields = [line.split() for line in done.stdout.splitlines()]
    return {line[0]: int(line[1]) for line in fields if len(line) == 3 and line[1].isdigit()}


def library_sizes(elf):
    """Flash: code, constants and initial data. RAM: data, thread variables and stack; not the
    heap and the scopes' room, which are as large as somebody made them."""
    sizes = section_sizes(elf)
    done = subprocess.run([TOOLS + "nm", elf], capture_output=True, text=True, check=True)
    symbols = {line.split()[2]: int(line.split()[0], 16) for line in done.stdout.splitlines()
               if len(line.split()) == 3}
    return {("flash", "library"): sizes[".text"] + sizes.get(".data", 0),
            ("ram", "library"): symbols["og_image_scopes"] - symbols["og_image_ram"]}


def rows_of(image):
    """The rows of one image: component by component, each on top of the ones before."""
    worker = "worker-" if image.system == "process" else ""
    folder = os.path.dirname(os.path.dirname(image.path))
    sizes = host_sizes(image.path.removesuffix(".elf") + ".map")
    sizes.update(library_sizes(os.path.join(folder, "library", f"{worker}{image.workload}.elf")))
    # What the host's program used of its stack and heap.
    sizes["ram", "program"] = sizes.get(("ram", "program"), 0) + image.stack + image.heap
    for memory in ("flash", "ram"):
        below = 0
        for component in COMPONENTS:
            size = sizes.get((memory, component), 0)
            yield (image.workload, image.system, memory, component, size, below)
            below += size


def write(run, images):
    """Writes <run>/sizes.csv."""
    lines = [",".join(COLUMNS)]
    for image in images:
        lines += [",".join(map(str, row)) for row in rows_of(image)]
    whole_file.write(os.path.join(run, "sizes.csv"), "\n".join(lines) + "\n")
