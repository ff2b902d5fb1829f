"""What several tests of a window say together, and how sure a look must be among many looks."""

from collections.abc import Sequence
from typing import Literal, get_args

Judgement = Literal["quiet", "watch", "drift"]
QUIET, WATCH, DRIFT = get_args(Judgement)
# The chance that a window in which nothing has moved is worth a look.
ONE_LOOK = 0.05
# The chance that any of the scheduled looks of 30 days raises an alarm over nothing, and again that
# any of those does that people ask for.
A_MONTH = 0.05
MONTH_HOURS = 30 * 24
ASKED_A_MONTH = 100
# A look every six hours has a level that 19,999 draws reach with a margin, three tests together.
LEAST_HOURS = 6


def holm(p_values: Sequence[float]) -> list[float]:
    """Return p-values that may each be compared with the level of all tests together.

    Holm, "A simple sequentially rejective multiple test procedure", 1979: however the tests hang
    together, the chance of any false alarm is the level at most.
    """
    order = sorted(range(len(p_values)), key=lambda place: p_values[place])
    adjusted, highest = [1.0] * len(p_values), 0.0
    for rank, place in enumerate(order):
        highest = max(highest, min(1.0, (len(p_values) - rank) * p_values[place]))
        adjusted[place] = highest
    return adjusted


def level_of_look(looks: int) -> float:
    """Return the level of each of so many looks within 30 days (Bonferroni)."""
    return min(ONE_LOOK, A_MONTH / max(1, looks))


def judged(adjusted: float, level: float) -> Judgement:
    """Return what an adjusted p-value means: ``drift`` holds among all looks of a month, ``watch``
    for this window alone."""
    if adjusted <= level:
        return DRIFT
    return WATCH if adjusted <= ONE_LOOK else QUIET
