"""Whether two models that answered the same images differ by more than chance."""

from dataclasses import dataclass
from math import comb, erfc, sqrt

# Up to so many images on which only one is right the p-value is counted out, beyond it read off
# the chi-squared distribution, which is by then the same to three digits.
_EXACT = 1000


@dataclass(frozen=True)
class Comparison:
    """Two models on the same images: how many only the one and only the other got right.

    ``p_value`` is two-sided: how likely a difference at least as large is where both are alike.
    """

    only_this: int
    only_other: int
    p_value: float

    def worse(self, alpha: float) -> bool:
        """Return whether this one is worse than the other, by more than chance allows."""
        return self.only_this < self.only_other and self.p_value < alpha


def compare(this: bytes, other: bytes) -> Comparison:
    """Compare two ``pack``-ed rows of right and wrong answers about the same images.

    Raises ValueError where they are not of one length.
    """
    if len(this) != len(other):
        raise ValueError("The two models must have answered the same images.")
    one, two = int.from_bytes(this), int.from_bytes(other)
    only_this, only_other = (one & ~two).bit_count(), (two & ~one).bit_count()
    return Comparison(only_this, only_other, mcnemar(only_this, only_other))


def mcnemar(only_this: int, only_other: int) -> float:
    """Return the two-sided p-value of McNemar's test; 1.0 where the two never differ.

    Q. McNemar, "Note on the sampling error of the difference between correlated proportions or
    percentages", 1947: where both models are alike, each image that only one of them gets right is
    a fair coin. Exact (binomial) up to 1,000 such images; beyond, the chi-squared statistic with
    A. L. Edwards's correction for continuity, 1948.
    """
    total, fewer = only_this + only_other, min(only_this, only_other)
    if not is_exact(only_this, only_other):
        return erfc(sqrt(statistic(only_this, only_other) / 2))
    tail = sum(comb(total, count) for count in range(fewer + 1))
    return min(1.0, 2 * tail / 2**total)


def statistic(only_this: int, only_other: int) -> float:
    """Return McNemar's chi-squared statistic with the correction for continuity; 0 where equal."""
    difference = max(0, abs(only_this - only_other) - 1)
    return difference**2 / (only_this + only_other) if difference else 0.0


def is_exact(only_this: int, only_other: int) -> bool:
    """Return whether the p-value is counted out (binomial), not read off the statistic."""
    return only_this + only_other <= _EXACT
