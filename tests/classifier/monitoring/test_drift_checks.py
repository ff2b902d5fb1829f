"""Looking for drift: what is compared, what is found, who is told, what is refused."""

from datetime import timedelta

import numpy as np
import pytest
from django.utils import timezone

from accounts.models import AuditEntry
from classifier.engine.measure.answers import pack
from classifier.engine.measure.drift_judgement import (
    ASKED_A_MONTH,
    MONTH_HOURS,
    holm,
    judged,
    level_of_look,
)
from classifier.engine.measure.stability import DRAWS
from classifier.engine.measure.two_sample import PERMUTATIONS
from classifier.models import (
    DriftCheck,
    DriftFinding,
    DriftWatch,
    RegisteredModel,
    ReportAnswers,
)
from classifier.monitoring import kinds
from classifier.monitoring.selectors.drift import found_drift
from classifier.monitoring.selectors.reference import reference_of, why_not_looked
from classifier.monitoring.selectors.window import different, drawn, newest, predictions_of
from classifier.monitoring.services.count_predictions import count_predictions
from classifier.monitoring.services.schedule import check_what_is_due
from classifier.monitoring.services.set_watch import set_watch
from classifier.monitoring.services.start_check import start_check
from classifier.monitoring.work import check_drift
from classifier.registry.selectors.dependents import dependents_of_version
from common.errors import Conflict
from jobs.models import Job, Status
from tests import factories
from tests.classifier.conftest import square
from tests.classifier.kept import make_kept, make_prediction
from tests.classifier.monitored import Told, tell
from tests.datasets.conftest import run_job
from webhooks.models import WebhookDelivery, WebhookEndpoint

assert check_drift, run_job

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)


@pytest.fixture
def version(user):
    """A live version whose 90 test images were 45 cats and 45 dogs, all but two of them right."""
    version = factories.make_model_version(factories.make_run(user))
    factories.make_report(version, right=88, images=90)
    return version


@pytest.fixture
def own(user):
    return user.personal_organization


def some(count, cats=0.5, confidence=(0.8, 1.0), days_ago=0.5, seed=0):
    """Answers of a time, with this share of cats, as sure as this."""
    random = np.random.default_rng(seed)
    start = timezone.now() - days_ago * DAY
    return [
        Told(
            start + timedelta(seconds=number),
            "cat" if random.random() < cats else "dog",
            float(random.uniform(*confidence)),
        )
        for number in range(count)
    ]


def usual(user, own, version, days_ago=10, **answers):
    """Have 300 predictions count as usual."""
    tell(version, some(300, days_ago=days_ago, seed=1, **answers))
    end = timezone.now() - (days_ago - 1) * DAY
    set_watch(
        user=user,
        model=version.model,
        organization=own,
        baseline={"from": (end - 2 * DAY).isoformat(), "to": end.isoformat()},
    )


def red(number, reds, blues):
    """A square of this colour, of a content of its own."""
    content = square((reds, 20 + number % 9, blues))
    return {"content": content, "image_sha256": f"{number:08x}{blues:08x}" * 4}


def url_of(version):
    return f"/api/v1/models/{version.model_id}/drift-checks/"


def listen(own, *events):
    return WebhookEndpoint.objects.create(
        organization=own, url="https://example.com/", events=list(events), secret="s"
    )


@pytest.mark.django_db(transaction=True)
def test_what_has_moved_is_found_and_told(user, own, version, api, run_job):
    listen(own, "drift.found")
    usual(user, own, version)
    tell(version, some(300, cats=0.9, confidence=(0.3, 0.7)))
    answer = api.post(url_of(version), {}, format="json")
    assert answer.status_code == 202, answer.content
    check = DriftCheck.objects.get()
    assert answer.json()["id"] == str(check.pk)
    again = api.post(url_of(version), {}, format="json")
    assert (again.status_code, again.json()["code"]) == (409, "under_way")
    job = run_job(check.job)
    assert job.status == Status.SUCCEEDED, job.error

    said = api.get(f"/api/v1/drift-checks/{check.pk}/").json()
    assert (said["judgement"], said["count"], said["reference_images"]) == ("drift", 300, 300)
    findings = {each["kind"]: each for each in said["findings"]}
    assert set(findings) == {"confidence", "class_mix"}
    mix = findings["class_mix"]
    assert [each["name"] for each in mix["bins"]] == ["cat", "dog"]
    assert sum(each["found"] for each in mix["bins"]) == 300
    assert mix["score"] > mix["usual"] > 0
    assert mix["adjusted"] == pytest.approx(2 * mix["p_value"])
    [missing] = said["missing"]
    assert missing.startswith("Images were not compared. Of the window, 0 of 300 images are kept;")
    delivery = WebhookDelivery.objects.get()
    assert delivery.event == "drift.found"
    assert str(check.pk) in delivery.body
    drift = api.get(f"/api/v1/models/{version.model_id}/monitoring/").json()["drift"]
    assert (drift["judgement"], drift["images_url"]) == ("drift", None)
    assert found_drift(own, version.model, timezone.now() - DAY).count() == 2
    assert AuditEntry.objects.filter(action="drift_check.start").count() == 1


