"""For how long the members of an experiment have learned."""

import math
import uuid
from collections import defaultdict
from collections.abc import Iterable

from classifier.models import ExperimentMember
from common.clock import database_now
from jobs.models import JobAttempt

# From when to when, in seconds since 1970.
Span = tuple[float, float]


def spans_by_member(experiment_id: uuid.UUID) -> dict[int, list[Span]]:
    """Return by member's number when it has learned: every attempt at its run, until now.

    Of one that the experiment's job fits itself, what its result says.
    """
    members = list(
        ExperimentMember.objects.filter(experiment=experiment_id).values_list(
            "number", "run__job__lineage", "result__began", "result__seconds"
        )
    )
    spans: dict[int, list[Span]] = {}
    by_lineage = _spans_by_lineage({lineage for _, lineage, *_ in members if lineage})
    for number, lineage, began, seconds in members:
        if lineage is not None:
            spans[number] = by_lineage[lineage]
        elif began is not None and seconds is not None:
            spans[number] = [(began, began + seconds)]
        else:
            spans[number] = []
    return spans


def seconds_in(spans: Iterable[Span]) -> float:
    """Return for how long at least one of the spans lasted."""
    total, until = 0.0, -math.inf
    for begin, end in sorted(spans):
        total += max(0.0, end - max(begin, until))
        until = max(until, end)
    return total


def seconds_for(member: ExperimentMember, budget: float) -> int:
    """Return how long a member's run may learn in all, of a `budget` that all members share.

    What is left of it when the run begins, and what the run has had before.
    """
    spans = spans_by_member(member.experiment_id)
    left = budget - seconds_in(span for each in spans.values() for span in each)
    return max(1, round(left + seconds_in(spans[member.number])))


def _spans_by_lineage(lineages: set[uuid.UUID]) -> dict[uuid.UUID, list[Span]]:
    spans: dict[uuid.UUID, list[Span]] = defaultdict(list)
    if not lineages:
        return spans
    attempts = JobAttempt.objects.filter(job__lineage__in=lineages).order_by("started_at")
    now = database_now().timestamp()
    for lineage, began, ended in attempts.values_list("job__lineage", "started_at", "ended_at"):
        begin = began.timestamp()
        spans[lineage].append((begin, max(begin, ended.timestamp() if ended else now)))
    return spans
