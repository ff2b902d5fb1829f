"""Steps: how a training changes its network, batch by batch, and measures it.

The settings say which optimizer and schedule; gradients are clipped to a global norm. Keras
networks and heads of NumPy arrays do the same.
"""

from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from classifier.engine.fit.checkpoints import Array
from classifier.engine.samples import Indices
from classifier.engine.subgroups import Weights

CLIP_NORM = 1.0
# The class decided of each image (n,), and its probability (n,).
Decided = tuple[Indices, npt.NDArray[np.floating[Any]]]


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

    def slow_down(self, factor: float) -> None:
        """Multiply the learning rate from the next step on; asked for by ``plateau`` alone."""

    def begin_epoch(self, epoch: int) -> None:
        """Set the random state to this epoch's."""

    def train(
        self,
        inputs: Array,
        labels: Array,
        epoch: int,
        step: int,
        weights: Weights | None = None,
    ) -> None:
        """Change the network by one batch after the other: (k, n, …) and class indices (k, n).

        ``weights`` (k, n) say how much each image counts; None: all alike. ``step`` is the first
        one's number, from 1 within the epoch. How batches are put together in calls changes
        nothing.
        """

    def measure(self, inputs: Array, labels: Array) -> Decided:
        """Add one batch to the totals without changing the network; return what it answers."""

    def totals(self) -> Totals:
        """Return what was counted since the last call."""

    def weights(self) -> list[Array]:
        """Return copies of the network's weights."""

    def optimizer_state(self) -> list[Array]:
        """Return the optimizer's arrays, its step count among them."""

    def restore(self, weights: list[Array], optimizer_state: list[Array]) -> None:
        """Put back what ``weights`` and ``optimizer_state`` gave."""
