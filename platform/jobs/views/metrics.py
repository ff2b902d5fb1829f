"""`/metrics`, in the text format of Prometheus."""

import hmac
from collections.abc import Iterator

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_GET
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, generate_latest
from prometheus_client.core import (
    CounterMetricFamily,
    GaugeMetricFamily,
    HistogramMetricFamily,
    Metric,
)
from prometheus_client.registry import Collector

from accounts.policies import is_operator
from jobs import kinds
from jobs.errors import OF_THE_INSTALLATION
from jobs.selectors.collectors import collected
from jobs.selectors.figures import BUCKETS, Durations, Figures, figures


class JobCollector(Collector):
    """The figures of one reading as metrics."""

    def __init__(self, reading: Figures) -> None:
        self._reading = reading

    def collect(self) -> Iterator[Metric]:
        """Yield every metric."""
        reading = self._reading
        pairs: list[tuple[type[Metric], str, str, tuple[str, str], dict]] = [
            (GaugeMetricFamily, "waiting", "Jobs that wait.", ("queue", "status"),
             reading.waiting_by_queue_status),
            (GaugeMetricFamily, "oldest_waiting_seconds", "Age of the oldest job that waits.",
             ("queue", "status"), reading.oldest_by_queue_status),
            (GaugeMetricFamily, "running", "Jobs that run.", ("queue", "kind"),
             reading.running_by_queue_kind),
            (GaugeMetricFamily, "parked", "Jobs that wait for other jobs.", ("queue", "kind"),
             reading.parked_by_queue_kind),
            (GaugeMetricFamily, "lease_age_seconds",
             "Longest time since a running job's lease was renewed.", ("queue", "kind"),
             reading.lease_age_by_queue_kind),
            (CounterMetricFamily, "ended", "Jobs that have ended.", ("kind", "status"),
             reading.ended_by_kind_status),
            (CounterMetricFamily, "failures", "Jobs that have failed, by reason.", ("kind", "code"),
             _no_failures() | reading.failures_by_kind_code),
            (CounterMetricFamily, "attempts", "Attempts that have ended.", ("kind", "outcome"),
             reading.attempts_by_kind_outcome),
            (CounterMetricFamily, "attempt_failures", "Attempts that have failed, by reason.",
             ("kind", "code"), reading.attempt_failures_by_kind_code),
        ]  # fmt: skip
        for family, name, text, labels, values in pairs:
            metric = family(f"loupe_jobs_{name}", text, labels=labels)  # type: ignore[call-arg]
            for key, value in values.items():
                metric.add_metric(key, value)  # type: ignore[attr-defined]
            yield metric
        yield CounterMetricFamily(
            "loupe_jobs_reaped", "Attempts taken from silent workers.", value=reading.reaped
        )
        yield _durations(reading.durations_by_kind)


def _no_failures() -> dict[tuple[str, str], int]:
    """Return 0 for each failure that alerts ask for: Prometheus sees no rise in a first sample."""
    return {(kind.name, code): 0 for kind in kinds.all_kinds() for code in OF_THE_INSTALLATION}


class FurtherCollector(Collector):
    """The metrics of other apps."""

    def collect(self) -> Iterator[Metric]:
        """Yield every metric."""
        yield from collected()


def _durations(by_kind: dict[str, Durations]) -> HistogramMetricFamily:
    metric = HistogramMetricFamily(
        "loupe_jobs_duration_seconds",
        "From the first start of a successful job to its end.",
        labels=("kind",),
    )
    names = [*map(str, BUCKETS), "+Inf"]
    for kind, durations in by_kind.items():
        running_total, buckets = 0, []
        for name, count in zip(names, durations.buckets, strict=True):
            running_total += count
            buckets.append((name, running_total))
        metric.add_metric([kind], buckets, durations.total_seconds)
    return metric


@require_GET
def metrics(request: HttpRequest) -> HttpResponse:
    """Answer staff, and scrapers that send LOUPE_METRICS_TOKEN as a bearer token."""
    if not _may_read(request):
        response = HttpResponse("Staff, or the bearer token of LOUPE_METRICS_TOKEN.\n", status=401)
        response.headers["WWW-Authenticate"] = "Bearer"
        return response
    registry = CollectorRegistry()
    registry.register(JobCollector(figures()))
    registry.register(FurtherCollector())
    return HttpResponse(generate_latest(registry), content_type=CONTENT_TYPE_LATEST)


def _may_read(request: HttpRequest) -> bool:
    if is_operator(request.user):
        return True
    token: str = settings.METRICS_TOKEN
    sent = request.headers.get("Authorization", "")
    return bool(token) and hmac.compare_digest(sent.encode(), f"Bearer {token}".encode())
