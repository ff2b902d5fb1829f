"""One setting that a search varies: a range of numbers, or some choices."""

from dataclasses import dataclass
from math import log10
from typing import Any

import numpy as np

# Values that differ by less are one: a person reads four digits of a learning rate.
_DIGITS = 4


@dataclass(frozen=True)
class Range:
    """Numbers ``low`` to ``high``; ``log``: each tenfold is as likely; a grid has ``points``."""

    low: float
    high: float
    log: bool
    whole: bool
    points: int

    @property
    def ends(self) -> list[Any]:
        """The least and the greatest value, as they were asked."""
        kind = int if self.whole else float
        return [kind(self.low), kind(self.high)]

    @property
    def is_too_narrow(self) -> bool:
        """Whether its ends are one value in the digits that are kept."""
        return not self.whole and f"{self.low:.{_DIGITS}g}" == f"{self.high:.{_DIGITS}g}"

    @property
    def size(self) -> int | None:
        """How many values there are; None of a range of real numbers."""
        return int(self.high) - int(self.low) + 1 if self.whole else None

    def neat(self, value: float) -> float | int:
        """Return the value as it is kept: whole, or with four digits, within the range."""
        if self.whole:
            return int(min(max(round(value), self.low), self.high))
        return min(max(float(f"{value:.{_DIGITS}g}"), float(self.low)), float(self.high))

    def contains(self, value: Any) -> bool:
        """Whether the range holds this value."""
        is_number = isinstance(value, int | float) and not isinstance(value, bool)
        return is_number and self.low <= value <= self.high

    def draw(self, rng: np.random.Generator) -> float | int:
        """Return a value at random."""
        if self.log:
            return self.neat(10 ** rng.uniform(log10(self.low), log10(self.high)))
        return self.neat(rng.uniform(self.low, self.high))

    def grid(self) -> list[Any]:
        """Return ``points`` values from end to end, evenly (or evenly in their logarithms)."""
        spread = np.geomspace if self.log else np.linspace
        values = spread(self.low, self.high, self.points).tolist()
        return list(dict.fromkeys(self.neat(value) for value in values))

    def to_json(self) -> dict[str, Any]:
        """Return it as a request says it."""
        low, high = self.ends
        return {"low": low, "high": high, "log": self.log, "points": self.points}


@dataclass(frozen=True)
class Choices:
    """Two values or more, in no order."""

    options: tuple[Any, ...]

    @property
    def size(self) -> int:
        """How many values there are."""
        return len(self.options)

    @property
    def ends(self) -> list[Any]:
        """Every value."""
        return list(self.options)

    def contains(self, value: Any) -> bool:
        """Whether it is one of them; 1 is not True."""
        return any(value == each and type(value) is type(each) for each in self.options)

    def draw(self, rng: np.random.Generator) -> Any:
        """Return a value at random."""
        return self.options[int(rng.integers(len(self.options)))]

    def grid(self) -> list[Any]:
        """Return every value."""
        return list(self.options)

    def to_json(self) -> dict[str, Any]:
        """Return it as a request says it."""
        return {"choices": list(self.options)}


Dimension = Range | Choices
# By the setting's name, in the order of the preset's settings.
Space = dict[str, Dimension]
