"""How long work tells its caller what it does, and is told to stop."""

from typing import Literal, Protocol

from classifier.engine.curves import EpochMetrics
from classifier.engine.validation import ValidationAnswers

# When a training that a person asked to finish ends: it keeps its best epoch. Empty: not asked.
Finish = Literal["", "epoch", "now"]


class Observer(Protocol):
    """What watches long work. Calls come from the working thread, so they must be quick."""

    def epoch(self, metrics: EpochMetrics, answers: ValidationAnswers | None) -> None:
        """Take one finished epoch, and what it answers to the validation split, if there is one.

        Store it by its number: a resumed run may tell it again.
        """

    def fitted(self, answers: ValidationAnswers) -> None:
        """Take what a method without epochs answers to the validation split."""

    def stage(self, message: str) -> None:
        """Take the name of the step that begins, however long its first sign of progress takes."""

    def progress(
        self,
        done: int,
        total: int,
        unit: str,
        message: str,
        rate: float | None,
        eta_seconds: float | None,
    ) -> None:
        """Take progress of the step that ``message`` names; at most about twice a second.

        ``rate`` is in units a second; it and ``eta_seconds`` are None until they can be measured.
        """

    def should_stop(self) -> bool:
        """Return whether to stop now; asked at most about four times a second."""

    def asked_to_finish(self) -> Finish:
        """Return whether to end after this epoch or at once; asked like ``should_stop``."""
