"""Steps: how a training changes its network, one batch at a time, and measures it.

AdamW (Loshchilov and Hutter, 2019) with gradients clipped to a global norm; the learning rate warms
up over the first tenth of all steps, then falls along a cosine to 0. Keras networks and heads of
NumPy arrays do the same.
"""

import math
from dataclasses import dataclass
from typing import Protocol

from classifier.engine.fit.checkpoints import Array

CLIP_NORM = 1.0
START_SHARE = 1 / 25
_WARM_UP = 0.1


@dataclass(frozen=True)
class Totals:
    """Mean cross-entropy (nats) and accuracy (0..1) over ``count`` images."""

    loss: float
    accuracy: float
    count: int


class Steps(Protocol):
    """The training steps of one network, with their optimizer."""

    @property
    def learning_rate(self) -> float:
        """The learning rate of the next step."""

    def begin_epoch(self, epoch: int) -> None:
        """Set the random state to this epoch's."""

    def train(self, inputs: Array, labels: Array, epoch: int, step: int) -> None:
        """Change the network by one batch; ``step`` counts from 1 within the epoch."""

    def measure(self, inputs: Array, labels: Array) -> None:
        """Add one batch to the totals without changing the network."""

    def totals(self) -> Totals:
        """Return what was counted since the last call."""

    def weights(self) -> list[Array]:
        """Return copies of the network's weights."""

    def optimizer_state(self) -> list[Array]:
        """Return the optimizer's arrays, its step count among them."""

    def restore(self, weights: list[Array], optimizer_state: list[Array]) -> None:
        """Put back what ``weights`` and ``optimizer_state`` gave."""


def warm_up_steps(total_steps: int) -> int:
    """Return how many steps of all the learning rate rises."""
    return max(1, round(total_steps * _WARM_UP))


def learning_rate_at(step: int, total_steps: int, highest: float) -> float:
    """Return the learning rate of a step, from 0; as Keras's ``CosineDecay`` with a warm-up."""
    rising = warm_up_steps(total_steps)
    if step < rising:
        first = highest * START_SHARE
        return first + (highest - first) * step / rising
    share = min(1.0, (step - rising) / max(1, total_steps - rising))
    return highest * 0.5 * (1 + math.cos(math.pi * share))