@pytest.mark.django_db(transaction=True)
def test_the_same_again_is_quiet(user, own, version, run_job):
    listen(own, "drift.found")
    usual(user, own, version)
    tell(version, some(300, seed=5))
    check = start_check(user=user, model=version.model, organization=own)
    run_job(check.job)
    check.refresh_from_db()
    assert check.judgement == "quiet"
    assert not WebhookDelivery.objects.exists()
    # Asked for by hand it does not move what the next scheduled look begins with.
    assert DriftWatch.objects.get().seen_until is None


@pytest.mark.django_db(transaction=True)
def test_by_default_test_images_are_the_reference(user, own, version, run_job):
    tell(version, some(100, cats=1.0))
    check = start_check(user=user, model=version.model, organization=own)
    assert run_job(check.job).status == Status.SUCCEEDED
    check.refresh_from_db()
    assert check.reference == f"the 90 test images of {version.dataset_version}"
    mix = DriftFinding.objects.get(kind="class_mix")
    assert mix.judgement == check.judgement == "drift"
    counts = [(each["name"], each["found"], each["reference"]) for each in mix.bins]
    assert counts == [("cat", 100, 45), ("dog", 0, 45)]
    # All test answers are as sure as each other; those of the window are not.
    assert DriftFinding.objects.get(kind="confidence").judgement == "drift"


@pytest.mark.django_db(transaction=True)
def test_images_that_are_kept_are_compared(user, own, make_model_version, api, run_job):
    version = make_model_version(user)
    for number in range(60):
        make_kept(user, version, "red", **red(number, 200, 30))
    now = timezone.now()
    set_watch(
        user=user, model=version.model, organization=own,
        baseline={"from": (now - DAY).isoformat(), "to": now.isoformat()},
    )  # fmt: skip
    for number in range(60):
        make_kept(user, version, "red", **red(number, 20, 200))
    check = start_check(user=user, model=version.model, organization=own)
    job = run_job(check.job)
    assert job.status == Status.SUCCEEDED, job.error
    vectors = DriftFinding.objects.get(kind="vectors")
    assert (vectors.judgement, vectors.images) == ("drift", 60)
    drift = api.get(f"/api/v1/models/{version.model_id}/monitoring/").json()["drift"]
    moved = api.get(drift["images_url"]).json()["results"]
    assert [each["prediction"] for each in moved] == vectors.moved
    assert len(moved) == 12
    assert {each["class_name"] for each in moved} == {"red"}
    page = api.get(f"/api/v1/drift-checks/{check.pk}/images/")
    assert page.json() == {"results": moved}


@pytest.mark.django_db(transaction=True)
def test_looks_come_by_themselves_and_share_no_prediction(user, own, version, run_job):
    set_watch(user=user, model=version.model, organization=own, window=60, every_hours=6)
    tell(version, some(60))
    count_predictions()
    count_predictions()
    check_what_is_due()
    check_what_is_due()
    check = DriftCheck.objects.get()
    assert check.scheduled
    assert check.level == pytest.approx(0.05 / 120)
    assert run_job(check.job).status == Status.SUCCEEDED
    watch = DriftWatch.objects.get()
    check.refresh_from_db()
    assert watch.seen_until == check.created_at
    # An hour later there is nothing new; then there is.
    DriftWatch.objects.update(looked_at=timezone.now() - 2 * DAY)
    check_what_is_due()
    assert DriftCheck.objects.count() == 1
    tell(version, some(60, days_ago=-0.001))
    check_what_is_due()
    assert DriftCheck.objects.count() == 2


def test_a_file_that_is_sent_again_is_one_image(user, own, version):
    tell(version, some(60))
    rows = predictions_of(version, own)
    assert len(newest(rows, 100).ids) == different(rows, 100) == 60
    make_prediction(user, version, image_sha256="1" * 64)
    make_prediction(user, version, image_sha256="1" * 64)
    assert len(newest(rows, 100).ids) == different(rows, 100) == 61


def test_what_is_drawn_is_of_the_whole_time(own, version):
    tell(version, some(400, days_ago=2))
    tell(version, some(400, days_ago=0.5))
    found = drawn(predictions_of(version, own), 60)
    assert found.last_at - found.first_at > DAY
    late = newest(predictions_of(version, own), 60)
    assert late.last_at - late.first_at < timedelta(minutes=2)


