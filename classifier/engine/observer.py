"""How long work tells its caller what it does, and is told to stop."""

from dataclasses import asdict, dataclass
from typing import Any, Protocol


@dataclass(frozen=True, kw_only=True)
class EpochMetrics:
    """One row of the learning curves.

    ``loss`` is cross-entropy in nats: on the train split of the augmented images and smoothed
    labels that the epoch learned from, on the validation split (``val_loss``) of plain ones, so
    the two do not compare. Accuracies are shares from 0 to 1, ``val_*`` None without a validation
    split, ``learning_rate`` the one of the epoch's last step.
    """

    epoch: int
    loss: float
    accuracy: float
    val_loss: float | None
    val_accuracy: float | None
    learning_rate: float
    seconds: float
    images_per_second: float

    def to_dict(self) -> dict[str, Any]:
        """Return the row as JSON values."""
        return asdict(self)


class Observer(Protocol):
    """What watches long work. Calls come from the working thread, so they must be quick."""

    def epoch(self, metrics: EpochMetrics) -> None:
        """Take one finished epoch. Store it by its number: a resumed run may tell it again."""

    def stage(self, message: str) -> None:
        """Take the name of the step that begins, however long its first sign of progress takes."""

    def progress(
        self,
        done: int,
        total: int,
        unit: str,
        message: str,
        images_per_second: float | None,
        eta_seconds: float | None,
    ) -> None:
        """Take progress of the step that ``message`` names; at most about twice a second."""

    def should_stop(self) -> bool:
        """Return whether to stop now; asked at most about four times a second."""
