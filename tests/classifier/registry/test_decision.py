"""Decisions: measured once by a worker, set by wishes, refused by name, removed."""

import numpy as np
import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.models import AuditEntry
from classifier.engine.measure.decision import Wish
from classifier.models import Decision
from classifier.models.decision import REFERENCES_FILE
from classifier.registry.selectors.decision import obstacle_to_decision
from classifier.registry.services.decision import set_decision
from classifier.registry.services.manage_model import delete_model, edit_model
from classifier.registry.work.measure_decision import some_of_each_class
from common.errors import Conflict
from datasets.models import Split
from datasets.selectors.versions import samples_of
from jobs.models import Job, Status
from storage import durable
from storage.names import model_file_name
from tests import factories
from tests.classifier.decided import make_decision
from tests.datasets.conftest import run_job

assert run_job

pytestmark = pytest.mark.django_db
# So little that six images can promise it.
EASY = {"precision": 0.5, "confidence": 0.5, "unknown_rate": 0.2}


def url_of(version) -> str:
    return f"/api/v1/model-versions/{version.pk}/decision/"


def put(api, version, **body):
    return api.put(url_of(version), body, format="json")


def test_a_worker_measures_once_and_then_wishes_are_fulfilled_at_once(user, api, colours, run_job):
    assert api.get(url_of(colours)).status_code == 404
    asked = put(api, colours, precision=0.99)
    assert asked.status_code == 202, asked.content
    assert (asked.json()["images"], asked.json()["accept_share"]) == (None, None)
    # What is wished last counts, by the same job.
    again = put(api, colours, **EASY)
    assert (again.status_code, again.json()["job"]["id"]) == (202, asked.json()["job"]["id"])
    assert api.delete(url_of(colours)).status_code == 409
    job = run_job(Decision.objects.get().job)
    assert job.status == Status.SUCCEEDED, job.error

    said = api.get(url_of(colours)).json()
    images = sum(colours.dataset_version.sample_counts["validation"].values())
    assert (said["images"], said["promised"], said["refusal"]) == (images, 0.5, "")
    assert said["accept_share"] + said["review_share"] + said["unknown_share"] == pytest.approx(1)
    assert said["expected_precision"] == 1.0
    assert set(said["thresholds"]) == {"blue", "green", "red"}
    assert len(said["assumptions"]) == 5
    # Training vectors, by class; their images are known.
    row = Decision.objects.get()
    train = samples_of(colours.dataset_version, Split.TRAIN)
    references = np.load(durable.local(model_file_name(colours.pk, REFERENCES_FILE)))
    assert len(references) == row.starts[-1] == len(train)
    assert np.linalg.norm(references, axis=1) == pytest.approx(1, abs=1e-5)
    of_class = dict(train)
    classes = [of_class[row.content_of(place)] for place in range(len(train))]
    assert classes == sorted(classes)

    strict = put(api, colours, precision=0.95)
    assert strict.status_code == 200
    assert strict.json()["promised"] is None
    assert strict.json()["refusal"] == (
        f"Cannot promise this with {images} images: at least 59 are needed."
    )
    assert strict.json()["unknown_refusal"] == (
        f"Cannot promise this with {images} images: at least 19 are needed."
    )
    assert Decision.objects.get().rule_name not in ("", row.rule_name)
    entries = AuditEntry.objects.filter(action="model_version.decision")
    assert [entry.detail["precision"] for entry in entries.order_by("created_at")] == [
        0.99, 0.5, 0.95,
    ]  # fmt: skip


def test_thresholds_by_hand_drop_the_promise(user, api, make_model_version):
    version = make_model_version(user)
    row = make_decision(user, version, Wish(precision={"red": 0.9}))
    said = api.get(url_of(version)).json()
    by_class = {each["class_name"]: each for each in said["per_class"]}
    assert (by_class["red"]["promised"], by_class["blue"]["promised"]) == (0.9, None)
    assert (said["hand_set"], said["promised"]) == (False, None)
    assert said["thresholds"]["blue"] is None
    hand = put(api, version, thresholds={"red": 0.75, "blue": 0.0}).json()
    assert (hand["hand_set"], hand["precision"]) == (True, None)
    assert hand["thresholds"] == {"blue": 0.0, "green": None, "red": 0.75}
    assert all(each["promised"] is None for each in hand["per_class"])
    assert hand["assumptions"][0].startswith("The thresholds were chosen by hand")
    assert row.references is not None
    assert api.delete(url_of(version)).status_code == 204
    assert api.get(url_of(version)).status_code == 404
    assert AuditEntry.objects.filter(action="model_version.decision.remove").count() == 1


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({}, "/precision"),
        ({"precision": 0.9, "thresholds": {"red": 0.5}}, "/precision"),
        ({"thresholds": {"red": 0.5}, "confidence": 0.9}, "/confidence"),
        ({"precision": 1}, "/precision"),
        ({"precision": True}, "/precision"),
        ({"precision": {}}, "/precision"),
        ({"precision": {"red": "much"}}, "/precision"),
        ({"precision": 0.9, "unknown_rate": 0.9}, "/unknown_rate"),
        ({"precision": 0.9, "unknown_rate": 1e-309}, "/unknown_rate"),
        ({"precision": 0.9, "unknown_rate": False}, "/unknown_rate"),
        ({"precision": 0.9, "confidence": True}, "/confidence"),
        ({"thresholds": {"red": True}}, "/thresholds/red"),
        ({"precision": {"rde": 0.9}}, "/precision/rde"),
        ({"thresholds": {"red": 1.5}}, "/thresholds/red"),
        ({"thresholds": {"rde": 0.5}}, "/thresholds/rde"),
        ({"threshold": 0.5}, "/threshold"),
    ],
)
def test_what_cannot_be_meant_is_refused_by_name(user, api, make_model_version, body, pointer):
    version = make_model_version(user)
    refused = put(api, version, **body)
    assert refused.status_code == 400
    assert pointer in [error["pointer"] for error in refused.json()["errors"]]
    assert not Decision.objects.exists()


