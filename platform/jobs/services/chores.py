"""Chores: what apps tidy up by themselves now and then, beside their jobs."""

import logging
import time
from collections.abc import Callable
from functools import wraps

logger = logging.getLogger(__name__)

Chore = Callable[[], None]
_HOUR = 3600

_chores: list[Chore] = []


def register(*chores: Chore) -> None:
    """Have these called with every sweep of the jobs, by one worker at a time or several.

    Called from an app's `AppConfig.ready()`. A chore must be quick when there is nothing to do.
    """
    _chores.extend(chore for chore in chores if chore not in _chores)


def hourly(chore: Chore) -> Chore:
    """Return the chore for `register` where it looks at too much to be called every time."""
    due = 0.0

    @wraps(chore)
    def if_due() -> None:
        nonlocal due
        if time.monotonic() >= due:
            due = time.monotonic() + _HOUR
            chore()

    return if_due


def run_all() -> None:
    """Do every chore; one that fails is logged and keeps no other from its turn."""
    for chore in _chores:
        try:
            chore()
        except Exception:
            logger.exception("the chore %s failed; tried again later", chore.__qualname__)
