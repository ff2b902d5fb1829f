"""The learning curves of a training, and which epoch of them is the best."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any, Protocol


class Epoch(Protocol):
    """What tells a better epoch from a worse one; a row of the database has it too."""

    @property
    def epoch(self) -> int:
        """Its number, from 1."""

    @property
    def val_loss(self) -> float | None:
        """Cross-entropy on the validation split, None without one."""

    @property
    def val_accuracy(self) -> float | None:
        """Accuracy on the validation split, None without one."""


@dataclass(frozen=True, kw_only=True)
class EpochMetrics:
    """One row of the learning curves.

    ``loss`` is cross-entropy in nats: on the train split of the augmented images and smoothed
    labels that the epoch learned from, on the validation split (``val_loss``) of plain ones, so
    the two do not compare. Accuracies are shares from 0 to 1, ``val_*`` None without a validation
    split, ``learning_rate`` the one that the epoch's last step left. ``memory_bytes`` is the most
    of the trainer's own memory that was seen (``fit.memory``), ``gpu_memory_bytes`` the most that
    it has held on its GPU so far; None where that is not known, or there is no GPU.
    """

    epoch: int
    loss: float
    accuracy: float
    val_loss: float | None
    val_accuracy: float | None
    learning_rate: float
    seconds: float
    images_per_second: float
    memory_bytes: int | None = None
    gpu_memory_bytes: int | None = None

    def to_dict(self) -> dict[str, Any]:
        """Return the row as JSON values."""
        return asdict(self)


def rank(epoch: Epoch) -> tuple[float, float]:
    """Return what is greater for a better epoch.

    Better is a lower validation loss, which on a small split is far less coarse than accuracy; of
    equals, a higher validation accuracy; without a validation split, a later epoch.
    """
    if epoch.val_accuracy is None or epoch.val_loss is None:
        return (float(epoch.epoch), 0.0)
    return (-epoch.val_loss, epoch.val_accuracy)


def best_epoch(epochs: Sequence[Epoch]) -> int | None:
    """Return the number of the epoch that is kept, of equals the first; None before any ended."""
    return max(epochs, key=rank).epoch if epochs else None
