"""Chores: what apps tidy up by themselves now and then, beside their jobs."""

import logging
import time
from collections.abc import Callable, Sequence
from functools import wraps

logger = logging.getLogger(__name__)

Chore = Callable[[], None]
_HOUR, _MINUTE = 3600, 60

_chores: list[Chore] = []
_prompt: list[Chore] = []
_of_machine: list[Chore] = []
_looked_at = -float(_MINUTE)


def register(*chores: Chore) -> None:
    """Have these called with every sweep of the jobs, by one worker at a time or several.

    Called from an app's `AppConfig.ready()`. A chore must be quick when there is nothing to do.
    """
    _chores.extend(chore for chore in chores if chore not in _chores)


def register_prompt(*chores: Chore) -> None:
    """Have these called every few seconds (`JOB_RELAY_SECONDS`): each asks one cheap question.

    Called from an app's `AppConfig.ready()`. For work whose time comes, to the second.
    """
    _prompt.extend(chore for chore in chores if chore not in _prompt)


def register_for_machines(*chores: Chore) -> None:
    """Have each machine do these for itself, before a job there begins; once a minute at most.

    Called from an app's `AppConfig.ready()`. For what lies in the scratch folder of each machine.
    """
    _of_machine.extend(chore for chore in chores if chore not in _of_machine)


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


def run_of_machine() -> None:
    """Do what this machine does for itself, unless this process has within the minute."""
    global _looked_at
    if time.monotonic() - _looked_at >= _MINUTE:
        _looked_at = time.monotonic()
        _run(_of_machine)


def run_prompt() -> None:
    """Do what cannot wait for the sweep."""
    _run(_prompt)


def run_all() -> None:
    """Do every chore; one that fails is logged and keeps no other from its turn."""
    _run([*_chores, *_of_machine])


def _run(chores: Sequence[Chore]) -> None:
    for chore in chores:
        try:
            chore()
        except Exception:
            logger.exception("the chore %s failed; tried again later", chore.__qualname__)
