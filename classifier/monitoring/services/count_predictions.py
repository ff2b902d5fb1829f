"""Count predictions by the hour and the day, so that no page counts a million of them."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple
from uuid import UUID

from django.db import connection, transaction
from django.db.models import Min
from django.utils import timezone

from classifier.engine.measure.decision import ACCEPT, REVIEW, UNKNOWN
from classifier.engine.measure.figure_bins import CONFIDENCE_EDGES, LATENCY_EDGES
from classifier.models import FiguresMark, Prediction, PredictionFigures, Step

# A web process gives a prediction its time and stores it at once; it may have to wait for Postgres.
_SETTLED = timedelta(minutes=2)
# Of what has come up since an upgrade or a pause, so much at a time.
_AT_ONCE = timedelta(hours=6)
_LOOKED_AT_FOR = timedelta(days=2)
_ONE_MARK = 1
# In one reading of the rows: how often each class, decision and bin occurred, and the sums.
_COUNT = """
WITH told AS (
  SELECT organization_id, model_version_id, latency_ms,
    date_trunc('hour', created_at, 'UTC') AS hour,
    COALESCE(answer -> 'classes', answer) -> 0 ->> 'class_name' AS class_name,
    (COALESCE(answer -> 'classes', answer) -> 0 ->> 'probability')::float8 AS confidence,
    COALESCE(CASE jsonb_typeof(answer) WHEN 'object' THEN answer ->> 'decision' END, '')
      AS decision
  FROM classifier_prediction
  WHERE created_at >= %(start)s AND created_at < %(end)s
), placed AS (
  SELECT *, width_bucket(confidence, %(confidence)s::float8[]) AS confidence_bin,
    width_bucket(latency_ms::float8, %(latency)s::float8[]) AS latency_bin
  FROM told
)
SELECT organization_id, model_version_id, hour, class_name, decision, confidence_bin, latency_bin,
  GROUPING(class_name, decision, confidence_bin, latency_bin) AS kind, count(*),
  COALESCE(sum(confidence), 0), COALESCE(sum(latency_ms), 0)
FROM placed
GROUP BY organization_id, model_version_id, hour,
  GROUPING SETS ((class_name), (decision), (confidence_bin), (latency_bin))
"""
# The bits of GROUPING are 0 for what a row is grouped by.
_CLASS, _DECISION, _CONFIDENCE, _LATENCY = 0b0111, 0b1011, 0b1101, 0b1110


class Hour(NamedTuple):
    """Whose predictions of what, and when."""

    organization: UUID
    version: UUID
    at: datetime


@dataclass
class Counted:
    """Figures as in `PredictionFigures`."""

    count: int = 0
    decisions: Counter[str] = field(default_factory=Counter)
    confidence: list[int] = field(default_factory=lambda: [0] * (len(CONFIDENCE_EDGES) + 1))
    confidence_sum: float = 0.0
    latency: list[int] = field(default_factory=lambda: [0] * (len(LATENCY_EDGES) + 1))
    latency_sum: float = 0.0
    timed: int = 0
    classes: Counter[str] = field(default_factory=Counter)


@transaction.atomic
def count_predictions() -> None:
    """Add what has settled since the last time, each prediction once; a chore.

    The figures and how far they go are written together, by one process at a time.
    """
    mark = _mark()
    if mark is None:
        return
    end = min(timezone.now() - _SETTLED, mark.until + _AT_ONCE)
    if end <= mark.until:
        return
    for hour, counted in _counted(mark.until, end).items():
        _add(hour, counted)
        _add_to_totals(mark, _as_row(hour, counted))
    mark.until = end
    mark.save()


@transaction.atomic
def count_latecomers() -> None:
    """Count again the hours of the last two days of which more predictions are there; a chore.

    Such a prediction was stored more than two minutes after the time that it bears. Where fewer
    are there, some were deleted since: what was counted was true and stays, unless as many come
    late.
    """
    mark = _mark()
    if mark is None:
        return
    start = (mark.until - _LOOKED_AT_FOR).replace(minute=0, second=0, microsecond=0)
    wanted = _hours_with_more(start, mark.until)
    for at in sorted({hour.at for hour in wanted}):
        found = _counted(at, min(at + timedelta(hours=1), mark.until))
        for hour in wanted & found.keys():
            before = PredictionFigures.objects.filter(
                organization=hour.organization, model_version=hour.version, step=Step.HOUR, at=at
            ).first()
            _add(hour, found[hour], instead_of=before)
            _add_to_totals(mark, _as_row(hour, found[hour]), instead_of=before)
    if wanted:
        mark.save()


def _mark() -> FiguresMark | None:
    """Return how far predictions are counted, locked; None while there is none to count.

    The first time, that is where the first of them begins.
    """
    mark = FiguresMark.objects.select_for_update(skip_locked=True).first()
    if mark is not None or FiguresMark.objects.exists():
        return mark
    first = Prediction.objects.aggregate(first=Min("created_at"))["first"]
    if first is None:
        return None
    FiguresMark.objects.get_or_create(pk=_ONE_MARK, defaults={"until": first})
    return FiguresMark.objects.select_for_update().get(pk=_ONE_MARK)


def _hours_with_more(start: datetime, end: datetime) -> set[Hour]:
    """Return of which hours, of which organization and version, more is there than was counted."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT organization_id, model_version_id, date_trunc('hour', created_at, 'UTC'),"
            " count(*) FROM classifier_prediction WHERE created_at >= %s AND created_at < %s"
            " GROUP BY 1, 2, 3",
            [start, end],
        )
        there = {Hour(*row): count for *row, count in cursor.fetchall()}
    rows = PredictionFigures.objects.filter(step=Step.HOUR, at__gte=start, at__lt=end)
    counted = {
        Hour(organization, version, at): count
        for organization, version, at, count in rows.values_list(
            "organization", "model_version", "at", "count"
        )
    }
    return {hour for hour, count in there.items() if count > counted.get(hour, 0)}


