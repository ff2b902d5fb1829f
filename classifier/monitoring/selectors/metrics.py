"""Predictions in `/metrics`: sums over all tenants, for who runs this Loupe."""

from collections.abc import Iterator
from datetime import timedelta

from django.db.models import Count, Sum
from django.utils import timezone
from prometheus_client.core import (
    CounterMetricFamily,
    GaugeMetricFamily,
    Metric,
    SummaryMetricFamily,
)

from classifier.engine.measure.figure_bins import LATENCY_EDGES, quantile
from classifier.models import DriftCheck, PredictionFigures, PromiseRecord, Step
from classifier.monitoring.selectors.figures import counted_until

_LATELY = timedelta(hours=2)
_QUANTILES = (0.5, 0.95)


def prediction_metrics() -> Iterator[Metric]:
    """Yield what predictions, drift checks and promises come to, without naming whose they are.

    Deleting a model takes its predictions away, which Prometheus reads as a counter that began
    again.
    """
    names = ("count", "accepted", "reviewed", "unknown", "timed", "latency_sum")
    days = PredictionFigures.objects.filter(step=Step.DAY)
    sums = {name: each or 0 for name, each in days.aggregate(**_sums(names)).items()}
    decided = sums["accepted"] + sums["reviewed"] + sums["unknown"]
    predictions = CounterMetricFamily(
        "loupe_predictions", "Predictions, by decision.", labels=("decision",)
    )
    for name, value in (
        ("accept", sums["accepted"]),
        ("review", sums["reviewed"]),
        ("unknown", sums["unknown"]),
        ("none", sums["count"] - decided),
    ):
        predictions.add_metric([name], value)
    yield predictions
    yield SummaryMetricFamily(
        "loupe_prediction_latency_seconds",
        "From the arrival of a request until its answer was kept.",
        count_value=int(sums["timed"]),
        sum_value=sums["latency_sum"] / 1000,
    )
    yield _lately()
    yield _lag()
    yield from _alarms()


def _sums(names: tuple[str, ...]) -> dict[str, Sum]:
    return {name: Sum(name) for name in names}


def _lately() -> GaugeMetricFamily:
    gauge = GaugeMetricFamily(
        "loupe_prediction_latency_lately_seconds",
        "Quantiles of the latency in the hours that began within the last two.",
        labels=("quantile",),
    )
    rows = PredictionFigures.objects.filter(step=Step.HOUR, at__gt=timezone.now() - _LATELY)
    counts = [sum(values) for values in zip(*rows.values_list("latency", flat=True), strict=True)]
    for share in _QUANTILES:
        value = quantile(counts, LATENCY_EDGES, share)
        if value is not None:
            gauge.add_metric([f"{share:g}"], value / 1000)
    return gauge


def _lag() -> GaugeMetricFamily:
    until = counted_until()
    lag = (timezone.now() - until).total_seconds() if until else 0.0
    return GaugeMetricFamily(
        "loupe_predictions_uncounted_seconds", "Age of the newest counted prediction.", value=lag
    )


def _alarms() -> Iterator[Metric]:
    checks = CounterMetricFamily(
        "loupe_drift_checks", "Drift checks that ended well.", labels=("judgement",)
    )
    told = DriftCheck.objects.exclude(judgement="").order_by().values_list("judgement")
    for judgement, count in told.annotate(count=Count("pk")):
        checks.add_metric([judgement], count)
    yield checks
    yield CounterMetricFamily(
        "loupe_promises_withdrawn",
        "Decisions whose promise feedback has broken.",
        value=PromiseRecord.objects.filter(withdrawn_at__isnull=False).count(),
    )
