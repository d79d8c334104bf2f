"""The files that workloads get their input from: those that workloads/NAME/inputs.list names,
one INPUT(kind, Debian package, path, SHA-256) each."""

import glob
import hashlib
import os
import re

WORKLOADS = os.path.join(os.path.dirname(os.path.abspath(__file__)), os.pardir, "workloads")
INPUT = re.compile(r'^INPUT\("([^"]*)",\s*"([^"]*)",\s*"([^"]*)",\s*"([0-9a-f]{64})"\)', re.M)


def workloads():
    """The names of the workloads that have such a list."""
    lists = glob.glob(os.path.join(WORKLOADS, "*", "inputs.list"))
    return sorted(os.path.basename(os.path.dirname(path)) for path in lists)


def listed(workload):
    """A (kind, package, path, sha256) for each file of the workload's list."""
    with open(os.path.join(WORKLOADS, workload, "inputs.list"), encoding="utf-8") as file:
        return INPUT.findall(file.read())


def sha256(path):
    """Of the file as it is; raises OSError if it cannot be read."""
    with open(path, "rb") as file:
        return hashlib.sha256(file.read()).hexdigest()