def _counted(start: datetime, end: datetime) -> dict[Hour, Counted]:
    """Return the figures of the predictions made from `start` on and before `end`."""
    values: dict[str, Any] = {
        "start": start,
        "end": end,
        "confidence": list(CONFIDENCE_EDGES),
        "latency": list(LATENCY_EDGES),
    }
    found: defaultdict[Hour, Counted] = defaultdict(Counted)
    with connection.cursor() as cursor:
        cursor.execute(_COUNT, values)
        for *hour, name, decision, confident, slow, kind, count, confidence, latency in cursor:
            counted = found[Hour(*hour)]
            if kind == _CLASS:
                # An answer that this Loupe cannot read has no class.
                counted.classes[name or ""] += count
                counted.count += count
                counted.confidence_sum += confidence
                counted.latency_sum += float(latency)
            elif kind == _DECISION:
                counted.decisions[decision] += count
            elif kind == _CONFIDENCE and confident is not None:
                counted.confidence[confident] += count
            elif kind == _LATENCY and slow is not None:
                counted.latency[slow] += count
                counted.timed += count
    return found


def _add(hour: Hour, counted: Counted, instead_of: PredictionFigures | None = None) -> None:
    """Add the figures to those of the hour and of its day; those of `instead_of` are taken off."""
    day = hour.at.astimezone(UTC).replace(hour=0)
    for step, at in ((Step.HOUR, hour.at), (Step.DAY, day)):
        row = PredictionFigures.objects.filter(
            organization=hour.organization, model_version=hour.version, step=step, at=at
        ).first() or _nothing(hour, step, at)
        if instead_of is not None:
            _put(row, instead_of, -1)
        _put(row, _as_row(hour, counted), 1)
        row.save()


def _add_to_totals(
    mark: FiguresMark, row: PredictionFigures, instead_of: PredictionFigures | None = None
) -> None:
    """Add to what all predictions came to what the row has more than `instead_of` has.

    Where it has less, predictions were deleted: a counter that falls would count as begun again.
    """
    before = _totals(instead_of) if instead_of else {}
    for name, value in _totals(row).items():
        setattr(mark, name, getattr(mark, name) + max(0, value - before.get(name, 0)))


def _totals(row: PredictionFigures) -> dict[str, float]:
    return {
        "accepted": row.accepted,
        "reviewed": row.reviewed,
        "unknown": row.unknown,
        "undecided": row.count - row.accepted - row.reviewed - row.unknown,
        "latency_sum": row.latency_sum,
        "timed": row.timed,
    }


def _nothing(hour: Hour, step: Step, at: datetime) -> PredictionFigures:
    row = _as_row(hour, Counted())
    row.step, row.at = step, at
    return row


def _as_row(hour: Hour, counted: Counted) -> PredictionFigures:
    return PredictionFigures(
        organization_id=hour.organization,
        model_version_id=hour.version,
        step=Step.HOUR,
        at=hour.at,
        count=counted.count,
        accepted=counted.decisions[ACCEPT],
        reviewed=counted.decisions[REVIEW],
        unknown=counted.decisions[UNKNOWN],
        confidence=counted.confidence,
        confidence_sum=counted.confidence_sum,
        latency=counted.latency,
        latency_sum=counted.latency_sum,
        timed=counted.timed,
        classes=dict(counted.classes),
    )


_SUMS = ("count", "accepted", "reviewed", "unknown", "confidence_sum", "latency_sum", "timed")


def _put(row: PredictionFigures, other: PredictionFigures, sign: int) -> None:
    for name in _SUMS:
        setattr(row, name, getattr(row, name) + sign * getattr(other, name))
    row.confidence = _sums(row.confidence, other.confidence, sign)
    row.latency = _sums(row.latency, other.latency, sign)
    names: Iterable[str] = {*row.classes, *other.classes}
    totals = {name: row.classes.get(name, 0) + sign * other.classes.get(name, 0) for name in names}
    row.classes = {name: total for name, total in totals.items() if total}


def _sums(first: Sequence[int], second: Sequence[int], sign: int) -> list[Any]:
    return [one + sign * other for one, other in zip(first, second, strict=True)]
