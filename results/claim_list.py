"""The claims that claims.py decides, in the order in which they are told.

Of the paper (Schuermann et al., OSDI 2025) only what its abstract says is taken, since it can be
checked at https://www.usenix.org/conference/osdi25/presentation/schuermann. It gives no numbers:
the thresholds are this project's, and say so.
"""

from typing import Callable, NamedTuple, Tuple

import attacks
import significance
import targets

NATIVE, GUEST, EMBEDDED = "x86_64-linux", "pku-guest", "rv32"
EVERYWHERE = (NATIVE, GUEST, EMBEDDED)
PASS, FAIL, OPEN = "PASS", "FAIL", "not decided"
PAPER = "the paper's abstract: *{}*. It gives no number; the threshold is ours."
OURS = "an aim of this project, none of the paper's"
COMPARABLE = 1.10


class Claim(NamedTuple):
    """A claim; `decide` takes the Evidence of a target and gives (kind, found, verdict)."""

    name: str
    text: str
    threshold: str
    source: str
    targets: Tuple[str, ...]
    decide: Callable


# --- how a figure decides ---

def against(threshold, value, low, high, kind):
    """A figure that is to be at most `threshold`. A count decides as it is; of what varies, the
    interval."""
    if kind == "emulated":
        return PASS if value <= threshold else FAIL
    return PASS if high <= threshold else FAIL if low > threshold else OPEN


def compared(mine, theirs, kind):
    """Whether the one (value, low, high) is at most the other, decided as above."""
    if kind == "emulated":
        return PASS if mine[0] <= theirs[0] else FAIL
    return PASS if mine[2] <= theirs[1] else FAIL if mine[1] > theirs[2] else OPEN


def worst_of(verdicts):
    """What all of them together say."""
    return next(word for word in (FAIL, OPEN, PASS) if word in verdicts)


def all_of(verdicts, differences, kind):
    """What several verdicts say together, each with the Difference by which its case is beyond its
    threshold. All must pass, which needs no correction; but one in twenty of true ones fails by
    chance, so that failing is decided with the false-discovery rate held, and what does not hold
    is open."""
    if kind != "emulated":
        fell = significance.found([significance.exceeds(difference) for difference in differences])
        verdicts = [verdict if verdict != FAIL or fell[i] else OPEN
                    for i, verdict in enumerate(verdicts)]
    return worst_of(verdicts)


def beyond(threshold, value, low, high):
    """The Difference between a figure with its interval and its threshold."""
    return significance.of_interval(value / threshold, low / threshold, high / threshold)


def between(mine, theirs):
    """The Difference between two (value, low, high)s."""
    a, b = (significance.of_interval(*figure) for figure in (mine, theirs))
    return significance.widened(significance.Difference(a.value - b.value, a.error), b.error)


class Split(NamedTuple):
    """Pairs of rows by what they say of the first's cost: cheaper, the same, dearer, or nothing."""

    cheaper: list
    same: list
    dearer: list
    open: list


def split(pairs, evidence):
    """The Split of (row, other row)s. Counts are what they are, and the same within their intervals.
    Of times 5 % of what is called cheaper, and of what is called dearer, may be so wrongly; of what
    differs by 5 % or more, one in twenty may be called the same. Their errors hold what this run's
    pairs of one system differ by."""
    out = Split([], [], [], [])
    timed = []
    for pair in pairs:
        a, b = pair
        if a.case.kind != "emulated" or b.case.kind != "emulated":
            if a.ci_low > 0 and b.ci_low > 0:
                timed.append(pair)
            else:
                out.open.append(pair)
        else:
            (out.dearer if a.ci_low > b.ci_high else out.cheaper if a.ci_high < b.ci_low
             else out.open).append(pair)
    found = [significance.widened(between(a[1:4], b[1:4]), evidence.spread(a.case.workload))
             for a, b in timed]
    dearer = significance.found([significance.exceeds(d) for d in found])
    cheaper = significance.found([significance.falls_short(d) for d in found])
    same = [significance.outside(d) <= significance.RATE for d in found]
    for i, pair in enumerate(timed):
        # What is sure to be nearer than 5 % is the same, which side of it it be on.
        (out.same if same[i] else out.dearer if dearer[i] else out.cheaper if cheaper[i]
         else out.open).append(pair)
    return out


def missing(what):
    return "", f"no such rows: {what}", OPEN


def percent(ratio):
    return f"{100 * (ratio - 1):+.2f} %"


def interval(low, high, kind, write=percent):
    """The interval in words, where it says something."""
    return "" if kind == "emulated" else f" ({write(low)} to {write(high)})"


def named(*systems):
    """What gives these systems, whatever the evidence."""
    return lambda evidence: systems


