"""Counting predictions by the hour: each once, whenever it comes; who is told which."""

from datetime import UTC, datetime, timedelta

import pytest
from django.utils import timezone

from accounts.roles import Role
from classifier.models import FiguresMark, Prediction, PredictionFigures, Step
from classifier.monitoring.selectors.figures import series_of, span_of
from classifier.monitoring.services.count_predictions import count_latecomers, count_predictions
from tests import factories
from tests.classifier.kept import make_prediction
from tests.classifier.monitored import Told, tell

pytestmark = pytest.mark.django_db
NOON = datetime(2026, 5, 3, 12, tzinfo=UTC)


@pytest.fixture
def version(user):
    return factories.make_model_version(factories.make_run(user))


def url_of(version, /, **query):
    more = "&".join(f"{name}={value}" for name, value in query.items())
    return f"/api/v1/models/{version.model_id}/monitoring/?{more}"


def hour(version, at=NOON):
    return PredictionFigures.objects.get(model_version=version, step=Step.HOUR, at=at)


def count_from(moment):
    """Begin a little before, as where everything earlier is counted."""
    FiguresMark.objects.create(pk=1, until=moment)


def test_an_hour_and_its_day_are_counted(version, api, user):
    answers = [
        Told(NOON, "cat", 0.9, "accept", 10),
        Told(NOON + timedelta(minutes=59), "cat", 0.5, "review", 30),
        Told(NOON + timedelta(minutes=30), "dog", 1.0, "unknown", 20),
        Told(NOON + timedelta(minutes=30), "dog", 0.6, None, None),
        Told(NOON + timedelta(hours=1), "dog", 0.6),
    ]
    tell(version, answers)
    count_from(NOON - timedelta(minutes=1))
    count_predictions()
    row = hour(version)
    assert (row.count, row.accepted, row.reviewed, row.unknown) == (4, 1, 1, 1)
    assert row.classes == {"cat": 2, "dog": 2}
    assert row.confidence_sum == pytest.approx(3.0)
    assert (row.latency_sum, row.timed) == (60, 3)
    assert (sum(row.confidence), sum(row.latency)) == (4, 3)
    day = PredictionFigures.objects.get(step=Step.DAY)
    assert (day.at, day.count, day.classes) == (NOON.replace(hour=0), 5, {"cat": 2, "dog": 3})

    query = {"from": "2026-05-03T11:30:00Z", "to": "2026-05-03T14:00:00Z"}
    said = api.get(url_of(version, **query)).json()
    assert [(each["at"], each["count"]) for each in said["series"]] == [
        ("2026-05-03T11:00:00Z", 0), ("2026-05-03T12:00:00Z", 4), ("2026-05-03T13:00:00Z", 1),
    ]  # fmt: skip
    empty, full = said["series"][:2]
    assert (empty["latency_ms"], empty["confidence"], empty["classes"]) == (None, None, {})
    assert full["confidence"] == 0.75
    assert full["decisions"] == {"accept": 1, "review": 1, "unknown": 1, "none": 1}
    assert 16 <= full["latency_ms"] <= 25
    assert said["organization"] == user.personal_organization.slug
    assert said["drift"] is None


def test_each_is_counted_once_however_often_it_runs(version):
    count_from(NOON)
    for minute in range(0, 60, 7):
        tell(version, [Told(NOON + timedelta(minutes=minute))])
    for _ in range(3):
        count_predictions()
    assert hour(version).count == 9
    count_latecomers()
    assert hour(version).count == 9


def test_what_comes_late_is_counted_once(version):
    other = factories.make_user()
    tell(version, [Told(NOON, "cat"), Told(NOON, "dog")])
    tell(version, [Told(NOON)], organization=other.personal_organization)
    count_from(NOON - timedelta(hours=1))
    count_predictions()
    # Stored after its time was counted.
    tell(version, [Told(NOON + timedelta(minutes=5), "dog", 0.25)])
    count_predictions()
    mine = PredictionFigures.objects.filter(organization=version.model.organization)
    assert mine.get(step=Step.HOUR).count == 2
    for _ in range(2):
        count_latecomers()
        row = mine.get(step=Step.HOUR)
        assert (row.count, row.classes) == (3, {"cat": 1, "dog": 2})
        assert row.confidence_sum == pytest.approx(1.75)
        assert mine.get(step=Step.DAY).count == 3
    assert PredictionFigures.objects.filter(step=Step.HOUR).count() == 2
    # What is deleted was there, and hides no latecomer of another organization.
    Prediction.objects.filter(organization=version.model.organization).delete()
    tell(version, [Told(NOON)], organization=other.personal_organization)
    count_latecomers()
    assert mine.get(step=Step.HOUR).count == 3
    theirs = PredictionFigures.objects.filter(organization=other.personal_organization)
    assert theirs.get(step=Step.HOUR).count == 2


def test_what_has_not_settled_waits(user, version):
    make_prediction(user, version)
    count_from(timezone.now() - timedelta(minutes=10))
    count_predictions()
    assert not PredictionFigures.objects.exists()
    assert FiguresMark.objects.get().until < timezone.now() - timedelta(seconds=110)


def test_without_predictions_nothing_is_written():
    count_predictions()
    count_latecomers()
    assert not FiguresMark.objects.exists()


def test_answers_of_before_the_number_count(version):
    tell(version, [Told(NOON)], stored=[{"class_name": "old", "probability": 0.5}])
    count_from(NOON)
    count_predictions()
    assert hour(version).classes == {"old": 1}


def test_each_organization_sees_its_own(version, user, api, client):
    other = factories.make_user()
    tell(version, [Told(NOON)] * 3)
    tell(version, [Told(NOON)] * 2, organization=other.personal_organization)
    count_from(NOON)
    count_predictions()
    query = {"from": "2026-05-03T12:00:00Z", "to": "2026-05-03T13:00:00Z"}
    assert api.get(url_of(version, **query)).json()["series"][0]["count"] == 3
    foreign = other.personal_organization.slug
    refused = api.get(url_of(version, **query, organization=foreign))
    assert refused.status_code == 400
    assert refused.json()["errors"][0]["pointer"] == "/organization"
    # A person in both may ask for either.
    organization = other.personal_organization
    organization.memberships.create(user=user, role=Role.VIEWER)
    said = api.get(url_of(version, **query, organization=foreign)).json()
    assert said["series"][0]["count"] == 2


@pytest.mark.parametrize(
    ("query", "pointer"),
    [
        ({"from": "2026-05-03T12:00:00"}, "/from"),
        ({"to": "soon"}, "/to"),
        ({"step": "week"}, "/step"),
        ({"version": "9"}, "/version"),
        ({"from": "2020-05-03T12:00:00Z"}, "/from"),
        ({"from": "2026-05-03T12:00:00Z", "to": "2026-05-02T12:00:00Z"}, "/to"),
        ({"form": "2026-05-03T12:00:00Z"}, "/form"),
    ],
)
def test_what_cannot_be_meant_is_refused_by_name(version, api, query, pointer):
    refused = api.get(url_of(version, **query))
    assert refused.status_code == 400
    assert refused.json()["errors"][0]["pointer"] == pointer


def test_steps_are_whole_and_few_enough(version):
    span = span_of(NOON + timedelta(minutes=20), NOON + timedelta(hours=3), Step.HOUR)
    assert (span.start, len(series_of(version.model.organization, version.model, span))) == (
        NOON, 3
    )  # fmt: skip
    day = span_of(NOON, NOON + timedelta(hours=13), Step.DAY)
    assert len(series_of(version.model.organization, version.model, day)) == 2
