"""How long what is still to be done of a stage will take, from what was done of it so far.

A stage's work is pieces, each with a guess of its seconds. The guesses need not be good: by how much
they are wrong is seen from the pieces that are done. What is done several times (a group of cases, by
each process) is known after the first time.
"""

import os

import measure_natively

# How many seconds of guesses the first estimate weighs, against those of pieces that are done.
WEIGHT = 10.0


class Work:
    """Pieces are (what, which time): those of one `what` take about the same."""

    def __init__(self, guesses, known=None):
        """`guesses`: {piece: seconds}. `known`: what all of them took together in an earlier run."""
        self.guesses = guesses
        self.left_over = dict.fromkeys(guesses)
        self.took = {}
        whole = sum(guesses.values())
        self.factor = known / whole if known and whole else 1.0
        self.spent = self.guessed = 0.0

    def done(self, pieces, seconds):
        """These were done in so many seconds; None where nobody looked when they began."""
        new = [piece for piece in pieces if piece in self.left_over]
        whole = sum(self.guesses[piece] for piece in new)
        for piece in new:
            del self.left_over[piece]
            if seconds is not None:
                self.took[piece[0]] = seconds * self.guesses[piece] / whole
        if new and seconds is not None:
            self.spent += seconds
            self.guessed += whole

    def left(self):
        """Seconds."""
        factor = (self.factor * WEIGHT + self.spent) / (WEIGHT + self.guessed)
        return sum(self.took.get(piece[0], factor * self.guesses[piece]) for piece in self.left_over)


# --- measuring natively ---

# A case is prepared and verified, and a sample's length found, in each process anew.
SECONDS_OF_CASE, CALIBRATING = 0.012, 1.5
# What a byte takes, about; some take a third of it, some three times as much.
SECONDS_OF_BYTE = 1e-8
LONGER = 1.2  # than it has to be, is a sample


def groups_of(names):
    """{group: how many rows it has}, raw's and og-none's counted twice, of og-bench's --list."""
    found = {}
    for name in names:
        workload, operation, system, size, *placement = name.split("/")
        group = (workload, operation, placement[0] if placement else "copied", size)
        found[group] = found.get(group, 0) + (2 if system in measure_natively.AGAIN.split(",") else 1)
    return found


def guess(group, rows, repetitions, min_time):
    """Seconds of a group of cases in one process."""
    operation = int(group[3]) * SECONDS_OF_BYTE
    sample = LONGER * max(min_time, operation)
    return rows * (SECONDS_OF_CASE + 4 * operation + (repetitions + CALIBRATING) * sample)


class Natively:
    """The work of measure_natively.py, seen from the rows that its processes have written."""

    def __init__(self, run, names, plan, known, clock):
        """`plan`: (repetitions, processes, least seconds of a sample)."""
        repetitions, processes, min_time = plan
        self.run, self.clock = run, clock
        self.work = Work({(group, str(number)): guess(group, rows, count, min_time)
                          for group, rows in groups_of(names).items()
                          for number, count in enumerate(measure_natively.shares(repetitions, processes))},
                         known)
        self.looked = None
        self.look()

    def look(self):
        """Takes note of what was done since the last time; what was there the first time is of an earlier
        call."""
        now = self.clock()
        found = [(group, os.path.basename(folder)) for folder in measure_natively.folders(self.run)
                 for group in groups_in(os.path.join(folder, "results.csv"))]
        if any(piece in self.work.left_over for piece in found):
            self.work.done(found, None if self.looked is None else now - self.looked)
            self.looked = now
        elif self.looked is None:
            self.looked = now

    def left(self):
        """Seconds; of the group that is being measured a part is done."""
        self.look()
        whole = self.work.left()
        return max(whole - (self.clock() - self.looked), whole / 2)


def groups_in(path):
    """Of which groups there are rows in a results.csv."""
    try:
        with open(path, encoding="utf-8") as file:
            lines = [line.split(",", 6) for line in file.read().splitlines()[1:]]
    except FileNotFoundError:
        return set()
    return {(line[2], line[3], line[4], line[5]) for line in lines if len(line) > 6}


# --- building ---

SECONDS_OF_STEP, WEIGHT_OF_STEPS = 1.0, 2.0


class Building:
    """A build that says each of its steps."""

    def __init__(self, steps, processors, clock):
        self.steps, self.seconds = steps, steps * SECONDS_OF_STEP / processors
        self.clock, self.began, self.said = clock, clock(), 0

    def step(self):
        """One more was begun."""
        self.said += 1

    def left(self):
        """Seconds."""
        if not self.steps:
            return 0.0
        done = self.seconds * min(1.0, self.said / self.steps)
        return (self.seconds - done) * (WEIGHT_OF_STEPS + self.clock() - self.began) / (
            WEIGHT_OF_STEPS + done)
