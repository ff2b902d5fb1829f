"""Predictions in `/metrics`: sums over all tenants, for who runs this Loupe."""

from collections.abc import Iterator
from datetime import timedelta

from django.db.models import Count
from django.utils import timezone
from prometheus_client.core import (
    CounterMetricFamily,
    GaugeMetricFamily,
    Metric,
    SummaryMetricFamily,
)

from classifier.engine.measure.figure_bins import LATENCY_EDGES, quantile
from classifier.models import (
    DriftCheck,
    FiguresMark,
    Judgement,
    PredictionFigures,
    PromiseRecord,
    Step,
)

_LATELY = timedelta(hours=2)
_A_DAY = timedelta(hours=24)
_QUANTILES = (0.5, 0.95)


def prediction_metrics() -> Iterator[Metric]:
    """Yield what predictions, drift checks and promises come to, without naming whose they are."""
    totals = FiguresMark.objects.first()
    yield from _counted(totals or FiguresMark())
    yield _lately()
    yield _lag(totals)
    yield from _alarms()


def _counted(totals: FiguresMark) -> Iterator[Metric]:
    predictions = CounterMetricFamily(
        "loupe_predictions", "Predictions, by decision.", labels=("decision",)
    )
    for name, value in (
        ("accept", totals.accepted),
        ("review", totals.reviewed),
        ("unknown", totals.unknown),
        ("none", totals.undecided),
    ):
        predictions.add_metric([name], value)
    yield predictions
    yield SummaryMetricFamily(
        "loupe_prediction_latency_seconds",
        "From the arrival of a request until its answer was kept.",
        count_value=totals.timed,
        sum_value=totals.latency_sum / 1000,
    )


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


def _lag(mark: FiguresMark | None) -> GaugeMetricFamily:
    lag = (timezone.now() - mark.until).total_seconds() if mark else 0.0
    return GaugeMetricFamily(
        "loupe_predictions_uncounted_seconds", "Age of the newest counted prediction.", value=lag
    )


def _alarms() -> Iterator[Metric]:
    """Yield gauges of a day: rows go with their model, so a count of all of them would fall."""
    since = timezone.now() - _A_DAY
    checks = GaugeMetricFamily(
        "loupe_drift_checks_lately",
        "Drift checks that began within 24 hours and ended well.",
        labels=("judgement",),
    )
    told = DriftCheck.objects.filter(created_at__gt=since).order_by().values_list("judgement")
    counts = dict(told.annotate(count=Count("pk")))
    for judgement in Judgement.values:
        checks.add_metric([judgement], counts.get(judgement, 0))
    yield checks
    yield GaugeMetricFamily(
        "loupe_promises_withdrawn_lately",
        "Decisions whose promise feedback has broken within 24 hours.",
        value=PromiseRecord.objects.filter(withdrawn_at__gt=since).count(),
    )
