"""Who hears of the end of a job: apps above the one whose job it was."""

import logging
from collections.abc import Callable

from jobs.models import Job

logger = logging.getLogger(__name__)

Listener = Callable[[Job], None]

_listeners: list[Listener] = []


def register(*listeners: Listener) -> None:
    """Have these called with each ended job, after its transaction, in the process that ended it.

    Called from an app's `AppConfig.ready()`. A listener must be quick with jobs that are not its
    business. A process that dies between the end and the call makes none: who must not miss an end
    also registers a chore that looks for it.
    """
    _listeners.extend(one for one in listeners if one not in _listeners)


def tell(job: Job) -> None:
    """Call every listener; one that fails is logged and keeps no other from hearing."""
    for listener in _listeners:
        try:
            listener(job)
        except Exception:
            logger.exception("%s failed over job %s", listener.__qualname__, job.pk)
