"""A linear head on vectors, fitted in a moment: class means at first, then logistic regression."""

from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Self

import numpy as np
import numpy.typing as npt
from threadpoolctl import threadpool_limits

from classifier.engine.measure.temperature import temperature_of

Floats = npt.NDArray[np.float32]
Ints = npt.NDArray[np.integer]

# Below so many images a class, on average, class means tell them apart as well as anything.
FEW = 5
# Images × classes: beyond, an iteration of logistic regression takes longer than a person waits.
MOST_PRODUCTS = 2_000_000
# The penalty of half the squared weights, for features of unit variance (chosen on animals and
# CIFAR-10 with 60 to 2,400 labels; between 10 and 300 accuracy hardly changes).
RIDGE = 50.0
_ITERATIONS = 200
# The largest slope of the mean loss that counts as none.
_SLOPE = 1e-4


class Method(StrEnum):
    """How a head was fitted."""

    PROTOTYPES = "prototypes"
    LOGISTIC_REGRESSION = "logistic_regression"


@dataclass(frozen=True)
class Head:
    """Logits are ``vectors @ weights[:, :-1].T + weights[:, -1]``, over ``temperature``.

    ``weights`` float32 (classes, d + 1), for vectors as the backbone gives them; ``temperature``
    makes the probabilities as sure as they are right.
    """

    method: Method
    weights: Floats
    temperature: float = 1.0

    def logits(self, vectors: npt.NDArray[np.floating]) -> Floats:
        """Return (n, classes) for vectors (n, d)."""
        return np.asarray(vectors, np.float32) @ self.weights[:, :-1].T + self.weights[:, -1]

    def probabilities(self, vectors: npt.NDArray[np.floating]) -> Floats:
        """Return (n, classes) for vectors (n, d); rows add up to 1."""
        return softmax(self.logits(vectors) / self.temperature)

    def calibrated(self, logits: Floats, labels: Ints) -> Self:
        """Return it with the temperature that suits logits of images not learned from."""
        return replace(self, temperature=temperature_of(logits, labels))


def method_for(labels: Ints, classes: int) -> Method:
    """Return how to fit on these labels (n,)."""
    few = len(labels) < FEW * classes
    if few or len(labels) * classes > MOST_PRODUCTS:
        return Method.PROTOTYPES
    return Method.LOGISTIC_REGRESSION


def fit_head(vectors: Floats, labels: Ints, classes: int, start: Head | None = None) -> Head:
    """Return the head of ``classes`` classes that vectors (n, d) with labels (n,) 0.. teach.

    ``start``: an earlier head of the same classes, from where logistic regression goes on; it ends
    in the same place, sooner. A class without images gets next to no probability.
    """
    mean, scale = vectors.mean(axis=0), float(vectors.std()) or 1.0
    features = (vectors - mean) / scale
    method = method_for(labels, classes)
    # Its many small products only lose by threads, badly so where other work runs.
    with threadpool_limits(1, user_api="blas"):
        if method is Method.PROTOTYPES:
            fitted = _prototypes(features, labels, classes)
        else:
            first = _first(start, classes, mean, scale)
            fitted = _logistic_regression(features, labels, classes, first)
    weights = fitted[:, :-1] / scale
    bias = fitted[:, -1] - weights @ mean
    temperature = start.temperature if start and start.method is method else 1.0
    return Head(method, np.column_stack([weights, bias]).astype(np.float32), temperature)


def softmax(logits: npt.NDArray[np.floating]) -> Floats:
    """Return probabilities (n, classes) of logits (n, classes)."""
    powers = np.exp(logits - logits.max(axis=1, keepdims=True))
    return (powers / powers.sum(axis=1, keepdims=True)).astype(np.float32)


def _prototypes(features: Floats, labels: Ints, classes: int) -> Floats:
    """Return the weights by which the nearest class mean wins, in units of the spread around it."""
    sizes = np.bincount(labels, minlength=classes)
    sums = np.zeros((classes, features.shape[1]), np.float32)
    np.add.at(sums, labels, features)
    means = sums / np.maximum(sizes, 1)[:, None]
    spread = float(((features - means[labels]) ** 2).sum(axis=1).mean())
    # The mean squared distance to another class's images says more where each class has one image.
    spread = max(spread, 0.1 * float((features**2).sum(axis=1).mean())) or 1.0
    unit = 2 * _DIRECTIONS / spread
    bias = np.where(sizes > 0, -unit / 2 * (means**2).sum(axis=1), -1e4)
    return np.column_stack([unit * means, bias])


# Of a backbone's vectors some twenty directions tell most classes apart; the rest is noise.
_DIRECTIONS = 20.0


def _first(start: Head | None, classes: int, mean: Floats, scale: float) -> Floats | None:
    """Return an earlier head's weights for features of this mean and scale, if it is of use."""
    known = start is not None and start.method is Method.LOGISTIC_REGRESSION
    if start is None or not known or start.weights.shape != (classes, len(mean) + 1):
        return None
    weights = start.weights[:, :-1]
    return np.column_stack([weights * scale, start.weights[:, -1] + weights @ mean])


def _logistic_regression(
    features: Floats, labels: Ints, classes: int, first: Floats | None
) -> Floats:
    # `FIT_INSTANT` preloads it; other workers do without.
    from scipy.optimize import minimize

    count, width = features.shape
    rows = np.arange(count)

    def loss(flat: npt.NDArray[np.float64]) -> tuple[float, npt.NDArray[np.float64]]:
        weights = flat.astype(np.float32).reshape(classes, width + 1)
        errors = softmax(features @ weights[:, :-1].T + weights[:, -1])
        value = -np.log(np.maximum(errors[rows, labels], 1e-12)).sum()
        value += RIDGE / 2 * (weights[:, :-1] ** 2).sum()
        errors[rows, labels] -= 1
        slope = np.empty_like(weights)
        slope[:, :-1] = errors.T @ features + RIDGE * weights[:, :-1]
        slope[:, -1] = errors.sum(axis=0)
        return float(value) / count, slope.ravel().astype(np.float64) / count

    start = np.zeros((classes, width + 1)) if first is None else first
    options = {"gtol": _SLOPE, "maxiter": _ITERATIONS}
    found = minimize(loss, start.ravel(), jac=True, method="L-BFGS-B", options=options)
    return found.x.reshape(classes, width + 1)
