"""What an ensemble gains over its best member, and what that costs. Facts in, sentences out."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import numpy.typing as npt

from classifier.engine.measure.intervals import share_interval
from classifier.engine.measure.mcnemar import compare
from classifier.engine.target import Scores, decide
from classifier.engine.versioned import Versioned

AVERAGE, WEIGHTED, STACKING = METHODS = ("average", "weighted", "stacking")
# Enough to fit a temperature and a few weights.
FEWEST_IMAGES = 20
# A regression has members · classes² weights.
MOST_STACKED_CLASSES = 100
# Of validation images so many are enough; and so many numbers, of all members and classes.
MOST_FITTED_IMAGES, MOST_FITTED_NUMBERS = 5000, 20_000_000
# As reports have it.
_LEAST = float(np.finfo(np.float32).eps)
# What is called a difference: less often than that it is chance.
ALPHA = 0.05


@dataclass(frozen=True, kw_only=True)
class ModelFigures:
    """What a model file is right about, of the test images, and what it costs.

    ``milliseconds`` are of one core for one image; ``bytes`` the file's; ``seen`` how many of the
    test images it learned from, None where that is not known.
    """

    accuracy: float
    log_loss: float
    milliseconds: float
    bytes: int
    seen: int | None = None


@dataclass(frozen=True, kw_only=True)
class MemberFigures(ModelFigures):
    """One member. ``model_version`` is its id, empty for one that was fitted for the ensemble.

    ``name`` stays readable where the version is deleted. ``weight`` is None in a stack;
    ``seen_validation`` counts the validation images that it learned from, as ``seen``.
    """

    name: str
    model_version: str
    preset: str
    weight: float | None = None
    temperature: float | None = None
    seen_validation: int | None = None


@dataclass(frozen=True, kw_only=True)
class EnsembleResult(Versioned):
    """An ensemble beside its members on the same ``images`` of the test split.

    ``best`` is the place of the member that is right most often there. ``only_ensemble`` and
    ``only_best`` count the images that only the one is right about, ``p_value`` is McNemar's.
    The combination was fitted on ``validation_images``, with too few of them not at all
    (``fitted``). Of the ``member_nodes`` operations of the members' files the ensemble's has
    ``nodes``: what several have is computed once.
    """

    SCHEMA: ClassVar[int] = 1

    method: str
    members: tuple[MemberFigures, ...]
    ensemble: ModelFigures
    images: int
    best: int
    only_ensemble: int
    only_best: int
    p_value: float
    validation_images: int
    fitted: bool
    temperature: float
    nodes: int
    member_nodes: int
    seconds: float

    @property
    def best_member(self) -> MemberFigures:
        """The member that the ensemble is compared with."""
        return self.members[self.best]

    @property
    def gain(self) -> float:
        """By how much the ensemble's accuracy is above that of its best member, -1..1."""
        return self.ensemble.accuracy - self.best_member.accuracy

    @property
    def gained_images(self) -> int:
        """The same in images."""
        return self.only_ensemble - self.only_best

    @property
    def times(self) -> float:
        """How many times as long as its best member the ensemble takes for an image."""
        return self.ensemble.milliseconds / self.best_member.milliseconds

    @property
    def significant(self) -> bool:
        """Whether the difference is more than chance brings about in one of twenty cases."""
        return self.p_value < ALPHA

    @property
    def interval(self) -> tuple[float, float] | None:
        """The 95 % interval of the ensemble's accuracy (Wilson's)."""
        return share_interval(self.ensemble.accuracy, self.images)

    @property
    def sentence(self) -> str:
        """What the extra time buys."""
        sure = "significant" if self.significant else "not significant"
        return (
            f"{_points(self.gain)} points for {self.times:.1f} times the time of an image; the "
            f"difference is {sure} ({_p(self.p_value)})."
        )

    @property
    def advice(self) -> str:
        """Whether the ensemble is worth it."""
        best = self.best_member
        if self.gained_images <= 0:
            return (
                f"This ensemble does not beat its best member on these {self.images:,} test "
                f"images: {best.name} alone is right as often"
                f"{'' if self.gained_images == 0 else ' or more often'}."
            )
        cost = (
            "and costs hardly more time"
            if self.times < 1.15
            else f"where {self.ensemble.milliseconds:.3g} ms of a core for an image are quick "
            f"enough ({best.milliseconds:.3g} ms alone)"
        )
        if self.significant:
            return f"The ensemble is right more often than {best.name}, its best member, {cost}."
        return (
            f"The ensemble was right about {self.gained_images:,} more of {self.images:,} test "
            f"images than {best.name}, its best member. That could be chance: without more test "
            "images the member alone is the safer choice."
        )

    @property
    def warnings(self) -> list[str]:
        """What makes these figures too good; empty where nothing does."""
        found = []
        for each in self.members:
            if each.seen:
                found.append(
                    f"{each.name} learned from {each.seen:,} of these {self.images:,} test images: "
                    "its figures, and the ensemble's, are too good."
                )
            if each.seen is None:
                found.append(
                    f"It is not known which images {each.name} learned from; test images may be "
                    "among them."
                )
            if each.seen_validation and self.fitted:
                found.append(
                    f"{each.name} learned from {each.seen_validation:,} of the "
                    f"{self.validation_images:,} validation images that the combination was fitted "
                    "on, so it may count for too much."
                )
        return found


