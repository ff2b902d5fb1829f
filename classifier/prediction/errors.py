"""Situations of prediction, each with its sentence."""

from typing import ClassVar

from common.errors import DomainError, NotFound, Unavailable


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


class TryLinkInvalid(NotFound):
    """A try link opens nothing, or no longer (404)."""

    title = "This link does not work"
    code = "try_link_invalid"


class TriedTooOften(DomainError):
    """A try link, or all of an organization, asked as often as they may for a while (429)."""

    status = 429
    title = "Too many pictures at the moment"
    code = "try_link_busy"

    def __init__(self, detail: str, *, retry_after_seconds: int) -> None:
        super().__init__(detail)
        self.retry_after_seconds = retry_after_seconds
