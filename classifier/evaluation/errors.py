"""Situations of evaluation, each with its sentence."""

from common.errors import Conflict, Unprocessable


class CannotEvaluate(Unprocessable):
    """The model and the dataset version do not fit each other (422)."""

    title = "This model cannot be evaluated on this version"
    code = "cannot_evaluate"


class NotComparable(Conflict):
    """Two reports whose answers cannot be laid side by side (409)."""

    title = "These reports cannot be compared image by image"
    code = "not_comparable"


class NoAnswers(Conflict):
    """A report without the answer to each image: unfinished, or of before these were kept (409)."""

    title = "The answers to single images are not there"
    code = "no_answers"
