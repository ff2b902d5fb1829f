"""Cross-validation: its API, its folds on numbers within the job and as runs, its sentences."""

import numpy as np
import pytest

from classifier.engine.measure.cross_validation import accuracy_interval
from classifier.experiments.services.members import advance_missed
from classifier.models import (
    Experiment,
    ExperimentFolds,
    FoldAnswers,
    ModelVersion,
    TrainingRun,
)
from classifier.work import __all__ as handlers
from datasets.models import ImageFingerprint, OutOfFold, Sample, Split
from datasets.selectors.folds import fold_plan
from datasets.services.versions.freeze import freeze
from jobs.errors import FenceLost, JobFailed
from jobs.models import Job, Status
from jobs.services.claim import claim
from tests import factories
from tests.classifier.conftest import make_colors
from tests.datasets.conftest import run_job

assert handlers
assert run_job

pytestmark = pytest.mark.django_db

URL = "/api/v1/experiments/"
THIRD = "Fold 3 of 4: Numbers of the train split"


def body(version, **changes):
    return {
        "kind": "cross_validation",
        "dataset_version": str(version.pk),
        "preset": "logistic_regression",
        "config": {"input": "pixels"},
        "folds": 4,
        **changes,
    }


@pytest.fixture
def version(user):
    return freeze(user=user, dataset=make_colors(user, per_class=20))


def test_folds_of_numbers_are_fitted_in_the_job(api, user, version, run_job, page_client):
    answer = api.post(URL, body(version, name="How sure?"))
    assert answer.status_code == 202, answer.json()
    started = answer.json()
    assert (started["kind"], started["status"], started["runs"]) == (
        "cross_validation",
        "queued",
        [],
    )
    assert answer["Location"] == f"/api/v1/jobs/{started['job']['id']}/"
    experiment = Experiment.objects.get(pk=started["id"])
    assert run_job(experiment.job).status == Status.SUCCEEDED, experiment.job.error
    shown = api.get(f"{URL}{experiment.pk}/").json()
    accuracy = shown["result"]["accuracy"]
    assert len(accuracy["folds"]) == 4
    assert accuracy["mean"] == pytest.approx(np.mean(accuracy["folds"]))
    low, high = accuracy["interval"]
    assert low <= accuracy["mean"] <= high
    assert accuracy["mean"] > 0.9
    counts = version.sample_counts
    learned = sum(counts["train"].values()) + sum(counts["validation"].values())
    assert shown["result"]["images"] == learned
    assert not TrainingRun.objects.exists()
    # Out of fold: each image was answered once, and the row says by which fold.
    answers = [
        np.frombuffer(bytes(each.probabilities), np.float16).reshape(-1, 2)
        for each in FoldAnswers.objects.order_by("member__number")
    ]
    assert sum(map(len, answers)) == learned
    folds = np.frombuffer(bytes(ExperimentFolds.objects.get().folds), np.uint8)
    assert [len(each) for each in answers] == np.bincount(folds).tolist()
    # They are what the quality check of the dataset may go by.
    row = OutOfFold.objects.get(dataset=version.dataset)
    assert row.title == "Logistic regression in a cross-validation of 4 folds"
    assert len(bytes(row.contents)) == 32 * learned
    heard = np.frombuffer(bytes(row.probabilities), np.float16).reshape(-1, 2)
    assert heard[folds == 1].tolist() == answers[1].tolist()
    page = page_client.get(f"/experiments/{experiment.pk}/").content.decode()
    assert "How sure?" in page
    assert "the test split has no part" in page
    assert "How sure?" in page_client.get("/experiments/").content.decode()


