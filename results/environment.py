#!/usr/bin/env -S python3 -B
"""Writes <run>/environment.json: the machine, the software and the settings behind a run.

usage: results/environment.py RUN [--profile NAME] [--repetitions N] [--processes N] [--min-time SECONDS]
                                  [--filter REGEX]

What cannot be found out is null, never guessed. A run that is resumed keeps its file and
gets one more entry under "sessions".
"""

import argparse
import datetime
import functools
import json
import os
import platform
import re
import subprocess
import sys

import input_files
import whole_file

PACKAGES = ("libc6", "libsodium23", "zlib1g", "libbrotli1", "libexpat1", "wabt", "wasi-libc",
            "libbenchmark1debian", "libseccomp2", "libjemalloc-dev",
            "gcc-12", "clang-14", "gnuplot-nox", "gcc-riscv64-unknown-elf",
            "picolibc-riscv64-unknown-elf", "qemu-system-misc")
FLAGS = {"pku": "pku", "ospke": "ospke", "fsgsbase": "fsgsbase", "avx2": "avx2",
         "sha_ni": "sha_ni", "hypervisor": "hypervisor"}


def first_line(*command):
    """The first line that a command prints; None if it fails or is not there."""
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=20)
    except (OSError, subprocess.SubprocessError):
        return None
    return done.stdout.split("\n", 1)[0].strip() or None


def content(path):
    """A small file's text; None if it cannot be read."""
    try:
        with open(path, encoding="utf-8", errors="replace") as file:
            return file.read().strip()
    except OSError:
        return None


def processor():
    """Model, cores and the flags that matter here."""
    text = content("/proc/cpuinfo") or ""
    model = re.search(r"^model name\s*:\s*(.*)$", text, re.MULTILINE)
    flags = re.search(r"^(?:flags|Features)\s*:\s*(.*)$", text, re.MULTILINE)
    present = flags.group(1).split() if flags else []
    return {
        "model": model.group(1) if model else None,
        "cores_online": os.cpu_count(),
        "cores_usable": len(os.sched_getaffinity(0)),
        "governor": content("/sys/devices/system/cpu/cpu0/cpufreq/scaling_governor"),
        "turbo_off": content("/sys/devices/system/cpu/intel_pstate/no_turbo"),
        "flags": {name: flag in present for name, flag in FLAGS.items()} if flags else None,
    }


def memory_mib():
    """Physical memory."""
    match = re.search(r"^MemTotal:\s*([0-9]+) kB", content("/proc/meminfo") or "", re.MULTILINE)
    return int(match.group(1)) // 1024 if match else None


def virtualization(flags):
    """The hypervisor or container by name, "none", or "unknown hypervisor"."""
    name = first_line("systemd-detect-virt")
    if name:
        return name
    vendor = content("/sys/class/dmi/id/sys_vendor")
    if flags and flags["hypervisor"]:
        return f"unknown hypervisor ({vendor})" if vendor else "unknown hypervisor"
    return "none" if flags else None


def source():
    """The commit that was built, and whether the tree differs from it. An image has no
    repository in it; docker/build hands it the commit as OMNIGLOT_COMMIT."""
    commit = first_line("git", "rev-parse", "--verify", "--quiet", "HEAD")
    if commit is None:
        return {"commit": os.environ.get("OMNIGLOT_COMMIT") or None, "dirty": None}
    inside = first_line("git", "rev-parse", "--is-inside-work-tree") == "true"
    changed = first_line("git", "status", "--porcelain") is not None if inside else None
    return {"commit": commit, "dirty": changed}


@functools.lru_cache
def installed():
    """{Debian package: installed version}."""
    try:
        done = subprocess.run(["dpkg-query", "-W", "-f=${db:Status-Abbrev}|${Package}|${Version}\n"],
                              capture_output=True, text=True, check=True, timeout=20)
    except (OSError, subprocess.SubprocessError):
        return {}
    lines = [line.split("|") for line in done.stdout.splitlines()]
    return {name: version for status, name, version in lines if status.startswith("ii")}


def package_version(name):
    """The installed version of a Debian package; None if there is none."""
    return installed().get(name)


def packages():
    """Installed versions of the libraries under test and the tools."""
    return {name: package_version(name) for name in PACKAGES}


def inputs():
    """The files that the workloads read, as they are on this machine, by workload and kind.
    `as_listed` is false where a file is not the one that the workload's list names."""
    found = {}
    for workload in input_files.workloads():
        kinds = found[workload] = {}
        for kind, package, path, expected in input_files.listed(workload):
            try:
                digest = input_files.sha256(path)
            except OSError:
                digest = None
            kinds[kind] = {"path": path, "package": package, "version": package_version(package),
                           "sha256": digest, "as_listed": digest and digest == expected}
    return found


def session():
    """When measuring began or went on, and how busy the machine was."""
    now = datetime.datetime.now(datetime.timezone.utc)
    return {"started": now.strftime("%Y-%m-%dT%H:%M:%SZ"),
            "load_average": [round(value, 2) for value in os.getloadavg()]}


def describe(options):
    """The whole of environment.json for a run that starts now."""
    cpu = processor()
    return {
        "target": f"{platform.machine()}-{platform.system().lower()}",
        "system": first_line("sh", "-c", '. /etc/os-release && echo "$PRETTY_NAME"'),
        "kernel": platform.release(),
        "processor": cpu,
        "memory_mib": memory_mib(),
        "virtualization": virtualization(cpu["flags"]),
        "compilers": {name: first_line(name, "--version") for name in ("gcc", "clang")},
        "packages": packages(),
        "inputs": inputs(),
        "source": source(),
        "profile": options.profile,
        "repetitions": options.repetitions,
        "processes": options.processes,
        "least_seconds_of_a_sample": options.min_time,
        "filter": options.filter,
        "sessions": [],
    }


def main(arguments):
    parser = argparse.ArgumentParser(prog="environment", description=__doc__.split("\n")[0])
    parser.add_argument("run")
    parser.add_argument("--profile")
    parser.add_argument("--repetitions", type=int)
    parser.add_argument("--processes", type=int)
    parser.add_argument("--min-time", type=float)
    parser.add_argument("--filter")
    options = parser.parse_args(arguments)
    path = os.path.join(options.run, "environment.json")
    try:
        known = json.loads(content(path) or "null")
    except ValueError as error:
        print(f"environment: {path}: not JSON ({error}); delete it to have it written anew",
              file=sys.stderr)
        return 1
    document = known or describe(options)
    document["sessions"].append(session())
    try:
        whole_file.write(path, json.dumps(document, indent=2) + "\n")
    except OSError as error:
        print(f"environment: {error.filename}: {error.strerror}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
