"""What a run lacks, in sentences: a part of the targets, libraries or systems that others have."""

import summary
import targets

# These two run the same workloads; the embedded target has those that fit into it.
SAME_WORKLOADS = ("x86_64-linux", "pku-guest")


def sentences(rows, lines, pattern):
    """Sentences on what is missing in these rows, with their summary's lines, of a run made with
    the filter `pattern`."""
    said = []
    if pattern:
        said.append(f"The run was made with FILTER='{pattern}': other cases were not run.")
    present = {row.case.target for row in rows}
    said += [f"Nothing was run {words} ({target}); `{made_by}` does that."
             for target, (words, made_by) in targets.KNOWN.items() if target not in present]
    workloads = {target: {row.case.workload for row in rows if row.case.target == target}
                 for target in present}
    shared = set().union(*(workloads.get(target, set()) for target in SAME_WORKLOADS))
    for target in sorted(present, key=targets.place):
        if target in SAME_WORKLOADS and shared - workloads[target]:
            said.append(f"On {target} there are no rows of "
                        f"{', '.join(sorted(shared - workloads[target]))}.")
        said += of_systems(target, workloads[target], lines)
    return said


def of_systems(target, workloads, lines):
    """Which systems of a target have not run which of its libraries, or not all of their cases."""
    here = [line for line in lines if line["target"] == target and line["placement"] == "copied"
            and line["workload"] != summary.LIBRARIES]
    if not any(line["side"] == "omniglot" for line in here):
        yield f"On {target} there is no row of Omniglot itself (og-mpk or og-pmp)."
    for system in dict.fromkeys(line["system"] for line in here):
        found = {line["workload"]: line for line in here if line["system"] == system}
        absent = sorted({line["workload"] for line in here} - found.keys())
        if absent:
            yield f"On {target}, {system} has no rows of {', '.join(absent)}."
        for workload, line in found.items():
            if line["cases"] < line["of"]:
                yield (f"On {target}, {system} has {line['cases']} of the {line['of']} cases of "
                       f"{workload} that raw has.")