def test_other_presets_are_fitted_as_runs_that_no_worker_waits_for(api, user, version, run_job):
    config = {"epochs": 1, "batch_size": 16, "image_size": 32}
    answer = api.post(URL, body(version, preset="cnn_tiny", config=config, folds=2))
    assert answer.status_code == 202, answer.json()
    experiment = Experiment.objects.get(pk=answer.json()["id"])
    job = run_job(experiment.job)
    assert (job.status, job.lease_until, job.attempts) == (Status.RUNNING, None, 0)
    assert job.is_parked
    runs = list(TrainingRun.objects.order_by("member__number"))
    assert [run.job.kind for run in runs] == ["train_member", "train_member"]
    listed = f"/api/v1/training-runs/?experiment={experiment.pk}"
    assert len(api.get(listed).json()["results"]) == 2
    assert api.get("/api/v1/training-runs/").json()["results"] == []
    assert run_job(runs[0].job).status == Status.SUCCEEDED, runs[0].job.error
    job.refresh_from_db()
    assert job.is_parked
    assert (job.progress["done"], job.progress["total"]) == (1, 2)
    assert run_job(runs[1].job).status == Status.SUCCEEDED, runs[1].job.error
    # The end of the last one wakes it.
    job.refresh_from_db()
    assert job.status == Status.QUEUED
    assert run_job(job).status == Status.SUCCEEDED, job.error
    shown = api.get(f"{URL}{experiment.pk}/").json()
    assert shown["runs"] == [str(run.pk) for run in runs]
    assert len(shown["result"]["accuracy"]["folds"]) == 2
    assert (
        sum(len(bytes(each.probabilities)) for each in FoldAnswers.objects.all())
        == 4 * (shown["result"]["images"])
    )
    assert not ModelVersion.objects.filter(training_run__isnull=False).exists()


def test_a_fold_that_was_kept_is_not_fitted_again(api, version, run_job):
    experiment = Experiment.objects.get(pk=api.post(URL, body(version)).json()["id"])

    def dies() -> None:
        raise FenceLost

    first = experiment.job
    run_job(first, at={THIRD: dies})
    kept = dict(experiment.members.values_list("number", "pk"))
    assert sorted(kept) == [0, 1]
    divided = bytes(ExperimentFolds.objects.get().folds)
    resumed = api.post(f"{URL}{experiment.pk}/resume/")
    assert resumed.status_code == 202, resumed.json()
    experiment.refresh_from_db()
    assert run_job(experiment.job).status == Status.SUCCEEDED, experiment.job.error
    assert experiment.job_id != first.pk
    again = dict(experiment.members.values_list("number", "pk"))
    assert sorted(again) == [0, 1, 2, 3]
    assert {number: again[number] for number in kept} == kept
    assert bytes(ExperimentFolds.objects.get().folds) == divided


def test_an_end_that_was_not_heard_is_made_up_for(api, version, run_job):
    asked = body(version, preset="cnn_tiny", config={"epochs": 1}, folds=2)
    experiment = Experiment.objects.get(pk=api.post(URL, asked).json()["id"])
    run_job(experiment.job)
    runs = Job.objects.filter(training_run__member__experiment=experiment)
    # Their workers died with nothing told.
    runs.update(status=Status.RUNNING, fence=1)
    runs.update(status=Status.FAILED, error=JobFailed("bad_data", "A file is gone.").as_error())
    experiment.job.refresh_from_db()
    assert experiment.job.is_parked
    advance_missed()
    advance_missed()
    experiment.job.refresh_from_db()
    assert experiment.job.status == Status.QUEUED
    job = run_job(experiment.job)
    assert (job.status, job.error["detail"]) == (Status.FAILED, "Fold 1: A file is gone.")
    assert TrainingRun.objects.filter(member__experiment=experiment).count() == 2


def test_cancelling_cancels_the_runs_and_resuming_goes_on(api, user, version, run_job):
    answer = api.post(URL, body(version, preset="cnn_tiny", config={"epochs": 1}, folds=3))
    experiment = Experiment.objects.get(pk=answer.json()["id"])
    run_job(experiment.job)
    claimed = claim(queue="train", worker="tests")
    assert claimed is not None
    cancelled = api.post(f"{URL}{experiment.pk}/cancel/")
    assert (cancelled.status_code, cancelled.json()["status"]) == (202, "cancelled")
    jobs = Job.objects.filter(training_run__isnull=False)
    assert jobs.filter(status=Status.CANCELLED).count() == 2
    claimed.refresh_from_db()
    assert claimed.cancel_requested_at is not None
    assert api.delete(f"{URL}{experiment.pk}/").json()["code"] == "has_dependents"
    Job.objects.filter(pk=claimed.pk).update(status=Status.CANCELLED, ended_at=claimed.claimed_at)
    resumed = api.post(f"{URL}{experiment.pk}/resume/")
    assert resumed.status_code == 202, resumed.json()
    experiment.refresh_from_db()
    run_job(experiment.job)
    assert experiment.job.is_parked
    waiting = TrainingRun.objects.filter(member__experiment=experiment)
    assert {run.job.status for run in waiting} == {Status.QUEUED}
    assert waiting.count() == 3
    # The job's own page cancels it, too.
    api.post(f"/api/v1/jobs/{experiment.job_id}/cancel/")
    assert {run.job.status for run in waiting.all()} == {Status.CANCELLED}
    assert api.delete(f"{URL}{experiment.pk}/").status_code == 204
    assert not TrainingRun.objects.exists()
    assert not Job.objects.exclude(kind="check_quality").exists()


