"""The family of errors that are the caller's, each with a stable code and a clear sentence.

Whatever is not a `DomainError` is ours: it is logged with its context and answered in general
words.
"""

from collections.abc import Sequence
from typing import ClassVar, NamedTuple


class FieldError(NamedTuple):
    """One fault of one field: `pointer` is a JSON pointer into the request, as `/split/train`."""

    pointer: str
    code: str
    detail: str


def pointer_part(name: object) -> str:
    """Return a name as part of a JSON pointer (RFC 6901)."""
    return str(name).replace("~", "~0").replace("/", "~1")


class DomainError(Exception):
    """A request that cannot be carried out as it stands.

    `detail` says what is allowed and what was received; `hint` says what to do next.
    """

    status: ClassVar[int] = 400
    title: ClassVar[str] = "The request cannot be carried out"
    code: str = "invalid"

    def __init__(
        self,
        detail: str,
        *,
        code: str | None = None,
        errors: Sequence[FieldError] = (),
        hint: str = "",
    ) -> None:
        super().__init__(detail)
        self.detail = detail
        self.code = code or self.code
        self.errors = list(errors)
        self.hint = hint


class Invalid(DomainError):
    """The request's content is not acceptable (400)."""

    title = "Invalid input"


class Unprocessable(DomainError):
    """A well-formed request whose file or content cannot be processed (422)."""

    status = 422
    title = "Unprocessable content"
    code = "unprocessable"


class TooLarge(DomainError):
    """A body or file past its limit (413)."""

    status = 413
    title = "Too large"
    code = "too_large"


class UnsupportedMediaType(DomainError):
    """A file of a kind that Loupe does not open (415)."""

    status = 415
    title = "Unsupported media type"
    code = "unsupported_media_type"


class SignedOut(DomainError):
    """The request names no person, or the session has ended (401)."""

    status = 401
    title = "Signed out"
    code = "not_authenticated"


class NotFound(DomainError):
    """No such object, or none that the caller may know of (404)."""

    status = 404
    title = "Not found"
    code = "not_found"


class Forbidden(DomainError):
    """The object is visible, the action needs a higher role or another scope (403)."""

    status = 403
    title = "Forbidden"
    code = "forbidden"


class Conflict(DomainError):
    """The object has changed, or its state does not allow the action (409)."""

    status = 409
    title = "Conflict"
    code = "conflict"


class Unavailable(DomainError):
    """A part of Loupe that the request needs is not there now (503, with Retry-After)."""

    status = 503
    title = "Unavailable"
    code = "unavailable"
    retry_after_seconds: ClassVar[int] = 10