@dataclass(frozen=True)
class BesideBest:
    """An ensemble and its best member on the same images; see ``EnsembleResult``."""

    best: int
    only_ensemble: int
    only_best: int
    p_value: float


class MemberTally:
    """What members answer, image by image reduced to right or wrong and a loss."""

    def __init__(self) -> None:
        self._right: list[npt.NDArray[np.bool_]] = []
        self._chosen: list[npt.NDArray[np.float64]] = []

    def add(self, members: Scores, truth: Sequence[int]) -> None:
        """Take the answers (b, members, classes) to the next images, and their classes (b,)."""
        true = np.asarray(truth)
        self._right.append(members.argmax(axis=2) == true[:, None])
        self._chosen.append(members[np.arange(len(true)), :, true].astype(np.float64))

    @property
    def right(self) -> npt.NDArray[np.bool_]:
        """Which member was right about which image (n, members)."""
        return np.concatenate(self._right)

    def accuracy_and_loss(self, place: int) -> tuple[float, float]:
        """Return one member's accuracy and mean log loss, as reports have it."""
        chosen = np.concatenate(self._chosen)[:, place].clip(_LEAST, 1)
        return float(self.right[:, place].mean()), float(-np.log(chosen).mean())


def beside_best(answers: Scores, own: npt.NDArray[np.bool_], truth: Sequence[int]) -> BesideBest:
    """Compare answers (n, classes) with which member was right (n, members).

    The best member is the one that is right most often on these very images (the first of equals),
    which favours it a little: an ensemble that beats it was not helped by the choice.
    """
    right = decide(answers) == np.asarray(truth)
    best = int(own.sum(axis=0).argmax())
    packed = (np.packbits(each).tobytes() for each in (right, own[:, best]))
    found = compare(*packed)
    return BesideBest(best, found.only_this, found.only_other, found.p_value)


def accuracy_and_loss(answers: Scores, truth: Sequence[int]) -> tuple[float, float]:
    """Return the accuracy of answers (n, classes), and their mean log loss as reports have it."""
    true = np.asarray(truth)
    chosen = answers[np.arange(len(true)), true].astype(np.float64).clip(_LEAST, 1)
    return float((decide(answers) == true).mean()), float(-np.log(chosen).mean())


def _points(share: float) -> str:
    points = round(share * 100, 1)
    return f"{'−' if points < 0 else '+' if points else ''}{abs(points):.1f}"


def _p(value: float) -> str:
    return f"p {value:.3f}" if value >= 0.001 else "p below 0.001"
