"""Situations of training, each with its sentence."""

from typing import ClassVar

from common.errors import DomainError, Unprocessable


class CannotTrain(Unprocessable):
    """The dataset version as it stands cannot be trained on (422)."""

    title = "This version cannot be trained on"
    code = "cannot_train"


class PreviewUnderWay(DomainError):
    """A preview of augmentation of the same person is being drawn (429)."""

    status = 429
    title = "A preview is being drawn"
    code = "preview_under_way"
    retry_after_seconds: ClassVar[int] = 2

    def __init__(self) -> None:
        super().__init__("Another preview of yours is being drawn. It takes a moment.")


class WeightsMissing(Unprocessable):
    """The preset needs a file of weights that is not on this machine (422)."""

    title = "Pretrained weights are missing"
    code = "weights_unavailable"
