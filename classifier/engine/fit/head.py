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
from classifier.engine.fit.steps import CLIP_NORM, Totals, learning_rate_at
from classifier.engine.presets.config import TrainingConfig

Floats = npt.NDArray[np.float32]
_MEAN_DECAY, _SQUARE_DECAY, _EPSILON = 0.9, 0.999, 1e-7


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

    def __init__(
        self, head: Head, learning_rate: float, total_steps: int, config: TrainingConfig
    ) -> None:
        self._head = head
        self._config = config
        self._highest = learning_rate
        self._total_steps = total_steps
        self._done = 0
        # Mean and mean square of the gradients: of the kernel, of the bias.
        self._moments = [np.zeros_like(part) for part in (head.kernel, head.kernel)]
        self._moments += [np.zeros_like(part) for part in (head.bias, head.bias)]
        self._random = np.random.default_rng(0)
        self._sums = np.zeros(3)

    @property
    def learning_rate(self) -> float:
        """The learning rate of the next step."""
        return learning_rate_at(self._done, self._total_steps, self._highest)

    def begin_epoch(self, epoch: int) -> None:
        """Set dropout's random state to this epoch's."""
        self._random = np.random.default_rng([self._config.seed, epoch, 1])

    def train(self, inputs: Array, labels: Array, epoch: int, step: int) -> None:
        """Change the head by one batch of vectors."""
        vectors = self._dropped_out(np.asarray(inputs, np.float32))
        logits = self._head.logits(vectors)
        losses, slopes = target.losses_and_slopes(logits, labels, self._config.label_smoothing)
        self._count(logits, labels, losses)
        slopes /= len(labels)
        self._apply(vectors.T @ slopes, slopes.sum(axis=0))

    def measure(self, inputs: Array, labels: Array) -> None:
        """Add one batch to the totals without changing the head."""
        logits = self._head.logits(np.asarray(inputs, np.float32))
        losses, _ = target.losses_and_slopes(logits, labels, 0.0)
        self._count(logits, labels, losses)

    def totals(self) -> Totals:
        """Return what was counted since the last call."""
        loss, right, count = self._sums
        self._sums = np.zeros(3)
        return Totals(float(loss / count), float(right / count), int(count))

    def weights(self) -> list[Array]:
        """Return copies of kernel and bias."""
        return self._head.weights

    def optimizer_state(self) -> list[Array]:
        """Return the step count and copies of the gradients' moments."""
        return [np.array(self._done), *(part.copy() for part in self._moments)]

    def restore(self, weights: list[Array], optimizer_state: list[Array]) -> None:
        """Put back what ``weights`` and ``optimizer_state`` gave."""
        self._head.kernel[...], self._head.bias[...] = weights
        self._done = int(optimizer_state[0])
        for part, kept in zip(self._moments, optimizer_state[1:], strict=True):
            part[...] = kept

    def _dropped_out(self, vectors: Floats) -> Floats:
        rate = self._config.dropout
        if not rate:
            return vectors
        kept = self._random.random(vectors.shape, np.float32) >= rate
        return vectors * (kept.astype(np.float32) / np.float32(1 - rate))

    def _apply(self, kernel: Floats, bias: Floats) -> None:
        norm = float(np.sqrt(np.sum(kernel * kernel) + np.sum(bias * bias)))
        scale = np.float32(CLIP_NORM / max(norm, CLIP_NORM))
        rate = self.learning_rate
        self._done += 1
        correction = np.sqrt(1 - _SQUARE_DECAY**self._done) / (1 - _MEAN_DECAY**self._done)
        # Decay pulls at the kernel alone, as at every matrix of a Keras network.
        self._head.kernel *= np.float32(1 - rate * self._config.weight_decay)
        pairs = ((self._head.kernel, kernel, 0), (self._head.bias, bias, 2))
        for part, gradient, place in pairs:
            gradient *= scale
            mean, square = self._moments[place : place + 2]
            mean += (gradient - mean) * np.float32(1 - _MEAN_DECAY)
            square += (gradient * gradient - square) * np.float32(1 - _SQUARE_DECAY)
            part -= mean * np.float32(rate * correction) / (np.sqrt(square) + np.float32(_EPSILON))

    def _count(self, logits: Floats, labels: Array, losses: Floats) -> None:
        right = target.decide(logits) == labels
        self._sums += [losses.sum(dtype=np.float64), right.sum(), len(labels)]
