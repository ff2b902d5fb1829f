"""How sure a share is that was counted on a few images, in numbers and in words."""

from dataclasses import dataclass
from math import sqrt
from typing import Literal

Method = Literal["wilson", "bootstrap"]

# Below this many images the interval is so wide that a difference says little.
FEW = 30
_Z = 1.959964
# Narrower than this, whole percents would hide the range.
_NARROW = 0.03


@dataclass(frozen=True, kw_only=True)
class Estimate:
    """Where a figure on new images lies, with a confidence of 95 %, and how that was found.

    ``wilson`` is the score interval below; ``bootstrap`` the middle 95 % of the figure on images
    drawn again from the same ones, with a seed (B. Efron, 1979).
    """

    low: float
    high: float
    method: Method

    @property
    def ends(self) -> tuple[float, float]:
        """Both ends."""
        return self.low, self.high


def wilson(correct: int, total: int) -> tuple[float, float]:
    """Return the 95 % interval of a share, for ``total`` ≥ 1.

    Wilson's score interval (E. B. Wilson, "Probable inference, the law of succession, and
    statistical inference", 1927): unlike the normal one it stays within 0 and 1 and is right for
    small numbers.
    """
    share, z2 = correct / total, _Z**2
    middle = share + z2 / (2 * total)
    reach = _Z * sqrt(share * (1 - share) / total + z2 / (4 * total**2))
    scale = 1 + z2 / total
    # All right or all wrong, rounding would leave the ends a hair inside.
    low = 0.0 if correct == 0 else max(0.0, (middle - reach) / scale)
    high = 1.0 if correct == total else min(1.0, (middle + reach) / scale)
    return low, high


def share_interval(share: float | None, total: int) -> tuple[float, float] | None:
    """Return ``wilson`` of a share that was counted on ``total`` images; None where none were."""
    if share is None or total < 1:
        return None
    return wilson(min(total, max(0, round(share * total))), total)


def percent(share: float) -> str:
    """Return 0.9876 as "98.8 %"."""
    return f"{share * 100:.1f} %"


def span(low: float, high: float) -> str:
    """Return 0.824 and 1.0 as "82 to 100 %"; a narrow range keeps one decimal."""
    digits = 1 if high - low < _NARROW else 0
    return f"{low * 100:.{digits}f} to {high * 100:.{digits}f} %"


def probably(low: float, high: float) -> str:
    """Return "probably 82 to 100 %": how Loupe says a 95 % interval in words."""
    return f"probably {span(low, high)}"
