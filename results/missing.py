"""What a run lacks, in sentences: a part of the targets, libraries or systems that others have.
absences.csv says why a system cannot have a library (or, with *, cannot run at all)."""

import csv
import os

import profiles
import summary
import targets
import variants

# These two run the same workloads; the embedded target has those that fit into it.
SAME_WORKLOADS = ("x86_64-linux", "pku-guest")
ABSENCES = os.path.join(os.path.dirname(os.path.abspath(__file__)), "absences.csv")


def reasons():
    """{(system, workload or *): why it is not there}."""
    with open(ABSENCES, encoding="utf-8", newline="") as file:
        return {(line["system"], line["workload"]): line["why"] for line in csv.DictReader(file)}


def because(why):
    """A reason at a sentence's end."""
    return f": {why}." if why else "."


def sentences(rows, lines, environment):
    """Sentences on what is missing in these rows, with their summary's lines, of a run with this
    environment.json."""
    said = []
    pattern, profile = environment.get("filter"), profiles.ALL.get(environment.get("profile"))
    if pattern:
        said.append(f"The run was made with FILTER='{pattern}': other cases were not run, and nothing was attacked.")
    elif profile and profile.cases:
        said.append(f"The run was made with PROFILE={environment['profile']}: only some cases of each library were run, "
                    "and nothing was attacked.")
    present = {row.case.target for row in rows}
    said += [f"Nothing was run {words} ({target}); {made_by} does that."
             for target, (words, made_by) in targets.KNOWN.items() if target not in present]
    workloads = {target: {row.case.workload for row in rows if row.case.target == target}
                 for target in present}
    shared = set().union(*(workloads.get(target, set()) for target in SAME_WORKLOADS))
    for target in sorted(present, key=targets.place):
        if target in SAME_WORKLOADS and shared - workloads[target]:
            said.append(f"On {target} there are no rows of "
                        f"{', '.join(sorted(shared - workloads[target]))}.")
        said += of_systems(target, lines)
    return said + list(of_twins(rows))


def of_twins(rows):
    """Which systems ran in the guest and not natively, or the other way round."""
    compared = variants.shown(rows)
    systems = {target: {row.case.system for row in compared if row.case.target == target}
               for target in SAME_WORKLOADS}
    why = reasons()
    for target, found in systems.items():
        for system in sorted(set().union(*systems.values()) - found) if found else ():
            yield f"On {target} there is no row of {system}" + because(why.get((system, "*")))


def of_systems(target, lines):
    """Which systems of a target have not run which of its libraries, or not all of their cases."""
    why = reasons()
    here = [line for line in lines if line["target"] == target and line["placement"] == "copied"
            and line["workload"] != summary.LIBRARIES]
    if not any(line["side"] == "omniglot" for line in here):
        yield f"On {target} there is no row of Omniglot itself (og-mpk or og-pmp)."
    for system in dict.fromkeys(line["system"] for line in here):
        found = {line["workload"]: line for line in here if line["system"] == system}
        absent = sorted({line["workload"] for line in here} - found.keys())
        for workload in absent:
            yield f"On {target}, {system} has no rows of {workload}" + \
                because(why.get((system, workload)))
        for workload, line in found.items():
            if line["cases"] < line["of"]:
                yield (f"On {target}, {system} has {line['cases']} of the {line['of']} cases of "
                       f"{workload} that raw has.")
