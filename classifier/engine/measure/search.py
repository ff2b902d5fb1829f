"""What a search found: its trials' figures, the best of them, and what that is worth."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Literal

from classifier.engine.measure.intervals import percent, share_interval, span
from classifier.engine.versioned import Versioned

Objective = Literal["accuracy", "loss"]
# What a loss counts as at most between equal accuracies; of ten classes by chance it is 2.3.
_MOST_LOSS = 10.0


@dataclass(frozen=True, kw_only=True)
class TrialFigures(Versioned):
    """One trial on the validation split; None for both where it ``failed`` (a sentence).

    ``stopped`` says why it ended early, as ``outcome.Stopped`` does; ``same_as`` is an earlier
    trial with the very same settings, whose figures these are.
    """

    SCHEMA: ClassVar[int] = 1

    val_accuracy: float | None = None
    val_loss: float | None = None
    epochs: int = 0
    seconds: float = 0.0
    began: float | None = None
    failed: str = ""
    stopped: dict[str, Any] | None = None
    same_as: int | None = None

    @property
    def pruned(self) -> bool:
        """Whether it was ended because others were better by then."""
        return self.stopped is not None and self.stopped["reason"] == "pruned"

    def value(self, objective: Objective) -> float | None:
        """Return the figure that the search is about; None where there is none."""
        found = self.val_accuracy if objective == "accuracy" else self.val_loss
        return None if found is None or not math.isfinite(found) else found

    def score(self, objective: Objective, images: int) -> float | None:
        """Return what is greater for a better trial; None where it failed.

        Of equal accuracies on ``images``, the lower loss is better: by less than one image counts.
        """
        value = self.value(objective)
        if value is None:
            return None
        if objective == "loss":
            return -value
        loss = self.val_loss if self.val_loss is not None else _MOST_LOSS
        loss = min(loss, _MOST_LOSS) if math.isfinite(loss) else _MOST_LOSS
        return value - 0.5 * loss / _MOST_LOSS / max(1, images)


@dataclass(frozen=True, kw_only=True)
class BestTrial:
    """A trial by its number; ``config`` are all its settings."""

    number: int
    value: float
    accuracy: float | None
    loss: float | None
    params: dict[str, Any]
    config: dict[str, Any]


@dataclass(frozen=True, kw_only=True)
class Importance:
    """Which share (0..1) of the differences between trials a setting explains."""

    setting: str
    share: float


@dataclass(frozen=True, kw_only=True)
class SearchResult(Versioned):
    """All of it. ``first_value`` is that of the settings that the search began with.

    ``images`` of the validation split were counted. ``ended`` says which budget was used up, or
    that every point of the grid, or combination of the space, was tried. ``importance`` is None
    where there are too few trials. ``advice`` are ``words``, stored.
    """

    SCHEMA: ClassVar[int] = 1

    best: BestTrial
    objective: Objective
    images: int
    first_value: float | None
    trials: int
    pruned: int
    failed: int
    seconds: float
    ended: Literal["trials", "time", "grid", "space"]
    importance: tuple[Importance, ...] | None
    advice: str = ""

    @property
    def interval(self) -> tuple[float, float] | None:
        """Wilson's 95 % interval of the best trial's accuracy, as if it had been the only one."""
        return share_interval(self.best.accuracy, self.images)

    @property
    def words(self) -> str:
        """What came of it, and how far to trust that."""
        return " ".join(part for part in (self._best, self._first, self._trust) if part)

    @property
    def _best(self) -> str:
        number = f"Trial {self.best.number + 1} of {self.trials:,} is the best"
        if self.best.accuracy is None or self.objective == "loss":
            return f"{number}: its validation loss is {self.best.value:.4g}."
        low, high = self.interval or (0.0, 1.0)
        return (
            f"{number}: {percent(self.best.accuracy)} of {self.images:,} validation images are "
            f"right (alone: {span(low, high)})."
        )

    @property
    def _first(self) -> str:
        if self.first_value is None:
            return ""
        if self.best.number == 0:
            return "These are the settings that it began with: nothing else was better."
        if self.objective == "loss":
            return f"The settings that it began with: {self.first_value:.4g}."
        gain = 100 * (self.best.value - self.first_value)
        return f"The settings that it began with: {percent(self.first_value)} ({gain:+.1f} points)."

    @property
    def _trust(self) -> str:
        if self.trials < 2:
            return "One trial compares nothing."
        return (
            f"The best of {self.trials:,} looks better than it is, because it was chosen by this "
            "very figure: retrain it, and the test split judges it."
        )


def ranked(scores: Sequence[float | None]) -> list[int]:
    """Return the places of the scores, the best first, the earlier of equals; failed ones not."""
    there = [place for place, score in enumerate(scores) if score is not None]
    return sorted(there, key=lambda place: (-(scores[place] or 0.0), place))
