#!/usr/bin/env -S python3 -B
"""Writes <run>/ratios.csv: what each case costs relative to raw, with a 95 % interval.

usage: results/ratios.py RUN

The ratio is of medians over repetitions, its interval bootstrapped from the repetitions of
both sides: processes first, then their repetitions, where several processes measured them. A case without a raw partner, or without repetitions, gets no row; the log says
which and why. A modelled case has no repetitions of its own: its ratio is of those that the
model stands on, each with what the model adds to it. A case of `process` has those of its
variant that it is measured by. What the run can resolve goes to <run>/resolution.csv.
"""

import os
import sys

import best_process
import bootstrap
import modelled
import repetitions
import resolution
import table
import whole_file

# results.csv and raw/ describe the same repetitions; more than rounding between them means
# that one of the two is of another run.
AGREEMENT = 0.01


def ratios_of(rows, samples, chosen):
    """`samples` is repetitions.by_process's, `chosen` best_process.read's. Returns (ratios, log): a table.Ratio for each row that has one, and a line of text for
    each that does not, or whose median the repetitions contradict."""
    present = {row.case: row for row in rows}
    resampled, ratios, log = {}, [], []

    def costs_of(case):
        found = samples.get(repetitions.key(chosen.get(case, case)), [])
        return best_process.measured(case, found) if case in chosen else found

    def medians_of(case):
        if case not in resampled:
            resampled[case] = bootstrap.medians_of_processes(costs_of(case), str(case))
        return resampled[case]

    for row in rows:
        case, baseline = row.case, row.case.baseline()
        if case.system == "raw":
            continue
        if baseline not in present:
            log.append(f"{case}: no ratio, raw has no such case ({baseline})")
            continue
        measured = modelled.behind(case) if case.kind == "modelled" else case
        if chosen.get(measured, measured) not in present:
            log.append(f"{case}: no ratio, what it stands on is not there "
                       f"({chosen.get(measured, measured)})")
            continue
        missing = [chosen.get(c, c) for c in (measured, baseline) if not costs_of(c)]
        if missing:
            log.append(f"{case}: no ratio, no repetitions of {missing[0]} in raw/")
            continue
        over, under = sum(costs_of(measured), []), sum(costs_of(baseline), [])
        if min(under) <= 0:
            log.append(f"{case}: no ratio, raw took 0 {case.unit}")
            continue
        for side, values in ((present[measured], over), (present[baseline], under)):
            found = bootstrap.median(values)
            if abs(found - side.median) > AGREEMENT * max(found, side.median):
                log.append(f"{side.case}: results.csv has a median of {side.median:g} "
                           f"{case.unit} (line {side.line}), the repetitions in raw/ "
                           f"{found:g}; the ratio is of the latter")
        if case.kind != "modelled":
            value, low, high = bootstrap.ratio(over, under, medians_of(measured),
                                               medians_of(baseline))
        else:
            value, low, high = modelled_ratio(row, present[measured], over, under,
                                              medians_of(measured), medians_of(baseline))
        ratios.append(table.Ratio(case, value, low, high, bootstrap.median(under)))
    return ratios, list(dict.fromkeys(log))


def modelled_ratio(row, measured, over, under, over_medians, under_medians):
    """A modelled row's ratio, and the interval from its lower end with the least that the model
    adds to its upper end with the most."""
    added = (row.ci_low - measured.ci_low, row.median - measured.median,
             row.ci_high - measured.ci_high)
    low, value, high = (bootstrap.ratio([time + more for time in over], under,
                                        [time + more for time in over_medians], under_medians)
                        for more in added)
    return value[0], min(low[1], value[0]), max(high[2], value[0])


def text_of(ratios):
    """ratios.csv as text."""
    lines = [",".join(table.RATIO_COLUMNS)]
    for ratio in ratios:
        numbers = (f"{ratio.ratio:.6g}", f"{ratio.ratio_low:.6g}", f"{ratio.ratio_high:.6g}",
                   f"{ratio.raw_median:.6g}")
        lines.append(",".join(tuple(str(field) for field in ratio.case) + numbers))
    return "\n".join(lines) + "\n"


def main(arguments):
    if len(arguments) != 1:
        print("usage: results/ratios.py RUN", file=sys.stderr)
        return 2
    run = arguments[0]
    try:
        rows = table.read_results(os.path.join(run, "results.csv"))
        samples = repetitions.by_process(run)
        ratios, log = ratios_of(rows, samples, best_process.read(run))
        whole_file.write(os.path.join(run, "ratios.csv"), text_of(ratios))
        resolution.write(run, resolution.of_samples({where: sum(costs, [])
                                                     for where, costs in samples.items()}))
        whole_file.write(os.path.join(run, "ratios.log"), "".join(line + "\n" for line in log))
    except (table.Damage, repetitions.Unreadable) as error:
        print(f"ratios: {error}", file=sys.stderr)
        return 1
    except OSError as error:
        print(f"ratios: {error.filename}: {error.strerror}", file=sys.stderr)
        return 1
    print(f"  {len(ratios)} ratios to raw, {len(log)} remarks"
          + (" (in ratios.log)" if log else ""))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
