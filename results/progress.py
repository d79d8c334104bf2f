"""Says where a pipeline of stages stands: stage n of m, elapsed, estimated remaining time.

On a terminal each stage's line carries a bar of the whole; elsewhere plain lines. The
estimate is the caller's: from an earlier run, or from what there is to do.
"""

import sys
import time

BAR = 24


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

    def __init__(self, expected, out=sys.stdout):
        self.expected = expected
        self.out = out
        self.began = time.monotonic()
        self.stage_began = self.began

    def expect(self, name, seconds):
        """Corrects the estimate of a stage that is still to come."""
        self.expected = [(stage, seconds if stage == name else known)
                         for stage, known in self.expected]

    def stage(self, number, what):
        """Announces stage `number`, counted from 0."""
        self.stage_began = time.monotonic()
        elapsed = self.stage_began - self.began
        left = [seconds for _, seconds in self.expected[number:]]
        known = sum(seconds for seconds in left if seconds is not None)
        words = f"stage {number + 1} of {len(self.expected)}: {what}"
        words += f"   [elapsed {duration(elapsed)}, "
        words += f"about {duration(known)} left]" if None not in left else "time left not yet known]"
        if self.out.isatty():
            done = elapsed / (elapsed + known) if None not in left and elapsed + known > 0 else \
                number / len(self.expected)
            filled = int(BAR * done)
            words = f"\033[1m{'█' * filled}{'░' * (BAR - filled)}\033[0m {words}"
        print(words, file=self.out, flush=True)

    def stage_seconds(self):
        """How long the current stage has taken."""
        return time.monotonic() - self.stage_began

    def finished(self):
        """Announces the end."""
        print(f"all {len(self.expected)} stages done in "
              f"{duration(time.monotonic() - self.began)}", file=self.out, flush=True)
