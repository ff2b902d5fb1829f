"""What a training leaves behind."""

from dataclasses import dataclass
from typing import Any, Literal, NotRequired, TypedDict


class FileFacts(TypedDict):
    """A written file's content hash (hexadecimal) and size."""

    sha256: str
    bytes: int


Reason = Literal["completed", "early_stopping", "time_limit", "finished", "diverged", "pruned"]


class Stopped(TypedDict):
    """Why a training ended, and what it had planned.

    ``reason`` is ``early_stopping`` where validation loss had not improved for ``patience``
    epochs of ``stage``, ``time_limit`` where the time was over in it, ``finished`` where
    a person ended it, ``diverged`` where its loss was no number after ``epoch``, ``pruned`` where
    a search ended it because other trials were better by then (``detail`` is the sentence of
    both), else ``completed``;
    ``epoch`` is the last one, ``planned_epochs`` how many there would have been.
    """

    reason: Reason
    stage: str
    epoch: int
    planned_epochs: int
    patience: int
    detail: NotRequired[str]


class Parity(TypedDict):
    """How far the served file's probabilities are from the trained network's, on the same images.

    ``tolerance`` is the most that was allowed.
    """

    max_abs_difference: float
    tolerance: float
    images: int


@dataclass(frozen=True, kw_only=True)
class TrainingOutcome:
    """The result of one training.

    ``metrics`` are the best epoch's (``loss``, ``accuracy``, ``val_loss``, ``val_accuracy``) with
    ``first_loss`` and ``last_loss`` of the curve, ``epochs`` (how many ran), ``stopped``,
    ``seconds``, ``parameters``, ``memory_bytes`` and ``gpu_memory_bytes`` (the most of any epoch,
    None where unknown), ``synthetic`` (examples made for rare classes, by class), and
    ``self_training`` where it was asked for; ``files`` maps ``model.onnx``, and ``model.keras``
    where a network was trained, to their facts.
    """

    best_epoch: int
    metrics: dict[str, Any]
    files: dict[str, FileFacts]
    libraries: dict[str, str]
    parity: Parity
