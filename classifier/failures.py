"""The engine's failures in the words of jobs."""

from collections.abc import Iterator
from contextlib import contextmanager

from accounts.models import Organization
from accounts.selectors.sharing import may_read
from accounts.sharing import Subject
from classifier.engine import errors as engine
from datasets.errors import UnreadableImage
from jobs.handlers import JobContext, JobFailed

_NAMED = ("out_of_memory", "disk_full", "bad_data", "weights_unavailable", "timed_out")


@contextmanager
def engine_failures(context: JobContext) -> Iterator[None]:
    """Turn what the engine raises, and those who read images for it, into what a job ends with.

    A stop that the engine obeyed becomes the context's own reason for it (cancelled, shut down,
    taken over); a failure without a name of its own passes through as ours.
    """
    try:
        yield
    except engine.Cancelled:
        context.check()
        raise
    except UnreadableImage as error:
        raise JobFailed("bad_data", error.detail, error.hint) from error
    except engine.BadModelFile as error:
        raise JobFailed("bad_data", error.detail, error.hint) from error
    except engine.ExportFailed as error:
        # Our fault, and the same network would be exported the same way again.
        raise JobFailed("internal", error.detail, error.hint, retry=False) from error
    except engine.EngineError as error:
        if error.code not in _NAMED:
            raise
        raise JobFailed(error.code, error.detail, error.hint) from error


def require_shared(organization: Organization, *subjects: Subject) -> None:
    """Return where the organization may read all of these now, its own or shared ones.

    Raises `JobFailed` (`share_ended`): a job that has waited, or is tried again, learns it here.
    """
    for subject in subjects:
        if not may_read(organization, subject):
            raise JobFailed("share_ended", f"{subject.name} is no longer shared with you.")
