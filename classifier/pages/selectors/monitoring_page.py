"""What the page of a model's predictions over time shows."""

from collections import Counter
from datetime import timedelta
from typing import Any

from django.utils import timezone

from accounts.models import Organization, User
from classifier.models import DriftCheck, RegisteredModel, Step
from classifier.monitoring.selectors.drift import moved_predictions
from classifier.monitoring.selectors.figures import (
    Point,
    Span,
    counted_until,
    series_of,
    span_of,
)

# Of more classes the rarest are drawn as one: there are seven inks.
_MOST_CLASSES = 6
_SPANS = {
    "day": ("24 hours", timedelta(days=1), Step.HOUR),
    "week": ("7 days", timedelta(days=7), Step.HOUR),
    "quarter": ("90 days", timedelta(days=90), Step.DAY),
    "year": ("A year", timedelta(days=365), Step.DAY),
}
_DEFAULT = "week"
_DECISIONS = {
    "accept": "Accept",
    "review": "Review",
    "unknown": "Unknown",
    "none": "Without a decision",
}


def span_name(asked: str) -> str:
    """Return which of the times is shown."""
    return asked if asked in _SPANS else _DEFAULT


def spans_for(asked: str, organization: Organization) -> list[dict[str, Any]]:
    """Return the times to choose from, as tabs, of the same organization."""
    chosen, of = span_name(asked), f"&organization={organization.slug}"
    return [
        {"label": label, "url": f"?span={name}{of}", "active": name == chosen}
        for name, (label, _, _) in _SPANS.items()
    ]


def figures_of(organization: Organization, model: RegisteredModel, asked: str) -> dict[str, Any]:
    """Return the charts, and the sums beside them."""
    _, length, step = _SPANS.get(asked, _SPANS[_DEFAULT])
    now = timezone.now()
    span: Span = span_of(now - length, now, step)
    points = series_of(organization, model, span)
    count = sum(point.count for point in points)
    decided: Counter[str] = Counter()
    for point in points:
        decided.update(point.decisions)
    decisions = decided.total() - decided["none"]
    return {
        "charts": _charts(points, step, decided) if count else [],
        "count": count,
        "accepted_share": decided["accept"] / decisions if decisions else None,
        "counted_until": counted_until(),
    }


def _charts(points: list[Point], step: Step, decided: Counter[str]) -> list[dict[str, Any]]:
    charts = [
        _chart(
            "decisions" if decided["none"] < decided.total() else "predictions",
            "Predictions by decision" if decided["none"] < decided.total() else "Predictions",
            "count",
            points,
            step,
            {
                label: [point.decisions[name] for point in points]
                for name, label in _DECISIONS.items()
                if decided[name]
            },
        ),
        _chart("classes", "Class mix", "count", points, step, _class_values(points)),
        _chart(
            "confidence",
            "Mean confidence",
            "share",
            points,
            step,
            {"Confidence": [point.confidence for point in points]},
        ),
    ]
    if any(point.latency_ms is not None for point in points):
        values = {
            "Median": [point.latency_ms for point in points],
            "One in twenty is slower": [point.slow_ms for point in points],
        }
        charts.append(_chart("latency", "Latency", "milliseconds", points, step, values))
    return charts


def _class_values(points: list[Point]) -> dict[str, list[int]]:
    totals: Counter[str] = Counter()
    for point in points:
        totals.update(point.classes)
    shown = [name for name, _ in totals.most_common(_MOST_CLASSES)]
    values = {name: [point.classes.get(name, 0) for point in points] for name in shown}
    if len(totals) > len(shown):
        rest = [point.count - sum(point.classes.get(name, 0) for name in shown) for point in points]
        values[f"{len(totals) - len(shown)} other classes"] = rest
    return values


def _chart(
    key: str, title: str, kind: str, points: list[Point], step: Step, values: dict[str, Any]
) -> dict[str, Any]:
    return {
        "id": f"chart-{key}",
        "title": title,
        "data": {
            "kind": kind,
            "step": step.value,
            "times": [f"{point.at:%Y-%m-%dT%H:%M:%S}Z" for point in points],
            "series": [{"name": name, "values": each} for name, each in values.items()],
        },
    }


def moved_images(user: User, check: DriftCheck) -> list[Any]:
    """Return the kept predictions whose images moved most, the furthest first."""
    return moved_predictions(user, check)