def test_sure_answers_lie_in_the_bins_of_the_report(user, own):
    """A report keeps steps of 1/65535; 0.9 or 0.999999 is the same answer on both sides."""
    version = factories.make_model_version(factories.make_run(user))
    scores = np.array([[0.999999, 0.000001]] * 40 + [[0.9, 0.1]] * 40 + [[0.8, 0.2]] * 20)
    report = factories.make_report(version, right=90, images=100, digest="")
    stored = vars(pack(scores, [0] * 100))
    ReportAnswers.objects.create(report=report, samples_digest="same", **stored)
    told = [
        Told(timezone.now(), "cat", value)
        for value, count in ((0.999999, 120), (0.9, 120), (0.8, 60))
        for _ in range(count)
    ]
    tell(version, told)
    reference = reference_of(version, own, DriftWatch(organization=own, model=version.model))
    window = newest(predictions_of(version, own), 300)
    test = check_drift.confidence_test(window, reference.answered, seed=0)
    assert (test.p_value, test.score) == (1, pytest.approx(0, abs=1e-4))


def test_a_version_that_is_looked_at_is_not_deleted(user, own, version):
    tell(version, some(60))
    check = start_check(user=user, model=version.model, organization=own)
    bars = dependents_of_version(version).bars
    assert any(check.job.title in each for each in bars)


@pytest.mark.parametrize("every_hours", [6, 24, 720])
@pytest.mark.parametrize("tests", [2, 3])
def test_each_pace_can_find_what_is_wholly_unlike(every_hours, tests):
    level = level_of_look(MONTH_HOURS // every_hours)
    least = 1 / (min(DRAWS, PERMUTATIONS) + 1)
    assert judged(max(holm([least] * tests)), level) == "drift"
    assert judged(max(holm([least] * tests)), level_of_look(ASKED_A_MONTH)) == "drift"


def test_checks_that_people_ask_for_have_a_limit(user, own, version):
    tell(version, some(60))
    for _ in range(100):
        DriftCheck.objects.create(
            organization=own, model=version.model, model_version=version, scheduled=False,
            level=0.01,
            job=Job.objects.create(
                kind="check_drift", queue="io", organization=own, title="Check",
                status=Status.CANCELLED,
            ),
        )  # fmt: skip
    with pytest.raises(Conflict) as refused:
        start_check(user=user, model=version.model, organization=own)
    assert refused.value.code == "too_many_checks"


def test_a_version_that_went_live_since_has_its_test_images(own, version):
    watch = DriftWatch(
        organization=own, model=version.model,
        baseline={"from": "2026-01-01T00:00:00+00:00", "to": "2026-01-02T00:00:00+00:00"},
    )  # fmt: skip
    assert reference_of(version, own, watch).contents is not None
    assert why_not_looked(version, own, watch) == ""
    watch.enabled = False
    assert why_not_looked(version, own, watch) == "Scheduled checks are switched off."


def test_what_cannot_be_looked_at_is_refused(user, own, version, api):
    answer = api.post(url_of(version), {}, format="json")
    assert (answer.status_code, answer.json()["code"]) == (409, "too_few_predictions")
    tell(version, some(60))
    version.model.alias_set.all().delete()
    answer = api.post(url_of(version), {}, format="json")
    assert (answer.status_code, answer.json()["code"]) == (409, "nothing_live")
    assert not Job.objects.filter(kind=kinds.CHECK_DRIFT.name).exists()


def test_readers_are_not_compared_with_what_they_may_not_see(version):
    reader = factories.make_user()
    tell(version, some(60), organization=reader.personal_organization)
    model = RegisteredModel.objects.get(pk=version.model_id)
    with pytest.raises(Conflict, match=r"Choose a time whose predictions count as usual") as no:
        start_check(user=reader, model=model, organization=reader.personal_organization)
    assert no.value.code == "no_reference"


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({"window": 10}, "/window"),
        ({"every_hours": 5}, "/every_hours"),
        ({"windows": 100}, "/windows"),
        ({"baseline": {"from": "2026-05-03T12:00:00Z"}}, "/baseline/to"),
        ({"baseline": {"from": "x", "to": "2026-05-03T12:00:00Z"}}, "/baseline/from"),
        (
            {"baseline": {"from": "2026-05-03T12:00:00Z", "to": "2026-05-02T12:00:00Z"}},
            "/baseline/to",
        ),
    ],
)
def test_faults_of_the_settings_are_named(version, api, body, pointer):
    url = f"/api/v1/models/{version.model_id}/drift-watch/"
    refused = api.patch(url, body, format="json")
    assert refused.status_code == 400
    assert refused.json()["errors"][0]["pointer"] == pointer


def test_settings_are_kept_and_audited(version, api):
    url = f"/api/v1/models/{version.model_id}/drift-watch/"
    assert api.get(url).json()["window"] == 300
    body = {
        "enabled": False,
        "baseline": {"from": "2026-05-03T12:00:00Z", "to": "2026-05-04T12:00Z"},
    }
    said = api.patch(url, body, format="json").json()
    assert (said["enabled"], said["window"]) == (False, 300)
    assert said["baseline"]["from"].startswith("2026-05-03T12:00:00")
    assert api.patch(url, {"baseline": None}, format="json").json()["baseline"] is None
    assert AuditEntry.objects.filter(action="drift_watch.set").count() == 2
