"""Fits that grow in steps: some trees at a time, so that they can be stopped and told."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from threadpoolctl import threadpool_limits

from classifier.engine.errors import TimeIsUp
from classifier.engine.fit.classic.matrices import Matrix
from classifier.engine.presets.classic import ClassicConfig, ClassicPreset
from classifier.engine.subgroups import Weights
from classifier.engine.watch import Watch

Labels = npt.NDArray[np.int64]
# OpenMP's threads wait for each other with full force: on the digits, two of them took ten times
# the processor's time of one.
_WORTH_THREADS = 4_000_000


@dataclass(frozen=True)
class Grown:
    """How far a fit came that grows in steps: ``done`` of ``planned``, ``word`` for one of them.

    A fit in one go has no word. ``time_is_up`` says that the time limit ended it.
    """

    word: str = ""
    done: int = 0
    planned: int = 0
    time_is_up: bool = False


def grown(
    preset: ClassicPreset,
    config: ClassicConfig,
    train: Matrix,
    labels: Labels,
    watch: Watch,
    counts: Weights | None = None,
) -> tuple[Any, Grown]:
    """Grow some trees at a time on numbers (n, k), which gives the same as all at once.

    ``counts`` (n,) say how much each image counts; None: all alike. Raises Cancelled, and TimeIsUp
    before the first of them.
    """
    from sklearn.utils.class_weight import compute_sample_weight

    estimator, steps = preset.estimator(config, 0), preset.steps
    if steps is None:
        raise TypeError(f"{preset.name} does not grow in steps.")
    planned = getattr(estimator, steps.attribute)
    # Weights by image: with those by class, scikit-learn warns that a later step might see
    # other images.
    weights = compute_sample_weight(estimator.class_weight, labels)
    if counts is not None:
        weights = weights * counts
    estimator.set_params(warm_start=True, class_weight=None)
    watch.begin(f"Growing the first of {planned} {steps.word}")
    done, size = 0, -(-planned // steps.most)
    try:
        while done < planned:
            step = min(done + size, planned)
            estimator.set_params(**{steps.attribute: step})
            with threadpool_limits(1 if train.size < _WORTH_THREADS else None):
                estimator.fit(train, labels, sample_weight=weights)
            done = step
            watch.tick(done, planned, f"Growing {steps.word}", unit=steps.word)
    except TimeIsUp:
        if not done:
            raise
        return estimator, Grown(steps.word, done, planned, time_is_up=done < planned)
    return estimator, Grown(steps.word, done, planned)
