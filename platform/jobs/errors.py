"""Why a job did not succeed: stable codes, each with a title and a sentence on what to do."""

import errno
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, NamedTuple

from accounts.errors import QuotaExceeded
from common.errors import DomainError, Forbidden, NotFound
from storage.errors import StoreError


class Failure(NamedTuple):
    """What people are told about one code; `retry` says whether another attempt may help."""

    title: str
    hint: str
    retry: bool


# Not a fault: the work stopped before it wrote anything, because a person has to choose.
NEEDS_CONFIRMATION = "needs_confirmation"

# Nothing is kept of such work: what it was to store would fill the disk by trying again and again.
QUOTA_EXCEEDED = "quota_exceeded"

FAILURES: dict[str, Failure] = {
    "out_of_memory": Failure(
        "Out of memory",
        "Choose a smaller batch or image size, or give the worker more memory.",
        True,
    ),
    "disk_full": Failure(
        "The disk is full",
        "Free space on the disks of LOUPE_DATA_DIR and LOUPE_SCRATCH_DIR, then press Retry.",
        False,
    ),
    "storage_unavailable": Failure(
        "The store of files does not answer",
        "Nothing is lost. Once the store answers again, press Retry.",
        True,
    ),
    "storage_refused": Failure(
        "The store of files refuses Loupe",
        "Give Loupe's key the right to read, write, delete and list, and check LOUPE_S3_BUCKET, "
        "then press Retry.",
        False,
    ),
    "storage_full": Failure(
        "The store of files is full",
        "Make room in the bucket that LOUPE_S3_BUCKET names, then press Retry.",
        False,
    ),
    "lost": Failure(
        "The worker was lost",
        "A worker or its machine went away too often. Look at the machine, then press Retry.",
        True,
    ),
    "stalled": Failure(
        "No progress",
        "The work stood still and was stopped. Press Retry; if it stalls again, "
        "read the log's end.",
        True,
    ),
    "timed_out": Failure(
        "Time is up",
        "Make the work smaller (fewer epochs or images), or raise LOUPE_JOB_TIME_LIMIT_SECONDS.",
        False,
    ),
    "bad_data": Failure(
        "The data cannot be used",
        "Correct the data that the message names, then start again.",
        False,
    ),
    QUOTA_EXCEEDED: Failure(
        "A quota is used up",
        "Delete what is not needed, or ask the operator of this Loupe for more; then start again.",
        False,
    ),
    NEEDS_CONFIRMATION: Failure(
        "This needs your answer",
        "Open the page of the work and choose; nothing has been written so far.",
        False,
    ),
    "share_ended": Failure(
        "It is no longer shared",
        "Ask the organization that it belongs to. What was made of it before has stayed.",
        False,
    ),
    "weights_unavailable": Failure(
        "Pretrained weights cannot be used",
        "Put the weight file into the folder that LOUPE_WEIGHTS_DIR names, on every machine, then "
        "press Retry.",
        False,
    ),
    "internal": Failure(
        "Something went wrong on our side",
        "Press Retry; if it fails again, send the log's end to the operator of this Loupe.",
        True,
    ),
}

# Failures that are no fault of the data: operators should hear of them.
OF_THE_INSTALLATION = (
    "internal", "lost", "out_of_memory", "disk_full", "stalled", "timed_out",
    "storage_unavailable", "storage_refused", "storage_full",
)  # fmt: skip


class JobFailed(Exception):
    """A failure with a name, raised by handlers.

    `code` is one of `FAILURES`; `detail` says what happened; `hint`, when given, replaces the
    code's own; `retry` likewise (None: as the code says).
    """

    def __init__(self, code: str, detail: str, hint: str = "", retry: bool | None = None) -> None:
        super().__init__(detail)
        if code not in FAILURES:
            raise ValueError(f"no failure is called {code!r}; known: {', '.join(FAILURES)}")
        self.code, self.detail, self.hint = code, detail, hint
        self.retry = FAILURES[code].retry if retry is None else retry

    def as_error(self) -> dict[str, Any]:
        """Return the `error` of the API: code, title, detail, hint."""
        failure = FAILURES[self.code]
        return {
            "code": self.code,
            "title": failure.title,
            "detail": self.detail,
            "hint": self.hint or failure.hint,
        }


class JobStopped(BaseException):
    """The work was told to stop. Not an `Exception`, so that no handler catches it by accident."""


class JobCancelled(JobStopped):
    """A person cancelled the job."""


class JobInterrupted(JobStopped):
    """The worker shuts down; the job goes on elsewhere, from its last checkpoint."""


class FenceLost(JobStopped):
    """Another attempt has taken over (or the job has ended): nothing of this one counts now."""


@contextmanager
def domain_failures() -> Iterator[None]:
    """Let what a service refuses end the job by its name: a quota, or data that cannot be used."""
    try:
        yield
    except StoreError:
        # It is no fault of the data: `named` tells it.
        raise
    except QuotaExceeded as error:
        raise JobFailed(QUOTA_EXCEEDED, error.detail) from error
    except DomainError as error:
        raise JobFailed("bad_data", error.detail, error.hint) from error


@contextmanager
def copy_failures(source: str) -> Iterator[None]:
    """The same of a copy, whose source may be gone, or shared no longer."""
    with domain_failures():
        try:
            yield
        except (Forbidden, NotFound) as error:
            detail = f"{source} is no longer there to be copied: {error.detail}"
            raise JobFailed("share_ended", detail, error.hint) from error


def named(error: BaseException) -> JobFailed:
    """Return the failure that any exception of a handler amounts to."""
    if isinstance(error, JobFailed):
        return error
    if isinstance(error, StoreError):
        return JobFailed(error.code, error.detail)
    if isinstance(error, MemoryError):
        return JobFailed("out_of_memory", "The work needed more memory than it may use.")
    if isinstance(error, OSError) and error.errno in (errno.ENOSPC, errno.EDQUOT):
        return JobFailed("disk_full", "There is no space left on a disk that Loupe writes to.")
    return JobFailed("internal", "An unexpected error ended the work. It is in the log.")
