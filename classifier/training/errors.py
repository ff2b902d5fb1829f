"""Situations of training, each with its sentence."""

from common.errors import Unprocessable


class CannotTrain(Unprocessable):
    """The dataset version as it stands cannot be trained on (422)."""

    title = "This version cannot be trained on"
    code = "cannot_train"
