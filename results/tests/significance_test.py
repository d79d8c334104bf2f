#!/usr/bin/env -S python3 -B
"""Verdicts on made-up costs whose differences are known: how many are right, and how many wrong.

All chance is of a generator with a fixed seed: a test that passes once passes always.
"""

import math
import os
import random
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
RESULTS = os.path.dirname(HERE)
sys.path[:0] = [HERE, RESULTS]

import compare  # noqa: E402
import resolution  # noqa: E402
import significance  # noqa: E402
import table  # noqa: E402
import tap  # noqa: E402
from significance import Difference  # noqa: E402

WORKLOADS = ("ubench", "sodium", "zlib", "expat")
SYSTEMS = ("raw", "og-none", "copy-wasm", "process-pipe")


def _near(found, wanted, within=1e-4):
    assert abs(found - wanted) <= within, (found, wanted)


def students_t_and_the_normal_are_as_in_tables():
    for chance, freedom, wanted in ((0.025, 1, 12.7062), (0.025, 4, 2.7764), (0.05, 10, 1.8125),
                                    (0.0005, 8, 5.0413), (0.025, math.inf, 1.95996)):
        _near(significance.quantile(chance, freedom), wanted)
        _near(significance.above(wanted, freedom), chance, 1e-5)
        _near(significance.above(-wanted, freedom), 1 - chance, 1e-5)


def benjamini_and_hochbergs_own_example_rejects_four():
    # Their paper of 1995, section 3.2: fifteen p-values, of which Bonferroni's rejects three.
    p_values = [0.0001, 0.0004, 0.0019, 0.0095, 0.0201, 0.0278, 0.0298, 0.0344, 0.0459, 0.3240,
                0.4262, 0.5719, 0.6528, 0.7590, 1.0]
    tap.equal(significance.found(p_values), [True] * 4 + [False] * 11)
    tap.equal(sum(significance.found(p_values, dependent=True)), 3)
    tap.equal(significance.found(p_values[::-1]), [False] * 11 + [True] * 4)
    tap.equal(significance.found([]), [])
    # What is larger falls with what is smaller, though its own step would not let it.
    tap.equal(significance.found([0.03, 0.04]), [True, True])


def five_percent_of_what_is_found_is_wrong_and_not_five_percent_of_all():
    generator = random.Random(11)
    wrong, naive, rounds = [], 0, 200
    for _ in range(rounds):
        differences = [Difference(generator.gauss(0.04 * (i < 20), 0.01), 0.01) for i in range(100)]
        p_values = [significance.exceeds(difference) for difference in differences]
        fell = significance.found(p_values)
        wrong.append(sum(fell[20:]) / max(1, sum(fell)))
        naive += any(p < 0.05 for p in p_values[20:])
    assert naive > 0.95 * rounds, naive
    assert sum(wrong) / rounds < 0.05, sum(wrong) / rounds


def what_is_near_is_the_same_what_is_far_is_not_and_what_is_vague_is_not_decided():
    tap.equal(significance.verdicts([Difference(math.log(ratio), error) for ratio, error in (
        (1.0, 0.01), (1.02, 0.005), (0.98, 0.005), (1.3, 0.02), (0.7, 0.02), (1.0, 0.1),
        (1.2, 0.2))]), ["same", "same", "same", "slower", "faster", "not decided", "not decided"])


def counts_are_what_they_are():
    tap.equal(significance.verdicts([Difference(0.0, 0.0), Difference(0.002, 0.0),
                                     Difference(-0.002, 0.0)], 0.001), ["same", "slower", "faster"])


def what_a_case_resolves_is_where_its_verdict_turns():
    for freedom in (4, math.inf):
        limit = math.log(significance.resolved(Difference(0, 0.03, freedom), 50))
        for value, verdict in ((limit * 1.001, "slower"), (limit * 0.999, "not decided")):
            others = [Difference(0, 1.0)] * 49
            tap.equal(significance.verdicts([Difference(value, 0.03, freedom), *others])[0], verdict)