def test_what_cannot_be_divided_is_refused_with_a_sentence(api, user):
    dataset = factories.make_dataset(user=user)
    for name, count in (("cat", 20), ("dog", 6)):
        factories.make_images(dataset, name, count)
    version = freeze(user=user, dataset=dataset)
    learned = {
        name: version.sample_counts["train"][name] + version.sample_counts["validation"][name]
        for name in ("cat", "dog")
    }
    refused = api.post(URL, body(version, folds=10)).json()
    assert (refused["status"], refused["code"]) == (422, "cannot_divide")
    assert f"“dog” has {learned['dog']}" in refused["detail"]
    assert f"Choose {learned['dog']} folds or fewer" in str(refused)
    for folds in (1, 11):
        assert api.post(URL, body(version, folds=folds)).status_code == 400
    # Groups of copies: all dogs are near copies of one another.
    ids = Sample.objects.filter(version=version).exclude(split=Split.TEST)
    for sample in ids.select_related("image"):
        group = sample.image_id if sample.class_index == 0 else dataset.pk
        fingerprint = ImageFingerprint.objects.filter(image=sample.image_id)
        if not fingerprint.update(group=group):
            ImageFingerprint.objects.create(
                image=sample.image, group=group, brightness=0, contrast=0, sharpness=0
            )
    refused = api.post(URL, body(version, folds=2, strategy="grouped")).json()
    assert refused["code"] == "cannot_divide", refused
    assert f"“dog” has {learned['dog']} images, but in 1 groups" in refused["detail"]
    ImageFingerprint.objects.update(group=None)
    refused = api.post(URL, body(version, folds=2, strategy="grouped")).json()
    assert "have not been compared" in refused["detail"]
    unknown = api.post(URL, body(version, fold=3)).json()
    assert unknown["errors"][0]["pointer"] == "/fold"
    for kind in ("searching", None, 3, [], {}):
        assert "cross_validation" in str(api.post(URL, body(version, kind=kind)).json()), kind
    bad = api.post(URL, body(version, config={"epochs": 3})).json()
    assert bad["errors"][0]["pointer"] == "/config/epochs"
    assert not Experiment.objects.exists()


def test_a_person_has_five_under_way_at_once(api, user, version):
    stopped = api.post(URL, body(version)).json()["id"]
    assert api.post(f"{URL}{stopped}/cancel/").status_code == 202
    for _ in range(5):
        assert api.post(URL, body(version)).status_code == 202
    for sixth in (api.post(URL, body(version)), api.post(f"{URL}{stopped}/resume/")):
        assert (sixth.status_code, sixth.json()["code"]) == (409, "too_many_open")


def test_each_image_is_in_one_fold_and_copies_are_together(user, version):
    plan = fold_plan(version, folds=5, grouped=False, seed=0)
    assert sorted(set(plan.folds.tolist())) == [0, 1, 2, 3, 4]
    for label in (0, 1):
        sizes = np.bincount(plan.folds[plan.labels == label], minlength=5)
        assert sizes.max() - sizes.min() <= 1
    tested = set(
        Sample.objects.filter(version=version, split=Split.TEST).values_list("sha256", flat=True)
    )
    assert not tested & {content for content, _ in plan.samples}
    chooses = plan.inner_validation(2, 0.1)
    assert not chooses[plan.folds == 2].any()
    assert 0 < chooses.sum() < (plan.folds != 2).sum() / 4


def test_the_interval_counts_what_folds_share_and_is_never_nothing():
    low, high = accuracy_interval([0.9, 0.92, 0.88, 0.9, 0.9], 450, 500)
    # s = 0.01414, t(4) = 2.776, sqrt(1/5 + 1/4) = 0.6708; Wilson's 450 of 500 is wider.
    assert (low, high) == pytest.approx((0.87064, 0.92634), abs=1e-4)
    low, high = accuracy_interval([0.8, 1.0, 0.9, 0.7, 0.95], 435, 500)
    reach = 2.7764 * 0.12042 * 0.67082
    assert (low, high) == pytest.approx((0.87 - reach, 1.0), abs=1e-3)
    low, high = accuracy_interval([1.0] * 5, 100, 100)
    assert (low, high) == (pytest.approx(0.963, abs=1e-3), 1.0)
