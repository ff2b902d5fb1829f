"""Situations of evaluation, each with its sentence."""

from common.errors import Unprocessable


class CannotEvaluate(Unprocessable):
    """The model and the dataset version do not fit each other (422)."""

    title = "This model cannot be evaluated on this version"
    code = "cannot_evaluate"
