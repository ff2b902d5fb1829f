"""What `/metrics` says of predictions: sums, and nothing that names a tenant."""

from datetime import UTC, datetime, timedelta
from importlib import import_module

import pytest
from django.db import connection

from classifier.models import FiguresMark, Prediction, PredictionFigures
from classifier.monitoring.services.count_predictions import count_latecomers, count_predictions
from tests import factories
from tests.classifier.monitored import Told, tell

pytestmark = pytest.mark.django_db
NOON = datetime(2026, 5, 3, 12, tzinfo=UTC)


@pytest.fixture
def scrape(client, settings):
    """Give a function that returns what a scraper reads."""
    settings.METRICS_TOKEN = "scraper"

    def scraped():
        return client.get("/metrics", headers={"Authorization": "Bearer scraper"}).content.decode()

    return scraped


def test_predictions_are_summed_over_all_tenants(user, scrape):
    version = factories.make_model_version(factories.make_run(user))
    other = factories.make_user()
    tell(version, [Told(NOON, decision="accept", latency_ms=500)] * 3)
    tell(version, [Told(NOON)], organization=other.personal_organization)
    FiguresMark.objects.create(pk=1, until=NOON - timedelta(minutes=1))
    count_predictions()
    said = scrape()
    assert 'loupe_predictions_total{decision="accept"} 3.0' in said
    assert 'loupe_predictions_total{decision="none"} 1.0' in said
    assert "loupe_prediction_latency_seconds_count 4.0" in said
    assert "loupe_prediction_latency_seconds_sum 1.52" in said
    assert "loupe_predictions_uncounted_seconds " in said
    assert "loupe_promises_withdrawn_lately 0.0" in said
    assert 'loupe_drift_checks_lately{judgement="drift"} 0.0' in said
    for private in (version.model.name, user.personal_organization.slug, str(version.pk)):
        assert private not in said


def test_a_counter_never_falls(user, scrape):
    """Prometheus would take a smaller number for a counter that began again, and add all of it."""
    version = factories.make_model_version(factories.make_run(user))
    tell(version, [Told(NOON, decision="accept"), Told(NOON, decision="accept"), Told(NOON)])
    FiguresMark.objects.create(pk=1, until=NOON - timedelta(minutes=1))
    count_predictions()
    # Three were deleted, and more than that come late: their hour is counted again.
    Prediction.objects.all().delete()
    tell(version, [Told(NOON, decision="review", latency_ms=None)] * 4)
    count_latecomers()
    said = scrape()
    for decision, count in (("accept", 2), ("review", 4), ("none", 1)):
        assert f'loupe_predictions_total{{decision="{decision}"}} {count}.0' in said
    assert "loupe_prediction_latency_seconds_count 3.0" in said
    # As they go with a version that is deleted.
    PredictionFigures.objects.all().delete()
    assert 'loupe_predictions_total{decision="review"} 4.0' in scrape()


def test_an_upgrade_adds_up_what_was_counted(user):
    version = factories.make_model_version(factories.make_run(user))
    tell(version, [Told(NOON, decision="accept", latency_ms=500)] * 3)
    tell(version, [Told(NOON + timedelta(days=1))] * 2)
    FiguresMark.objects.create(pk=1, until=NOON - timedelta(minutes=1))
    for _ in range(6):
        count_predictions()
    names = ("accepted", "reviewed", "unknown", "undecided", "latency_sum", "timed")
    counted = FiguresMark.objects.values(*names).get()
    assert counted["undecided"] == 2
    FiguresMark.objects.update(**dict.fromkeys(names, 0))
    migration = import_module("classifier.migrations.0045_totals_of_predictions")
    with connection.cursor() as cursor:
        cursor.execute(migration.ADD_UP)
    assert FiguresMark.objects.values(*names).get() == counted
