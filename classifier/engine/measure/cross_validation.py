"""What a cross-validation found: the mean over its folds, and how sure that is."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import sqrt
from typing import Any, ClassVar

import numpy as np
import numpy.typing as npt

from classifier.engine.measure.intervals import share_interval, wilson
from classifier.engine.target import Scores, decide
from classifier.engine.versioned import Versioned

Interval = tuple[float, float]


@dataclass(frozen=True, kw_only=True)
class FoldFigures(Versioned):
    """One fold: how many of its ``images`` were answered rightly, by a fit that lacked them.

    ``class_correct`` and ``class_images`` count by class, in the order of the version's classes.
    """

    SCHEMA: ClassVar[int] = 1

    images: int
    correct: int
    class_correct: tuple[int, ...]
    class_images: tuple[int, ...]
    learned_from: int
    seconds: float

    @property
    def accuracy(self) -> float:
        """The share that was answered rightly."""
        return self.correct / self.images


@dataclass(frozen=True, kw_only=True)
class Validated:
    """Accuracy over the folds, 0..1; ``interval`` is where it lies with a confidence of 95 %."""

    mean: float
    interval: Interval
    folds: tuple[float, ...]
    deviation: float


@dataclass(frozen=True, kw_only=True)
class ValidatedClass:
    """One class over all folds: the share of its images recognized, with Wilson's interval."""

    class_name: str
    recall: float
    interval: Interval | None
    support: int


@dataclass(frozen=True, kw_only=True)
class CrossValidationResult(Versioned):
    """All of it; ``images`` were each answered once, by the fit of the fold that lacked them."""

    SCHEMA: ClassVar[int] = 1

    accuracy: Validated
    per_class: tuple[ValidatedClass, ...]
    images: int
    seconds: float
    method: str = "Nadeau and Bengio's corrected t"


def fold_figures(
    probabilities: Scores,
    labels: npt.NDArray[np.integer[Any]],
    classes: int,
    *,
    learned_from: int,
    seconds: float,
) -> FoldFigures:
    """Return the figures of probabilities (n, classes) about images with labels (n,)."""
    right = decide(probabilities) == labels
    return FoldFigures(
        images=len(labels),
        correct=int(right.sum()),
        class_correct=tuple(np.bincount(labels[right], minlength=classes).tolist()),
        class_images=tuple(np.bincount(labels, minlength=classes).tolist()),
        learned_from=learned_from,
        seconds=seconds,
    )


def summarize(folds: Sequence[FoldFigures], class_names: Sequence[str]) -> CrossValidationResult:
    """Return the result of all folds, two or more."""
    accuracies = [fold.accuracy for fold in folds]
    images, correct = sum(f.images for f in folds), sum(f.correct for f in folds)
    by_class = np.array([fold.class_correct for fold in folds]).sum(axis=0).tolist()
    sizes = np.array([fold.class_images for fold in folds]).sum(axis=0).tolist()
    return CrossValidationResult(
        accuracy=Validated(
            mean=float(np.mean(accuracies)),
            interval=accuracy_interval(accuracies, correct, images),
            folds=tuple(accuracies),
            deviation=float(np.std(accuracies, ddof=1)),
        ),
        per_class=tuple(
            ValidatedClass(
                class_name=name,
                recall=right / size if size else 0.0,
                interval=share_interval(right / size, size) if size else None,
                support=size,
            )
            for name, right, size in zip(class_names, by_class, sizes, strict=True)
        ),
        images=images,
        seconds=sum(fold.seconds for fold in folds),
    )


def accuracy_interval(accuracies: Sequence[float], correct: int, images: int) -> Interval:
    """Return the 95 % interval of the mean of k folds' accuracies.

    The corrected t of C. Nadeau and Y. Bengio, "Inference for the generalization error", 2003: the
    fits of a cross-validation share most of what they learn from, so the variance of their mean is
    taken as s² (1/k + n_test/n_train), where n_test/n_train = 1/(k-1), with k-1 degrees of freedom.
    Folds that happen to agree would make it too narrow, so it is never narrower than Wilson's
    interval of the ``correct`` of all ``images``.
    """
    # A quarter of a second of imports, for one number.
    from scipy.special import stdtrit

    k, mean = len(accuracies), float(np.mean(accuracies))
    variance = float(np.var(accuracies, ddof=1))
    reach = float(stdtrit(k - 1, 0.975)) * sqrt(variance * (1 / k + 1 / (k - 1)))
    low, high = wilson(correct, images)
    return max(0.0, min(mean - reach, low)), min(1.0, max(mean + reach, high))
