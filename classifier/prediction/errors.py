"""Situations of prediction, each with its sentence."""

from typing import ClassVar

from common.errors import DomainError, Unavailable


class NoPredictWorker(Unavailable):
    """No predict worker answered in time (503)."""

    title = "No worker answered"
    code = "no_worker"


class TooManyAtOnce(DomainError):
    """A person or an organization has as many predictions under way as one may have (429)."""

    status = 429
    title = "Too many predictions at once"
    code = "too_many_at_once"
    retry_after_seconds: ClassVar[int] = 5


class ModelNotReady(Unavailable):
    """The model cannot answer yet: its weights are missing or it is being prepared (503)."""

    title = "The model is not ready"
    code = "weights_unavailable"
    retry_after_seconds: ClassVar[int] = 30
