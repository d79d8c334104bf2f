"""How many callbacks a case makes in one operation, from the crossings that a run counted.

The count belongs to the work, not to who does it: counted natively through og-none, it holds for
every system and target that does the same work on the same input.
"""

import json
import os


def work(case):
    """The part of a case that says what is done."""
    return (case.workload, case.operation, case.placement, case.size_bytes)


def read(run):
    """{work: callbacks of one operation} for all that the run counted; {} if it counted nothing,
    which is so where og-mpk is measured rather than modelled, and without the native part."""
    folder = os.path.join(run, "crossings", "raw")
    counted = {}
    if not os.path.isdir(folder):
        return counted
    for name in sorted(os.listdir(folder)):
        if not name.endswith(".json"):
            continue
        try:
            with open(os.path.join(folder, name), encoding="utf-8") as file:
                cases = json.load(file)["crossings"]
            for case in cases:
                workload, operation, _, size, *rest = case["name"].split("/")
                counted[workload, operation, rest[0] if rest else "copied",
                        int(size)] = case["callbacks"]
        except (ValueError, KeyError, TypeError):
            continue  # modelled.py, which needs every one of them, says what is wrong with it
    return counted
