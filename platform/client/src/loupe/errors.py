"""What can go wrong, one class for each kind of answer.

LoupeError
├── CannotConnect        the server does not answer
├── UnexpectedAnswer     what answers is not Loupe, or stands in another place
├── Refused              the server says no, and why
│   ├── Invalid, SignedOut, Forbidden, NotFound, TooLarge, UnsupportedMediaType, Unprocessable
│   ├── Conflict: QuotaExceeded, GateRefused
│   ├── TooManyRequests, Unavailable
│   └── ServerFault
├── JobFailed            background work ended without a result
│   ├── JobCancelled
│   └── NeedsConfirmation
├── StillRunning         waiting took longer than was asked for
├── NotSignedIn          no address or token is known here
└── UnusableInput        what was given cannot be sent
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar, NamedTuple


class SignedFile(NamedTuple):
    """A file in a bucket: its address, good for some minutes, and the hash of what must come."""

    address: str
    sha256: str


class LoupeError(Exception):
    """Any error of this package; its text is a sentence for a person."""


class CannotConnect(LoupeError):
    """The server does not answer, also after waiting and trying again."""


class UnexpectedAnswer(LoupeError):
    """An answer that Loupe does not give: a proxy's page, a redirect, a half of a file.

    `signed` is the file to which Loupe itself has led, where the call was no download.
    """

    def __init__(self, text: str, signed: SignedFile | None = None) -> None:
        super().__init__(text)
        self.signed = signed


class NotSignedIn(LoupeError):
    """No address or no token: neither given, nor in the environment, nor kept by `loupe login`."""


class UnusableInput(LoupeError):
    """A file, folder or array that cannot be sent as it is."""


class StillRunning(LoupeError):
    """A job that has not ended within the time that was given; it goes on."""


class Refused(LoupeError):
    """The server's refusal (RFC 9457).

    `code` is stable and for programs, `detail` says what is allowed and what was received, `hint`
    what to do (or is empty), `errors` has an entry {pointer, code, detail} for each faulty field.
    """

    status: ClassVar[int] = 0

    def __init__(self, status: int, problem: Mapping[str, Any]) -> None:
        self.status_code = status
        self.code = str(problem.get("code", ""))
        self.title = str(problem.get("title", ""))
        self.detail = str(problem.get("detail", "") or f"The server answered {status}.")
        self.hint = str(problem.get("hint", ""))
        self.errors = list(problem.get("errors") or [])
        super().__init__(f"{self.detail} {self.hint}".strip())


class Invalid(Refused):
    """The request's content is not acceptable (400)."""

    status = 400


class SignedOut(Refused):
    """The token is unknown, over or revoked (401)."""

    status = 401


class Forbidden(Refused):
    """A higher role or another scope is needed (403)."""

    status = 403


class NotFound(Refused):
    """There is no such thing, or none that the token's owner may see (404)."""

    status = 404


class Conflict(Refused):
    """The state of things does not allow it (409); `code` says which."""

    status = 409


class QuotaExceeded(Conflict):
    """A quota of the organization is used up (409 `quota_exceeded`)."""


class GateRefused(Conflict):
    """The gate keeps a version from going live; `errors` has an entry for each rule that does."""


class TooLarge(Refused):
    """A file or body past its limit (413)."""

    status = 413


class UnsupportedMediaType(Refused):
    """A file of a kind that Loupe does not open (415)."""

    status = 415


class Unprocessable(Refused):
    """A well-formed request whose file or content cannot be processed (422)."""

    status = 422


class Busy(Refused):
    """Later it may go well: after `retry_after` seconds, None where the server did not say."""

    retry_after: float | None = None


class TooManyRequests(Busy):
    """More than a person or an organization may ask for within a time (429)."""

    status = 429


class Unavailable(Busy):
    """A part of Loupe that the request needs is not there now (502, 503, 504)."""

    status = 503


class ServerFault(Refused):
    """A fault of the server, which has logged it (500)."""

    status = 500


class JobFailed(LoupeError):
    """Background work that ended without a result; `job` is the job as it ended."""

    def __init__(self, job: Mapping[str, Any]) -> None:
        self.job = dict(job)
        error = self.job.get("error") or {}
        self.code = str(error.get("code", ""))
        self.detail = str(error.get("detail", ""))
        self.hint = str(error.get("hint", ""))
        what = self.job.get("title") or self.job.get("kind") or "The job"
        why = f"{self.detail} {self.hint}".strip() or f"It is {self.job.get('status')}."
        super().__init__(f"{what}: {why}")


class JobCancelled(JobFailed):
    """Background work that a person has cancelled."""


class NeedsConfirmation(JobFailed):
    """An archive that can be read in more than one way; nothing has been imported so far.

    `readings` are the ways ({layout, encoding, title, note, images, classes, …}). To choose one
    without another upload: `client.import_(error.import_id).confirm(layout, encoding=encoding)`,
    without `encoding` where the reading has none.
    """

    def __init__(
        self, job: Mapping[str, Any], readings: list[dict[str, Any]], import_id: str
    ) -> None:
        super().__init__(job)
        self.readings = readings
        self.import_id = import_id


_BY_CODE: dict[str, type[Refused]] = {
    "quota_exceeded": QuotaExceeded,
    "gate_refused": GateRefused,
}
_BY_STATUS: dict[int, type[Refused]] = {
    each.status: each
    for each in (
        *(Invalid, SignedOut, Forbidden, NotFound, Conflict, TooLarge, UnsupportedMediaType),
        *(Unprocessable, TooManyRequests, Unavailable, ServerFault),
    )
}
_BY_STATUS |= {502: Unavailable, 504: Unavailable}


def refusal(status: int, problem: Mapping[str, Any], retry_after: float | None = None) -> Refused:
    """Return the error of an answer whose status is 400 or more."""
    kind = _BY_STATUS.get(status, ServerFault if status >= 500 else Refused)
    if status == Conflict.status:
        kind = _BY_CODE.get(str(problem.get("code", "")), kind)
    error = kind(status, problem)
    if isinstance(error, Busy):
        error.retry_after = retry_after
    return error
