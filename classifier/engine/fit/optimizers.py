"""Optimizers in NumPy, each as Keras defines it, for heads on vectors. No TensorFlow."""

import numpy as np
import numpy.typing as npt

from classifier.engine.fit.checkpoints import Array
from classifier.engine.fit.schedules import Schedule
from classifier.engine.fit.steps import CLIP_NORM
from classifier.engine.presets.optimization import OptimizationSettings

Floats = npt.NDArray[np.float32]
_MEAN_DECAY, _SQUARE_DECAY, _EPSILON = 0.9, 0.999, 1e-7
_RMS_DECAY = 0.9


class HeadOptimizer:
    """Changes a kernel and a bias in place; weight decay pulls at the kernel alone.

    AdamW decays the kernel by itself, with the others decay is the gradient of an L2 penalty.
    Gradients are clipped to a global norm first.
    """

    def __init__(
        self,
        config: OptimizationSettings,
        schedule: Schedule,
        weight_decay: float,
        parts: tuple[Floats, Floats],
    ) -> None:
        self._config = config
        self._schedule = schedule
        self._weight_decay = weight_decay
        self._parts = parts
        self._done = 0
        self._slowed = 1.0
        # Mean and mean square of the gradients: of the kernel, of the bias.
        self._moments = [np.zeros_like(part) for part in parts for _ in range(2)]

    @property
    def learning_rate(self) -> float:
        """The learning rate of the next step."""
        return self._schedule.at(self._done) * self._slowed

    def slow_down(self, factor: float) -> None:
        """Multiply the rate from the next step on; of ``plateau`` alone."""
        self._slowed *= factor

    def apply(self, kernel: Floats, bias: Floats) -> None:
        """Change the parts along their gradients, which are changed too."""
        norm = float(np.sqrt(np.sum(kernel * kernel) + np.sum(bias * bias)))
        scale = np.float32(CLIP_NORM / max(norm, CLIP_NORM))
        rate = self.learning_rate
        self._done += 1
        kernel *= scale
        bias *= scale
        if self._config.optimizer == "adamw":
            self._parts[0][...] *= np.float32(1 - rate * self._weight_decay)
        elif self._weight_decay:
            kernel += self._parts[0] * np.float32(self._weight_decay)
        for place, gradient in enumerate((kernel, bias)):
            mean, square = self._moments[2 * place : 2 * place + 2]
            self._parts[place][...] -= self._change(gradient, mean, square, rate)

    def state(self) -> list[Array]:
        """Return the step count, the slowing and copies of the gradients' moments."""
        counts = [np.array(self._done), np.array(self._slowed)]
        return [*counts, *(part.copy() for part in self._moments)]

    def restore(self, state: list[Array]) -> None:
        """Put back what ``state`` gave."""
        self._done, self._slowed = int(state[0]), float(state[1])
        for part, kept in zip(self._moments, state[2:], strict=True):
            part[...] = kept

    def _change(self, gradient: Floats, mean: Floats, square: Floats, rate: float) -> Floats:
        if self._config.optimizer == "sgd":
            # Keras's momentum holds the last change itself.
            mean *= np.float32(self._config.momentum)
            mean -= gradient * np.float32(rate)
            return -mean
        decay = _RMS_DECAY if self._config.optimizer == "rmsprop" else _SQUARE_DECAY
        square += (gradient * gradient - square) * np.float32(1 - decay)
        if self._config.optimizer == "rmsprop":
            change = gradient / np.sqrt(square + np.float32(_EPSILON))
            return np.asarray(change * np.float32(rate), np.float32)
        mean += (gradient - mean) * np.float32(1 - _MEAN_DECAY)
        correction = np.sqrt(1 - _SQUARE_DECAY**self._done) / (1 - _MEAN_DECAY**self._done)
        change = mean * np.float32(rate * correction) / (np.sqrt(square) + np.float32(_EPSILON))
        return np.asarray(change, np.float32)
