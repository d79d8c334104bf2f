"""Says where a pipeline of stages stands: stage n of m, elapsed, estimated remaining time.

On a terminal each stage's line carries a bar of the whole; elsewhere plain lines. A stage that takes
long has a line each minute of how much of all is left. The estimate is the caller's: from an earlier
run, or from what there is to do, and, while a stage runs, from whoever watches it (time_left.py).
"""

import sys
import time

BAR = 24
SAID_EVERY = 60


def duration(seconds):
    """Seconds as people say them: 42 s, 3 min 05 s, 1 h 02 min."""
    seconds = int(round(seconds))
    if seconds < 60:
        return f"{seconds} s"
    if seconds < 3600:
        return f"{seconds // 60} min {seconds % 60:02} s"
    return f"{seconds // 3600} h {seconds // 60 % 60:02} min"


class Progress:
    """`expected` is a list of (stage name, seconds or None), in order."""

    def __init__(self, expected, out=sys.stdout, clock=time.monotonic):
        self.expected = expected
        self.out = out
        self.clock = clock
        self.began = self.stage_began = self.said = clock()
        self.number, self.watcher = 0, None

    def expect(self, name, seconds):
        """Corrects the estimate of a stage that is still to come."""
        self.expected = [(stage, seconds if stage == name else known)
                         for stage, known in self.expected]

    def watch(self, watcher):
        """Who says what the current stage has left: watcher.left()."""
        self.watcher = watcher

    def left(self):
        """Seconds until all is done; None where nobody knows."""
        if self.watcher:
            here = self.watcher.left()
        else:
            here = self.expected[self.number][1]
            if here is not None:
                spent = self.stage_seconds()
                here = max(here - spent, spent / 10)
        left = [here, *(seconds for _, seconds in self.expected[self.number + 1:])]
        return None if None in left else sum(left)

    def times(self, left):
        """How long it has taken and will take, in words."""
        return f"[elapsed {duration(self.clock() - self.began)}, " + \
            ("time left not yet known]" if left is None else f"about {duration(left)} left]")

    def stage(self, number, what):
        """Announces stage `number`, counted from 0."""
        self.stage_began = self.said = self.clock()
        self.number, self.watcher = number, None
        elapsed, left = self.stage_began - self.began, self.left()
        words = f"stage {number + 1} of {len(self.expected)}: {what}   {self.times(left)}"
        if self.out.isatty():
            done = elapsed / (elapsed + left) if left is not None and elapsed + left > 0 else \
                number / len(self.expected)
            filled = int(BAR * done)
            words = f"\033[1m{'█' * filled}{'░' * (BAR - filled)}\033[0m {words}"
        print(words, file=self.out, flush=True)

    def look(self):
        """Says what is left, if that was not said for a while."""
        if self.clock() - self.said < SAID_EVERY:
            return
        self.said = self.clock()
        # The stage's own line may be drawn over where it stands.
        print(("\r\033[K" if self.out.isatty() else "") + f"  of all stages   {self.times(self.left())}",
              file=self.out, flush=True)

    def stage_seconds(self):
        """How long the current stage has taken."""
        return self.clock() - self.stage_began

    def finished(self):
        """Announces the end."""
        print(f"all {len(self.expected)} stages done in "
              f"{duration(self.clock() - self.began)}", file=self.out, flush=True)