def case_of(row):
    return f"{row.case.workload}/{row.case.operation}" + \
        (f" of {row.case.size_bytes} B" if row.case.size_bytes else "")


def omniglot(evidence):
    """The system that guarantees everything without copying, on this target; None without."""
    found = evidence.systems("omniglot")
    return found[0] if found else None


# --- the attacks ---

def attacked(evidence, systems):
    """Rows of the attacks through these systems, those aside that there cannot be."""
    return [row for row in evidence.attacks
            if row.system in systems and row.verdict != "not applicable"]


def named_attacks(rows):
    """At most five of them, in words."""
    names = [f"{row.system}: {row.family}/{row.attack} ({row.verdict})" for row in rows]
    return ", ".join(names[:5]) + (f" and {len(names) - 5} more" if len(names) > 5 else "")


NO_ATTACKS = "", "nothing was attacked; `make attack` does that", OPEN


def raw_falls_to_all(evidence):
    """Every attack that can be made succeeds where nothing isolates: so it is one."""
    rows = attacked(evidence, ("raw",))
    if not rows:
        return NO_ATTACKS
    without = [row for row in rows if row.verdict not in attacks.SUCCEEDS]
    found = f"raw falls to {len(rows) - len(without)} of {len(rows)}"
    return "attacked", found + (f"; not to {named_attacks(without)}" if without else ""), \
        FAIL if without else PASS


def omniglot_falls_to_none(evidence):
    """No attack compromises or kills the host through Omniglot, and none was left undecided."""
    rows = attacked(evidence, ("og-mpk", "og-pmp"))
    if not rows:
        return NO_ATTACKS
    lost = [row for row in rows if row.verdict in attacks.SUCCEEDS]
    broken = [row for row in rows if row.verdict == "broken"]
    count = {verdict: sum(row.verdict == verdict for row in rows) for verdict in attacks.VERDICTS}
    found = f"of {len(rows)} attacks: " + ", ".join(f"{number} {verdict}" for verdict, number
                                                    in count.items() if number)
    found += f"; {named_attacks(lost + broken)}" if lost or broken else ""
    seen = {row.target for row in rows}
    left = [guest for guest in targets.ATTACKED_GUESTS if guest not in seen] \
        if seen & set(targets.ATTACKED_GUESTS) else []
    found += "".join(f"; not made {targets.words(guest)}" for guest in left)
    return "attacked", found, FAIL if lost else OPEN if broken or left else PASS


# --- the comparison of systems ---

def everything_is_verified(evidence):
    """What was not verified, the reader of results.csv refuses; so all that is there was."""
    ran = [row for row in evidence.all_rows if row.case.kind != "modelled"]
    other = [row for row in ran if row.case.system != "raw"]
    if not other:
        return missing("of a system other than raw")
    return evidence.kind(*{row.case.system for row in other}), \
        f"{len(ran)} cases of {len({row.case.system for row in ran})} systems verified", PASS


def mean_at_most(factor, systems_of, what):
    """A claim's decision: Omniglot's mean over raw is at most `factor` times that of each of the
    systems, over the libraries' cases that both have."""
    def decide(evidence):
        og = omniglot(evidence)
        others = systems_of(evidence)
        pairs = {s: evidence.means_in_common(og, s) for s in others if og}
        pairs = {system: means for system, means in pairs.items() if means}
        if not pairs:
            return missing(f"Omniglot's, or of {what}, over libraries")
        said = f"{og} and the other, over raw: " + ", ".join(
            f"{mine[0]:.3f} and {system} {theirs[0]:.3f}"
            for system, (mine, theirs) in pairs.items())
        limits = {system: [factor * end for end in theirs] for system, (_, theirs) in pairs.items()}
        kind = evidence.kind(og, *pairs)
        verdicts = [compared(mine, limits[system], evidence.kind(og, system))
                    for system, (mine, _) in pairs.items()]
        return kind, said, all_of(verdicts, [between(mine, limits[system])
                                             for system, (mine, _) in pairs.items()], kind)
    return decide


def in_place_is_cheaper(evidence):
    """For each library, using data in place costs less over raw than copying it."""
    og = omniglot(evidence)
    pairs = {}
    for workload in sorted({line["workload"] for line in evidence.lines} - {"libraries"}):
        both = [evidence.mean_in(og, workload, placed) for placed in ("resident", "copied")]
        if og and all(both):
            pairs[workload] = both
    if not pairs:
        return missing("Omniglot's in both placements")
    kind = evidence.kind(og)
    verdicts = {name: compared(*both, kind) for name, both in pairs.items()}
    said = f"{og}, in place and copied: " + ", ".join(
        f"{name} {percent(a[0])} and {percent(b[0])}"
        + (" (not told apart)" if verdicts[name] == OPEN else "")
        for name, (a, b) in pairs.items())
    # Libraries that cannot be told apart speak neither way.
    told = {name: verdict for name, verdict in verdicts.items() if verdict != OPEN}
    return kind, said, all_of(list(told.values()), [between(*pairs[name]) for name in told], kind) \
        if told else OPEN


