#!/usr/bin/env -S python3 -B
"""How long a run will still take is known after its first minute; in time that the tests make up."""

import contextlib
import functools
import io
import os
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
RESULTS = os.path.dirname(HERE)
sys.path[:0] = [HERE, RESULTS]

import fake_bench  # noqa: E402
import measure_natively  # noqa: E402
import progress  # noqa: E402
import tap  # noqa: E402
import time_left  # noqa: E402


NAMES = [fake_bench.name_of(case) for case in fake_bench.cases()]


class Clock:
    """Shows a time that only what is made up makes pass."""

    def __init__(self):
        self.now = 1000.0

    def __call__(self):
        return self.now


class Run:
    """A run with the stand-in for og-bench, whose time is its own. What was estimated is in `estimates`,
    (when, seconds left) each."""

    def __init__(self, plan):
        self.folder = tempfile.TemporaryDirectory()
        self.clock, self.estimates, self.plan = Clock(), [], plan
        self.began = self.looked = self.clock.now
        self.said = io.StringIO()
        self.shown = progress.Progress([("build", None), ("bench-native", None), ("figures", 30.0)],
                                       self.said, self.clock)

    def build(self, steps, seconds_of_step):
        """Says `steps` steps, of which some take ten times as long as most."""
        self.shown.stage(0, "building")
        watcher = time_left.Building(steps, 2, self.clock)
        # What is measured is asked for after the build; until then nobody knows how long it takes.
        self.shown.expect("bench-native", 0.0)
        self.shown.watch(watcher)
        for step in range(steps):
            watcher.step()
            self.pass_time(seconds_of_step * (10 if step % 20 == 7 else 1))

    def pass_time(self, seconds):
        self.clock.now += seconds
        if self.clock.now - self.looked >= 10:
            self.looked = self.clock.now
            self.shown.look()
            self.estimates.append((self.clock.now, self.shown.left()))

    def measure(self):
        """All processes, one after the other."""
        repetitions, processes, min_time = self.plan
        watcher = time_left.Natively(self.folder.name, NAMES, self.plan, None, self.clock)
        self.shown.expect("bench-native", watcher.left())
        self.shown.stage(1, "measuring")
        self.shown.watch(watcher)
        self.estimates.append((self.clock.now, self.shown.left()))
        for number, count in enumerate(measure_natively.shares(repetitions, processes)):
            fake_bench.main(["--run-dir", os.path.join(self.folder.name, "processes", str(number)), "--seed",
                             str(number + 1), "--again", measure_natively.AGAIN, "--repetitions", str(count),
                             "--min-time", str(min_time)], self.pass_time)

    def draw(self):
        """The stage that nobody watches, which takes a sixth longer than was expected."""
        self.shown.stage(2, "drawing")
        for _ in range(35):
            self.pass_time(1.0)

    def wrong_by(self, ended, after):
        """The largest share that an estimate, made so many seconds after the beginning or later, is off by.
        Of the last seconds nobody asks."""
        return max(abs(left - (ended - at)) / (ended - at) for at, left in self.estimates
                   if at - self.began >= after and ended - at >= 20)


@functools.lru_cache
def _run(plan):
    """One that was measured and drawn."""
    run = Run(plan)
    run.measure()
    run.draw()
    return run


THIRD = 1 / 3


def after_a_minute_a_run_is_right_within_a_third_about_what_is_left():
    for plan in ((12, 4, 0.01), (12, 4, 0.005)):
        run = _run(plan)
        tap.equal((plan, run.wrong_by(run.clock.now, 60) <= THIRD), (plan, True))
        assert run.clock.now - run.began > 120, plan
        tap.contains(run.said.getvalue(), "  of all stages   [elapsed 1 min ", " left]\n")


def a_machine_on_which_all_takes_thrice_as_long_is_known_after_a_minute():
    run = Run((12, 4, 0.01))
    slow, run.pass_time = run.pass_time, lambda seconds: slow(3 * seconds)
    run.measure()
    ended = run.clock.now + 30
    assert run.wrong_by(ended, 0) > THIRD
    assert run.wrong_by(ended, 60) <= THIRD, run.wrong_by(ended, 60)


def a_build_is_right_within_a_third_after_a_minute():
    for seconds in (0.2, 1.0, 4.0):
        run = Run((12, 4, 0.01))
        run.build(300, seconds)
        ended = run.clock.now + 30
        tap.equal((seconds, run.wrong_by(ended, 60) <= THIRD), (seconds, True))


def what_an_earlier_run_took_is_the_first_estimate():
    with tempfile.TemporaryDirectory() as folder:
        tap.equal(round(time_left.Natively(folder, NAMES, (12, 4, 0.01), 777.0, Clock()).left()), 777)


def what_is_there_already_is_not_waited_for_again():
    run = _run((12, 4, 0.01))
    again = time_left.Natively(run.folder.name, NAMES, run.plan, None, run.clock)
    tap.equal((again.left(), run.estimates[0][1] > 60), (0.0, True))


def a_stage_that_takes_longer_than_it_should_is_never_said_to_be_over():
    clock = Clock()
    shown = progress.Progress([("figures", 10.0), ("claims", 1.0)], io.StringIO(), clock)
    shown.stage(0, "drawing")
    clock.now += 100
    tap.equal(shown.left(), 11.0)


def nothing_is_promised_while_a_stage_is_not_known():
    said = io.StringIO()
    with contextlib.redirect_stdout(said):
        shown = progress.Progress([("build", None), ("claims", 1.0)], said, Clock())
        shown.stage(0, "building")
    tap.contains(said.getvalue(), "time left not yet known")


if __name__ == "__main__":
    sys.exit(tap.run(globals()))