def _cases(count):
    return [table.Case("x86_64-linux", SYSTEMS[i % 4], WORKLOADS[i // 4 % 4], f"op{i // 16}",
                       "copied", 8, "measured", "ns") for i in range(count)]


class _Run:
    """As compare.Run, of costs from a generator: each process has its layout, which moves a tenth
    of the cases by 10 %, and all of them by `layout`; each repetition has its noise."""

    def __init__(self, generator, cases, processes, factors, layout=0.015, drift=0.0):
        self.costs_of, self.rows, self.resolved = {}, {}, {}
        moved = generator.gauss(0, drift)
        for i, case in enumerate(cases):
            self.costs_of[case] = []
            for _ in range(processes):
                bias = generator.gauss(0, layout) + (0.1 if generator.random() < 0.1 * (i % 3 == 0)
                                                     else 0)
                cost = 1000 * factors.get(i, 1) * math.exp(bias + moved)
                self.costs_of[case].append([cost * (1 + abs(generator.gauss(0, 0.01)))
                                            for _ in range(6)])
            flat = sum(self.costs_of[case], [])
            self.rows[case] = table.Row(case, sorted(flat)[len(flat) // 2], 0, 0, len(flat), i)

    def costs(self, case):
        return self.costs_of[case]

    def variant(self, case):
        return ""


def _counted(generator, cases, processes, factors, **more):
    """(wrongly called different, rightly, same, not decided) of two runs, the second's costs with
    the factors."""
    runs = _Run(generator, cases, processes, {}, **more), _Run(generator, cases, processes, factors,
                                                             **more)
    found, _ = compare.compared(*runs)
    said = compare.decided(found, significance.WITHIN)
    other = [i for i, verdict in enumerate(said) if verdict in ("slower", "faster")]
    right = sum(i in factors and (said[i] == "slower") == (factors[i] > 1) for i in other)
    return len(other) - right, right, said.count("same"), said.count("not decided")


def two_runs_of_one_program_are_the_same_almost_always():
    generator, cases = random.Random(3), _cases(240)
    found = [_counted(generator, cases, 4, {}) for _ in range(10)]
    assert sum(wrong > 0 for wrong, *_ in found) <= 1, found
    assert sum(same for _, _, same, _ in found) > 0.7 * 10 * 240, found


def one_process_each_is_not_called_different_by_its_layout():
    generator, cases = random.Random(4), _cases(240)
    found = [_counted(generator, cases, 1, {}) for _ in range(10)]
    assert sum(wrong > 0 for wrong, *_ in found) <= 1, found


def a_machine_that_drifts_between_two_runs_changes_no_case():
    generator, cases = random.Random(5), _cases(240)
    found = [_counted(generator, cases, 4, {}, drift=0.05) for _ in range(10)]
    assert sum(wrong > 0 for wrong, *_ in found) <= 1, found


def what_did_change_is_found():
    generator, cases = random.Random(6), _cases(240)
    factors = {i: 1.3 if i % 2 else 0.7 for i in range(1, 60, 3) if i % 4}
    found = [_counted(generator, cases, 4, factors) for _ in range(10)]
    assert sum(right for _, right, *_ in found) > 0.9 * 10 * len(factors), found
    assert sum(wrong for wrong, *_ in found) <= 0.05 * 10 * len(factors), found


def pairs_of_one_system_say_what_is_resolved():
    generator, samples = random.Random(8), {}
    for workload, spread in (("calm", 0.0), ("wild", 0.05)):
        for size in range(40):
            for system in ("raw", "raw-again", "og-none"):
                bias = generator.gauss(0, spread / math.sqrt(2))
                samples["x86_64-linux", workload, "op", system, size, "copied"] = [
                    100 * math.exp(bias + generator.gauss(0, 0.005)) for _ in range(15)]
    found = resolution.of_samples(samples)
    tap.equal({where: there.pairs for where, there in found.items()},
              {("x86_64-linux", "calm"): 40, ("x86_64-linux", "wild"): 40, ("x86_64-linux", "*"): 80})
    calm, wild = (found["x86_64-linux", workload] for workload in ("calm", "wild"))
    assert calm.spread < 0.003 and calm.ratio < 1.01, calm
    assert 0.035 < wild.spread < 0.07 and 1.07 < wild.ratio < 1.17, wild
    tap.equal(resolution.of(found, "x86_64-linux", "unseen").pairs, 80)
    tap.equal(resolution.spread({}, "x86_64-linux", "calm"), 0.0)


if __name__ == "__main__":
    sys.exit(tap.run(globals()))