def cheaper_than(systems_of, what):
    """A claim's decision: in every case that both have, Omniglot costs less than the other. Cases
    where it is dearer speak against it, as `split` finds them; where it costs the same, neither way."""
    def decide(evidence):
        og = omniglot(evidence)
        there = [system for system in systems_of(evidence) if evidence.calls(system)]
        if not og or not there:
            return missing(f"Omniglot's, or of {what}")
        mine, said, verdicts = evidence.calls(og), [], []
        for system in there:
            theirs = evidence.calls(system)
            both = [(mine[work], theirs[work]) for work in mine if work in theirs]
            if not both:
                said.append(f"{system} has no case in common")
                continue
            cheaper, same, dearer, untold = split(both, evidence)
            worst, other = max(dearer or both, key=lambda pair: pair[0].median / pair[1].median)
            equal = f"the same within {100 * significance.WITHIN:.0f} % in {len(same)}, " if same \
                else ""
            said.append(f"{og} is cheaper than {system} in {len(cheaper)} of {len(both)} cases, "
                        f"dearer in {len(dearer)}, {equal}not told apart in {len(untold)}; at worst "
                        f"{worst.median / other.median:.3f} of its cost ({case_of(worst)})")
            verdicts.append(FAIL if dearer else PASS if cheaper else OPEN)
        return evidence.kind(og, *there), "; ".join(said), worst_of(verdicts or [OPEN])
    return decide


# --- single figures ---

def ratio_at_most(threshold, system, workload, operation, size, placement="copied"):
    """A claim's decision: a case costs at most `threshold` times raw's."""
    def decide(evidence):
        row = evidence.row(system, workload, operation, size, placement)
        ratio = evidence.ratios.get(row.case) if row else None
        if ratio is None:
            return missing(f"{workload}/{operation} of {size} B through {system}, {placement}")
        kind = row.case.kind
        said = percent(ratio.ratio) + interval(ratio.ratio_low, ratio.ratio_high, kind)
        return kind, said, against(threshold, ratio.ratio, ratio.ratio_low, ratio.ratio_high, kind)
    return decide


def added_at_most(threshold, system, under):
    """A claim's decision: an empty call costs at most `threshold` more than through `under`."""
    def decide(evidence):
        over, base = (evidence.row(name, "ubench", "invoke-int-0") for name in (system, under))
        if not over or not base:
            return missing(f"ubench/invoke-int-0 through {system} and {under}")
        value = over.median - base.median
        return over.case.kind, f"{value:.0f} {over.case.unit} ({over.median:.0f} less " \
            f"{base.median:.0f})", PASS if value <= threshold else FAIL
    return decide


def cost_at_most(threshold, system, workload, operation):
    """A claim's decision: a case costs at most so much."""
    def decide(evidence):
        row = evidence.row(system, workload, operation)
        if not row:
            return missing(f"{workload}/{operation} through {system}")
        kind = row.case.kind
        return kind, f"{row.median:,.0f} {row.case.unit}", \
            against(threshold, row.median, row.ci_low, row.ci_high, kind)
    return decide


def every_size_at_most(threshold, system, workload, operation, least, placement="copied"):
    """A claim's decision: at no size from `least` on does it cost more than `threshold` times
    raw's."""
    def decide(evidence):
        found = [evidence.ratios[row.case] for row in evidence.rows
                 if (row.case.system, row.case.workload, row.case.operation, row.case.placement)
                 == (system, workload, operation, placement) and row.case.size_bytes >= least
                 and row.case in evidence.ratios]
        if not found:
            return missing(f"{workload}/{operation} from {least} B through {system}, {placement}")
        kind = found[0].case.kind
        verdicts = [against(threshold, r.ratio, r.ratio_low, r.ratio_high, kind) for r in found]
        worst = max(found, key=lambda r: r.ratio)
        off = [significance.widened(beyond(threshold, r.ratio, r.ratio_low, r.ratio_high),
                                    evidence.spread(workload)) for r in found]
        said = f"{len(found)} sizes, at most {percent(worst.ratio)}" + \
            interval(worst.ratio_low, worst.ratio_high, kind) + f" at {worst.case.size_bytes} B"
        return kind, said, all_of(verdicts, off, kind)
    return decide


