"""Whether two shares that were counted on different images differ by more than chance."""

from dataclasses import dataclass
from math import exp, lgamma, sqrt

from classifier.engine.measure.intervals import wilson

# What rounding may add to the probability of a table that is as likely as the one observed.
_ALIKE = 1 + 1e-9


@dataclass(frozen=True)
class Difference:
    """One share less the other, its 95 % interval, and a two-sided p-value."""

    value: float
    low: float
    high: float
    p_value: float


def difference(right: int, total: int, other_right: int, other_total: int) -> Difference:
    """Return how much higher the first share is than the other; both totals are at least 1.

    The interval is Newcombe's hybrid score interval (R. G. Newcombe, "Interval estimation for the
    difference between independent proportions", 1998, method 10): made of both Wilson intervals, it
    is right for small numbers. The p-value is Fisher's exact test.
    """
    one, two = right / total, other_right / other_total
    low, high = wilson(right, total)
    other_low, other_high = wilson(other_right, other_total)
    return Difference(
        one - two,
        one - two - sqrt((one - low) ** 2 + (other_high - two) ** 2),
        one - two + sqrt((high - one) ** 2 + (two - other_low) ** 2),
        fisher(right, total - right, other_right, other_total - other_right),
    )


def fisher(right: int, wrong: int, other_right: int, other_wrong: int) -> float:
    """Return the two-sided p-value of Fisher's exact test of a table of two rows.

    R. A. Fisher, "The logic of inductive inference", 1935: all tables with the same sums that are
    no more likely than the one observed.
    """
    first, second = right + wrong, other_right + other_wrong
    column = right + other_right
    least, most = max(0, column - second), min(first, column)
    observed = _logarithm(first, second, column, right)
    total = 0.0
    for count in range(least, most + 1):
        chance = _logarithm(first, second, column, count)
        if exp(chance - observed) <= _ALIKE:
            total += exp(chance)
    return min(1.0, total)


def _logarithm(first: int, second: int, column: int, count: int) -> float:
    """Return the logarithm of the probability of a table (hypergeometric)."""
    rows = _chosen(first, count) + _chosen(second, column - count)
    return rows - _chosen(first + second, column)


def _chosen(total: int, count: int) -> float:
    return lgamma(total + 1) - lgamma(count + 1) - lgamma(total - count + 1)
