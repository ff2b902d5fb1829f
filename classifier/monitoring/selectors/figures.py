"""Reading how many predictions there were, how sure, how fast, of which classes, over time."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from django.db.models import QuerySet
from django.utils import timezone

from accounts.models import Membership, Organization, User
from accounts.selectors.sharing import payer
from classifier.engine.measure.figure_bins import LATENCY_EDGES, quantile
from classifier.models import FiguresMark, ModelVersion, PredictionFigures, RegisteredModel, Step
from common.errors import FieldError, Invalid

LENGTHS = {Step.HOUR: timedelta(hours=1), Step.DAY: timedelta(days=1)}
# As many points as a chart and an answer hold.
MOST_POINTS = 1_000
_BY_DEFAULT = {Step.HOUR: timedelta(days=7), Step.DAY: timedelta(days=90)}
_SLOWEST_SHARE = 0.95


@dataclass(frozen=True, kw_only=True)
class Span:
    """A time whose figures are asked for: steps that begin at `start` or later and before `end`."""

    start: datetime
    end: datetime
    step: Step


@dataclass(frozen=True, kw_only=True)
class Point:
    """The figures of one step, or of several together.

    `confidence` is the mean top probability, `latency_ms` the median and `slow_ms` what one in
    twenty exceeds; None where none is known.
    """

    at: datetime
    count: int
    latency_ms: float | None
    slow_ms: float | None
    confidence: float | None
    decisions: dict[str, int]
    classes: dict[str, int]


def whose_figures(user: User, model: RegisteredModel, slug: str = "") -> Organization:
    """Return of which organization's predictions the figures are: the one that pays for the user's.

    Of a person in several, `slug` may name another of theirs. Raises `Invalid` (`/organization`).
    """
    if not slug:
        return payer(user, model.subject)
    found = Membership.objects.filter(user=user, organization__slug=slug)
    membership = found.select_related("organization").first()
    if membership is None:
        detail = "organization must be the slug of an organization that you belong to."
        raise Invalid(detail, errors=[FieldError("/organization", "does_not_exist", detail)])
    return membership.organization


def span_of(start: datetime | None, end: datetime | None, step: Step) -> Span:
    """Return the whole steps from `start` to `end`, by default the last week or 90 days.

    Raises `Invalid` for an end before the start, and for more than 1,000 steps.
    """
    length = LENGTHS[step]
    end = end or timezone.now()
    start = _floor(start or end - _BY_DEFAULT[step], step)
    if start >= end:
        raise _refused("to", "to must be later than from.")
    if (end - start) / length > MOST_POINTS:
        raise _refused(
            "from",
            f"Up to {MOST_POINTS:,} steps are shown at a time; these are "
            f"{int((end - start) / length):,}. Take a shorter time, or longer steps.",
        )
    return Span(start=start, end=end, step=step)


def counted_until() -> datetime | None:
    """Return up to which time predictions are counted; None while there are none."""
    return FiguresMark.objects.values_list("until", flat=True).first()


def series_of(
    organization: Organization,
    model: RegisteredModel,
    span: Span,
    version: ModelVersion | None = None,
) -> list[Point]:
    """Return the figures of each step, the earliest first; steps without predictions have 0."""
    found: dict[datetime, list[PredictionFigures]] = {}
    rows = _rows(organization, model, span, version).order_by("at")
    # A point has the mean confidence alone.
    for row in rows.defer("confidence"):
        found.setdefault(row.at, []).append(row)
    length = LENGTHS[span.step]
    steps = [span.start + number * length for number in range(_count(span))]
    return [point_of(at, found.get(at, [])) for at in steps]


def _rows(
    organization: Organization, model: RegisteredModel, span: Span, version: ModelVersion | None
) -> QuerySet[PredictionFigures]:
    rows = PredictionFigures.objects.filter(
        organization=organization, step=span.step, at__gte=span.start, at__lt=span.end
    )
    return (
        rows.filter(model_version=version) if version else rows.filter(model_version__model=model)
    )


def _count(span: Span) -> int:
    return -(-(span.end - span.start) // LENGTHS[span.step])


def point_of(at: datetime, rows: Sequence[PredictionFigures]) -> Point:
    """Return the rows' figures together."""
    count, timed = sum(row.count for row in rows), sum(row.timed for row in rows)
    latency = _together([row.latency for row in rows])
    classes: Counter[str] = Counter()
    for row in rows:
        classes.update(row.classes)
    decided = {
        "accept": sum(row.accepted for row in rows),
        "review": sum(row.reviewed for row in rows),
        "unknown": sum(row.unknown for row in rows),
    }
    return Point(
        at=at,
        count=count,
        latency_ms=_rounded(quantile(latency, LATENCY_EDGES, 0.5)) if timed else None,
        slow_ms=_rounded(quantile(latency, LATENCY_EDGES, _SLOWEST_SHARE)) if timed else None,
        confidence=round(sum(row.confidence_sum for row in rows) / count, 6) if count else None,
        decisions={**decided, "none": count - sum(decided.values())},
        classes=dict(classes.most_common()),
    )


def _together(counts: Sequence[Sequence[int]]) -> list[int]:
    return [sum(values) for values in zip(*counts, strict=True)]


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, 1)


def _floor(moment: datetime, step: Step) -> datetime:
    hour = moment.astimezone(UTC).replace(minute=0, second=0, microsecond=0)
    return hour.replace(hour=0) if step is Step.DAY else hour


def _refused(name: str, detail: str) -> Invalid:
    return Invalid(detail, errors=[FieldError(f"/{name}", "out_of_range", detail)])
