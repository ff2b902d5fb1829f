"""Turns: what a person started in the background gets its place at last, and keeps it for a while.

Work with turns (`Kind.has_turns`) lets others pass in its queue for `JOB_TURN_WAIT_SECONDS`; then
it is claimed like work of priority 0. Begun so, it keeps its place for `JOB_TURN_SECONDS` while
others wait, and its next turn is due `JOB_TURN_WAIT_SECONDS` after that. So it has about a tenth of
a place, however much other work there is.
"""

from datetime import timedelta
from typing import Any

from django.conf import settings
from django.db.models import Case, F, Q, When
from django.db.models.functions import Now
from django.utils import timezone

from jobs.kinds import Kind

# The priority by which a job is claimed.
RANK = "greatest(job.priority, CASE WHEN job.turn_at <= now() THEN 0 ELSE job.priority END)"


def first_turn(kind: Kind) -> Any:
    """Return `Job.turn_at` of a new job; None for kinds without turns."""
    return timezone.now() + _wait() if kind.has_turns else None


def next_turn() -> Case:
    """Return `Job.turn_at` of a job that gives its place up: later where it has had a turn."""
    had_one = Q(turn_at__isnull=False, claimed_at__lte=Now() - _turn())
    return Case(When(had_one, then=Now() + _wait()), default=F("turn_at"))


def waits_for_a_place() -> Q:
    """Keep waiting jobs to which work in the background gives its place up."""
    return Q(priority__gte=0) | Q(turn_at__lte=Now())


def not_in_its_turn() -> Q:
    """Keep running jobs that may be asked for their place: none that has its turn now."""
    has_turn = Q(turn_at__lte=F("claimed_at"), claimed_at__gt=Now() - _turn())
    return Q(turn_at=None) | ~has_turn


def _wait() -> timedelta:
    return timedelta(seconds=settings.JOB_TURN_WAIT_SECONDS)


def _turn() -> timedelta:
    return timedelta(seconds=settings.JOB_TURN_SECONDS)