def test_what_is_received_is_said_in_short(user, api, make_model_version):
    version = make_model_version(user)
    for body in ({"precision": ["x" * 9000]}, {"precision": {"x" * 9000: 0.9}}):
        refused = put(api, version, **body)
        assert refused.status_code == 400
        assert len(refused.content) < 1500


def test_no_threshold_at_all_reviews_everything(user, api, make_model_version):
    version = make_model_version(user)
    make_decision(user, version, Wish(precision=0.9))
    said = put(api, version, thresholds={})
    assert said.status_code == 200
    assert (said.json()["accept_share"], set(said.json()["thresholds"].values())) == (0.0, {None})


def test_a_wish_waits_for_what_is_being_stored(user, make_model_version):
    version = make_model_version(user)
    make_decision(user, version, Wish(precision=0.9))
    with CaptureQueriesContext(connection) as queries:
        set_decision(user=user, version=version, wish=Wish(precision=0.95))
    read = [each["sql"] for each in queries if 'FROM "classifier_decision"' in each["sql"]]
    assert read
    assert all("FOR UPDATE" in sql for sql in read)


def test_what_is_removed_leaves_nothing_to_run_again(
    user, api, make_model_version, django_capture_on_commit_callbacks
):
    version = make_model_version(user)
    row = make_decision(user, version, Wish(precision=0.9))
    kept = durable.local(model_file_name(version.pk, REFERENCES_FILE))
    assert kept.is_file()
    with django_capture_on_commit_callbacks(execute=True):
        assert api.delete(url_of(version)).status_code == 204
    assert not kept.exists()
    assert Job.objects.get(pk=row.job_id).released_at is not None
    # A job that failed gives way to another one, and cannot be run again either.
    put(api, version, precision=0.9)
    failed = Job.objects.filter(kind="decision").latest("created_at")
    Job.objects.filter(pk=failed.pk).update(status=Status.QUEUED)
    Job.objects.filter(pk=failed.pk).update(status=Status.CANCELLED)
    again = put(api, version, precision=0.9)
    assert (again.status_code, again.json()["job"]["id"] != str(failed.pk)) == (202, True)
    assert Job.objects.get(pk=failed.pk).released_at is not None


def test_without_validation_images_there_is_none(user, make_run):
    learned = factories.make_version(user=user)
    version = factories.make_model_version(make_run(user, version=learned))
    assert obstacle_to_decision(version) is None
    version.dataset_version.sample_counts["validation"] = {}
    with pytest.raises(Conflict, match=r"the validation split of .* has none") as refused:
        set_decision(user=user, version=version, wish=Wish(precision=0.9))
    assert refused.value.code == "no_validation_images"


def test_it_goes_with_its_model(user, make_model_version, django_capture_on_commit_callbacks):
    version = make_model_version(user)
    row = make_decision(user, version, Wish(precision=0.9))
    kept = durable.local(model_file_name(version.pk, REFERENCES_FILE))
    assert kept.is_file()
    model = edit_model(user=user, model=version.model, archived=True)
    with django_capture_on_commit_callbacks(execute=True):
        delete_model(user=user, model=model)
    assert not Decision.objects.filter(pk=row.pk).exists()
    assert not Job.objects.filter(kind="decision").exists()
    assert not kept.exists()


def test_kept_vectors_are_of_every_class():
    samples = [(f"{number:03}", number % 3 if number < 12 else 0) for number in range(100)]
    kept = some_of_each_class(samples, 20)
    counts = [sum(index == each for _, index in kept) for each in range(3)]
    assert counts == [12, 4, 4]
    assert [index for _, index in kept] == sorted(index for _, index in kept)
    assert len(some_of_each_class(samples, 1000)) == 100
