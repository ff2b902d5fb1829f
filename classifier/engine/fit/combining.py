"""Fits how the answers of several models become one, on images that none of them learned from."""

from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np
import numpy.typing as npt
from threadpoolctl import threadpool_limits

from classifier.engine.formats.combination import (
    Combination,
    Mean,
    Stack,
    equal,
    logarithms,
)
from classifier.engine.measure.ensemble import AVERAGE, FEWEST_IMAGES, STACKING, WEIGHTED
from classifier.engine.measure.temperature import temperature_of
from classifier.engine.target import Scores, probabilities

Labels = npt.NDArray[np.integer]

_FOLDS = 5
# By how much a weight is held to its start, as a share of the mean loss; the best is chosen.
_PENALTIES = (100.0, 10.0, 1.0, 0.1, 0.01, 0.001)
_ROUNDS = 500


def fit_combination(
    method: str,
    members: Scores,
    truth: Sequence[int] | Labels,
    check: Callable[[], object] = lambda: None,
) -> Combination:
    """Return the combination of answers (n, members, classes) to images of these classes (n,).

    Its last temperature is fitted, too (C. Guo et al., 2017): by answers that the combination gave
    to images it was not fitted on. Fewer than ``FEWEST_IMAGES`` say too little: the plain mean.
    ``check`` is called now and then, and may raise to stop.
    """
    labels = np.asarray(truth)
    if len(labels) < FEWEST_IMAGES:
        return equal(members.shape[1])
    if method == STACKING:
        return _fit_stack(members, labels, check)
    fit = _MEANS[method]
    temperature = temperature_of(crossed(fit, members, labels), labels)
    return replace(fit(members, labels), temperature=temperature)


def crossed(
    fit: Callable[[Scores, Labels], Combination], members: Scores, labels: Labels
) -> Scores:
    """Return logits (n, classes) by combinations that were each fitted without a fifth of them."""
    found = np.zeros((len(labels), members.shape[2]))
    for held in _folds(labels):
        found[held] = fit(members[~held], labels[~held]).logits(members[held])
    return found


def fit_average(members: Scores, labels: Labels) -> Mean:
    """Return the mean of the members' calibrated probabilities."""
    temperatures = _temperatures(members, labels)
    return Mean(temperatures=temperatures, weights=equal(len(temperatures)).weights)


def fit_weighted(members: Scores, labels: Labels) -> Mean:
    """Return the mean with the weights that make the log loss least.

    They are those of a mixture, found by expectation maximization (P. Smyth and D. Wolpert,
    "Linearly combining density estimators via stacking", 1999): the loss is convex in them, and
    they stay non-negative with a sum of one. An image more for each member keeps few images from
    saying that a member is of no use.
    """
    temperatures = _temperatures(members, labels)
    logits = logarithms(members) / np.array(temperatures)[None, :, None]
    count = members.shape[1]
    own = np.stack([probabilities(logits[:, each]) for each in range(count)], axis=1)
    likely = np.maximum(own[np.arange(len(labels)), :, labels], 1e-12)
    weights = np.full(count, 1 / count)
    for _ in range(_ROUNDS):
        shares = likely * weights
        shares /= shares.sum(axis=1, keepdims=True)
        weights = (shares.sum(axis=0) + 1) / (len(labels) + count)
    return Mean(
        temperatures=temperatures, weights=tuple(float(each) for each in weights / weights.sum())
    )


def _fit_stack(members: Scores, labels: Labels, check: Callable[[], object]) -> Stack:
    """Return a softmax regression on the logarithms of the members' probabilities.

    (D. Wolpert, "Stacked generalization", 1992.) Its weights are held to those of the members'
    geometric mean, as strongly as suits images that it was not fitted on; the answers about these
    give the temperature.
    """
    fits = [_held_by(penalty, check) for penalty in _PENALTIES]
    tried = [crossed(fit, members, labels) for fit in fits]
    best = int(np.argmin([_log_loss(logits, labels) for logits in tried]))
    temperature = temperature_of(tried[best], labels)
    return replace(fits[best](members, labels), temperature=temperature)


def _held_by(penalty: float, check: Callable[[], object]) -> Callable[[Scores, Labels], Stack]:
    # SciPy's optimizers are for workers alone.
    from scipy.optimize import minimize

    def fit(members: Scores, labels: Labels) -> Stack:
        count, classes = members.shape[1:]
        inputs = logarithms(members).reshape(len(labels), -1).astype(np.float64)
        start = np.tile(np.eye(classes) / count, (count, 1))
        right = np.eye(classes)[labels]

        def loss(change: npt.NDArray[np.float64]) -> tuple[float, npt.NDArray[np.float64]]:
            moved, bias = change[:-classes].reshape(start.shape), change[-classes:]
            logits = inputs @ (start + moved) + bias
            logits -= logits.max(axis=1, keepdims=True)
            powers = np.exp(logits)
            total = powers.sum(axis=1, keepdims=True)
            value = float((np.log(total[:, 0]) - (logits * right).sum(axis=1)).mean())
            slopes = (powers / total - right) / len(labels)
            value += penalty / 2 * float((moved**2).sum() + (bias**2).sum())
            by_kernel = inputs.T @ slopes + penalty * moved
            by_bias = slopes.sum(axis=0) + penalty * bias
            return value, np.concatenate([by_kernel.ravel(), by_bias])

        def told(_: object) -> None:
            check()

        # Small matrices: several threads would wait for each other.
        with threadpool_limits(1, user_api="blas"):
            found = minimize(
                loss, np.zeros(start.size + classes), jac=True, method="L-BFGS-B",
                options={"maxiter": 200}, callback=told,
            ).x  # fmt: skip
        kernel = start + found[:-classes].reshape(start.shape)
        return Stack(kernel=kernel.astype(np.float32), bias=found[-classes:].astype(np.float32))

    return fit


_MEANS: dict[str, Callable[[Scores, Labels], Mean]] = {
    AVERAGE: fit_average,
    WEIGHTED: fit_weighted,
}


def _temperatures(members: Scores, labels: Labels) -> tuple[float, ...]:
    logits = logarithms(members)
    return tuple(temperature_of(logits[:, each], labels) for each in range(members.shape[1]))


def _folds(labels: Labels) -> Sequence[npt.NDArray[np.bool_]]:
    """Return which images are in each fold; classes are spread over all."""
    order = np.argsort(np.random.default_rng(0).permutation(len(labels)))
    fold = np.empty(len(labels), np.int64)
    fold[np.lexsort((order, labels))] = np.arange(len(labels)) % _FOLDS
    return [fold == each for each in range(_FOLDS)]


def _log_loss(logits: Scores, labels: Labels) -> float:
    shifted = logits - logits.max(axis=1, keepdims=True)
    logarithm = np.log(np.exp(shifted).sum(axis=1))
    return float((logarithm - shifted[np.arange(len(labels)), labels]).mean())
