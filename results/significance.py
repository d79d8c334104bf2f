"""How a difference between two costs becomes a verdict where many are asked of at once.

A difference is of logarithms, so that 5 % more and 5 % less weigh the same; with it goes its
standard error, and the degrees of freedom that the error was found with (infinite: it is known).
A difference without error is of counts, and is what it is. docs/methodology.md says why each of these
is done, and where each is from.
"""

import math
from typing import NamedTuple

RATE = 0.05  # of what is called different, or called the same, this share may be so wrongly
WITHIN = 0.05  # what is nearer than this is the same
Z95 = 1.959964  # half the width of a 95 % interval, in standard errors


class Difference(NamedTuple):
    """The logarithm of one cost over another."""

    value: float
    error: float
    freedom: float = math.inf


def of_interval(ratio, low, high):
    """The Difference of a ratio with a 95 % interval; one that reaches 0 says nothing."""
    if low <= 0:
        return Difference(math.log(ratio), math.inf)
    return Difference(math.log(ratio), (math.log(high) - math.log(low)) / (2 * Z95))


def widened(difference, spread):
    """With what its error does not know of: a standard deviation of logarithms."""
    return difference._replace(error=math.hypot(difference.error, spread))


def above(value, freedom=math.inf):
    """How likely Student's t with so many degrees of freedom is above the value."""
    if math.isinf(value):
        return 0.0 if value > 0 else 1.0
    if math.isinf(freedom):
        return math.erfc(value / math.sqrt(2)) / 2
    tail = _beta(freedom / (freedom + value * value), freedom / 2, 0.5) / 2
    return tail if value > 0 else 1 - tail


def _beta(x, a, b):
    """The regularized incomplete beta function, by its continued fraction (Lentz's method)."""
    if x <= 0 or x >= 1:
        return min(max(x, 0.0), 1.0)
    if x > (a + 1) / (a + b + 2):
        return 1 - _beta(1 - x, b, a)
    front = math.exp(math.lgamma(a + b) - math.lgamma(a) - math.lgamma(b)
                     + a * math.log(x) + b * math.log1p(-x)) / a
    tiny = 1e-300
    c, d = 1.0, 1 / (1 - (a + b) * x / (a + 1) or tiny)
    total = d
    for m in range(1, 500):
        for part in (m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m)),
                     -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1))):
            d = 1 / (1 + part * d or tiny)
            c = 1 + part / c or tiny
            total *= c * d
        if abs(c * d - 1) < 1e-12:
            break
    return front * total


def quantile(chance, freedom=math.inf):
    """The value that Student's t exceeds with this chance, of at most one half."""
    low, high = 0.0, 1.0
    while above(high, freedom) > chance:
        high *= 2
    for _ in range(80):
        middle = (low + high) / 2
        low, high = (middle, high) if above(middle, freedom) > chance else (low, middle)
    return high


def exceeds(difference, limit=0.0):
    """The p-value of: it is at most the limit. Small speaks for more."""
    over = difference.value - limit
    if not difference.error:
        return 0.0 if over > 0 else 1.0
    return above(over / difference.error, difference.freedom)


def falls_short(difference, limit=0.0):
    """The p-value of: it is at least the limit. Small speaks for less."""
    return exceeds(difference._replace(value=-difference.value), -limit)


def differs(difference):
    """The p-value of: there is no difference."""
    return min(1.0, 2 * min(exceeds(difference), falls_short(difference)))


def outside(difference, within=WITHIN):
    """The p-value of: it is `within` or more, either way; two one-sided tests. Small speaks for the
    same."""
    limit = math.log1p(within)
    return max(exceeds(difference, -limit), falls_short(difference, limit))


def interval(difference, level=0.95):
    """The interval of the ratio."""
    if not difference.error:
        return (math.exp(difference.value),) * 2
    half = quantile((1 - level) / 2, difference.freedom) * difference.error
    return math.exp(difference.value - half), math.exp(difference.value + half)


def found(p_values, rate=RATE, dependent=False):
    """Which of the hypotheses fall when of those that fall at most this share may do so wrongly:
    Benjamini and Hochberg's procedure; with `dependent` Benjamini and Yekutieli's, which
    holds however the cases hang together."""
    count = len(p_values)
    if dependent:
        rate /= sum(1 / i for i in range(1, count + 1)) or 1
    order = sorted(range(count), key=lambda i: p_values[i])
    last = max((place for place, i in enumerate(order, start=1)
                if p_values[i] <= rate * place / count), default=0)
    fall = set(order[:last])
    return [i in fall for i in range(count)]


def verdicts(differences, within=WITHIN, rate=RATE):
    """"same", "slower", "faster" or "not decided" of each of them, all taken together. What is shown
    to be nearer than `within` is the same, be it ever so sure that it differs by less: that each case
    says for itself, since one that says so wrongly differs by `within` or more, and one in twenty
    of those may."""
    same = [outside(d, within) <= rate for d in differences]
    other = found([differs(d) for d in differences], rate, dependent=True)
    return ["same" if same[i] else "not decided" if not other[i] else
            "slower" if d.value > 0 else "faster" for i, d in enumerate(differences)]


def resolved(difference, count=1):
    """The least ratio above 1 that one case among so many would be called different at, if it
    alone were: what can be resolved."""
    if not difference.error:
        return 1.0
    chance = RATE / (2 * count * sum(1 / i for i in range(1, count + 1)))
    return math.exp(quantile(chance, difference.freedom) * difference.error)