CLAIMS = (
    Claim("verified", "Every case computes the same bytes as the plain call", "all", OURS,
          EVERYWHERE, everything_is_verified),
    Claim("attacks-raw", "Every attack that applies compromises, or kills, a host that isolates nothing",
          "all", OURS, EVERYWHERE, raw_falls_to_all),
    Claim("attacks-contained", "No attack compromises or kills the host through Omniglot", "none",
          OURS, (GUEST, EMBEDDED), omniglot_falls_to_none),
    Claim("equal", "Better than approaches with similar guarantees",
          "mean over libraries below that of each",
          PAPER.format("performs ... significantly better than those with similar safety guarantees"),
          EVERYWHERE, mean_at_most(1, lambda evidence: evidence.systems("equal"),
                                   "a system with equal guarantees")),
    Claim("weaker", "Comparable to approaches with weaker guarantees",
          "mean over libraries at most 1.10 times that of each; the plain call is the next claim",
          PAPER.format("performs comparably to approaches that deliver weaker guarantees"),
          EVERYWHERE, mean_at_most(COMPARABLE, lambda evidence: [
              system for system in evidence.systems("weaker") if system != "raw"],
                                   "a system with weaker guarantees")),
    Claim("raw", "Comparable to the plain call, which guarantees nothing",
          "mean over libraries at most 1.10 times raw's", OURS, EVERYWHERE,
          mean_at_most(COMPARABLE, named("raw"), "raw")),
    Claim("in-place", "Avoiding copies pays", "in place at most what copying costs, each library",
          PAPER.format("avoids expensive operations such as copying or serialization"),
          EVERYWHERE, in_place_is_cheaper),
    Claim("process", "Cheaper than a process in every case", "dearer in none", OURS, EVERYWHERE,
          cheaper_than(lambda evidence: evidence.sandboxes_in_processes(), "a process")),
    Claim("pipe", "Cheaper than a process behind a pipe, as Sandcrust has it, in every case",
          "dearer in none", OURS, (NATIVE, GUEST), cheaper_than(named("process-pipe"), "process-pipe")),
    Claim("copying", "Cheaper than copying over the same isolation in every case",
          "dearer in none", OURS, (GUEST, EMBEDDED), cheaper_than(named("copy-mpk", "copy-pmp"),
                                            "copying over the same isolation")),
    Claim("wasm", "Cheaper than copying over WebAssembly", "mean over libraries below its", OURS,
          (NATIVE, GUEST), mean_at_most(1, named("copy-wasm"), "copy-wasm")),
    Claim("checks", "Checks alone: SHA-256 in place, from 4 KiB on", "at most +2 %", OURS,
          (NATIVE, GUEST), every_size_at_most(1.02, "og-none", "sodium", "sha256", 4096,
                                              "resident")),
    Claim("gate", "The gate of og-mpk, as what it adds to an empty call of og-none",
          "at most 90 instructions: 80 of the gate, which the test mpk-cost counts exactly, and 10 "
          "by which the two loops may differ", OURS, (GUEST,),
          added_at_most(90, "og-mpk", "og-none")),
    Claim("gate-pmp", "The gate of og-pmp, as what it adds to an empty call of og-none",
          "at most 150 instructions", OURS, (EMBEDDED,), added_at_most(150, "og-pmp", "og-none")),
    Claim("sha256-copied", "og-mpk: SHA-256 of 4 KiB", "at most +1.5 %", OURS, (GUEST, NATIVE),
          ratio_at_most(1.015, "og-mpk", "sodium", "sha256", 4096)),
    Claim("sha256-in-place", "og-mpk: SHA-256 of 32 KiB in place", "at most +0.2 %", OURS,
          (GUEST,), ratio_at_most(1.002, "og-mpk", "sodium", "sha256", 32768, "resident")),
    Claim("inflate-copied", "og-mpk: inflating text to 64 KiB", "at most +0.5 %", OURS, (GUEST,),
          ratio_at_most(1.005, "og-mpk", "zlib", "inflate-text", 65536)),
    Claim("inflate-in-place", "og-mpk: inflating text to 64 KiB in place", "at most +0.5 %", OURS,
          (GUEST,), ratio_at_most(1.005, "og-mpk", "zlib", "inflate-text", 65536, "resident")),
    Claim("hmac", "og-pmp: HMAC-SHA-256 of 1 KiB", "at most +2 %", OURS, (EMBEDDED,),
          ratio_at_most(1.02, "og-pmp", "sodium", "hmac-sha256", 1024)),
    Claim("callbacks", "og-mpk: parsing XML, a callback for each element, at every size",
          "at most twice raw's", OURS, (GUEST,),
          every_size_at_most(2, "og-mpk", "expat", "parse", 0)),
    Claim("open", "og-mpk: opening a domain", "at most 20,000,000 instructions", OURS, (GUEST,),
          cost_at_most(20e6, "og-mpk", "ubench", "domain-open")),
    Claim("reset", "og-mpk: resetting a domain", "at most 200,000 instructions", OURS, (GUEST,),
          cost_at_most(200e3, "og-mpk", "ubench", "domain-reset")),
)
