"""What `/metrics` says of predictions: sums, and nothing that names a tenant."""

from datetime import UTC, datetime, timedelta

import pytest

from classifier.models import FiguresMark
from classifier.monitoring.services.count_predictions import count_predictions
from tests import factories
from tests.classifier.monitored import Told, tell

pytestmark = pytest.mark.django_db
NOON = datetime(2026, 5, 3, 12, tzinfo=UTC)


def test_predictions_are_summed_over_all_tenants(user, client, settings):
    settings.METRICS_TOKEN = "scraper"
    version = factories.make_model_version(factories.make_run(user))
    other = factories.make_user()
    tell(version, [Told(NOON, decision="accept", latency_ms=500)] * 3)
    tell(version, [Told(NOON)], organization=other.personal_organization)
    FiguresMark.objects.create(pk=1, until=NOON - timedelta(minutes=1))
    count_predictions()
    said = client.get("/metrics", headers={"Authorization": "Bearer scraper"}).content.decode()
    assert 'loupe_predictions_total{decision="accept"} 3.0' in said
    assert 'loupe_predictions_total{decision="none"} 1.0' in said
    assert "loupe_prediction_latency_seconds_count 4.0" in said
    assert "loupe_prediction_latency_seconds_sum 1.52" in said
    assert "loupe_predictions_uncounted_seconds " in said
    assert "loupe_promises_withdrawn_total 0.0" in said
    for private in (version.model.name, user.personal_organization.slug, str(version.pk)):
        assert private not in said
