"""A head: softmax regression on vectors, fitted in NumPy. No TensorFlow.

The loss, its optimizer and its schedule are those of a Keras network with one dense layer
(``steps``), so a head starts fine-tuning where it stands.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from classifier.engine import target
from classifier.engine.fit.checkpoints import Array
from classifier.engine.fit.optimizers import HeadOptimizer
from classifier.engine.fit.schedules import Schedule
from classifier.engine.fit.steps import Decided, Totals
from classifier.engine.presets.config import TrainingConfig
from classifier.engine.subgroups import Weights
from classifier.engine.target import PLAIN, Loss

Floats = npt.NDArray[np.float32]


@dataclass
class Head:
    """A last layer: ``kernel`` float32 (width, classes) and ``bias`` float32 (classes,)."""

    kernel: Floats
    bias: Floats

    @classmethod
    def untrained(cls, width: int, classes: int, seed: int) -> "Head":
        """Return random weights (Glorot and Bengio, 2010), the seed's own."""
        reach = np.sqrt(6 / (width + classes))
        kernel = np.random.default_rng([seed, 0]).uniform(-reach, reach, (width, classes))
        return cls(kernel.astype(np.float32), np.zeros(classes, np.float32))

    @classmethod
    def of(cls, weights: list[Array]) -> "Head":
        """Return the head of what ``weights`` gave."""
        kernel, bias = weights
        return cls(np.array(kernel, np.float32), np.array(bias, np.float32))

    @property
    def weights(self) -> list[Array]:
        """Copies of kernel and bias, in Keras's order."""
        return [self.kernel.copy(), self.bias.copy()]

    def logits(self, vectors: Floats) -> Floats:
        """Return the logits (n, classes) of vectors (n, width)."""
        return vectors @ self.kernel + self.bias

    def predict(self, vectors: npt.NDArray[np.floating[Any]]) -> Floats:
        """Return the probabilities (n, classes) of vectors (n, width)."""
        return target.probabilities(self.logits(np.asarray(vectors, np.float32)))


class HeadSteps:
    """The training steps of a head, which they change in place: ``steps.Steps``."""

    def __init__(self, head: Head, schedule: Schedule, loss: Loss, config: TrainingConfig) -> None:
        self._head = head
        self._loss = loss
        self._config = config
        parts = (head.kernel, head.bias)
        self._optimizer = HeadOptimizer(config, schedule, config.weight_decay, parts)
        self._random = np.random.default_rng(0)
        self._sums = np.zeros(3)

    @property
    def learning_rate(self) -> float:
        """The learning rate of the next step."""
        return self._optimizer.learning_rate

    def slow_down(self, factor: float) -> None:
        """Multiply the learning rate from the next step on."""
        self._optimizer.slow_down(factor)

    def begin_epoch(self, epoch: int) -> None:
        """Set dropout's random state to this epoch's."""
        self._random = np.random.default_rng([self._config.seed, epoch, 1])

    def train(
        self,
        inputs: Array,
        labels: Array,
        epoch: int,
        step: int,
        weights: Weights | None = None,
    ) -> None:
        """Change the head by one batch of vectors after the other; see ``Steps``."""
        counts = [None] * len(labels) if weights is None else weights
        for vectors, classes, count in zip(inputs, labels, counts, strict=True):
            self._step(vectors, classes, count)

    def _step(self, inputs: Array, labels: Array, weights: Weights | None) -> None:
        vectors = self._dropped_out(np.asarray(inputs, np.float32))
        logits = self._head.logits(vectors)
        losses, slopes = self._loss.with_slopes(logits, labels)
        if weights is not None:
            losses, slopes = losses * weights, slopes * weights[:, None]
        self._count(logits, labels, losses)
        slopes /= len(labels)
        self._optimizer.apply(vectors.T @ slopes, slopes.sum(axis=0))

    def measure(self, inputs: Array, labels: Array) -> Decided:
        """Add one batch to the totals without changing the head; return what it answers."""
        logits = self._head.logits(np.asarray(inputs, np.float32))
        losses, _ = PLAIN.with_slopes(logits, labels)
        self._count(logits, labels, losses)
        return target.decide(logits), target.probabilities(logits).max(axis=1)

    def totals(self) -> Totals:
        """Return what was counted since the last call."""
        loss, right, count = self._sums
        self._sums = np.zeros(3)
        return Totals(float(loss / count), float(right / count), int(count))

    def weights(self) -> list[Array]:
        """Return copies of kernel and bias."""
        return self._head.weights

    def optimizer_state(self) -> list[Array]:
        """Return copies of the optimizer's arrays."""
        return self._optimizer.state()

    def restore(self, weights: list[Array], optimizer_state: list[Array]) -> None:
        """Put back what ``weights`` and ``optimizer_state`` gave."""
        self._head.kernel[...], self._head.bias[...] = weights
        self._optimizer.restore(optimizer_state)

    def _dropped_out(self, vectors: Floats) -> Floats:
        rate = self._config.dropout
        if not rate:
            return vectors
        kept = self._random.random(vectors.shape, np.float32) >= rate
        return vectors * (kept.astype(np.float32) / np.float32(1 - rate))

    def _count(self, logits: Floats, labels: Array, losses: Floats) -> None:
        right = target.decide(logits) == labels
        self._sums += [losses.sum(dtype=np.float64), right.sum(), len(labels)]
