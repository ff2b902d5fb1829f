"""Auto: what it tries within its budget, what it leaves out, what comes of it."""

from datetime import timedelta

import pytest
from django.db.models import F

from accounts.models import Organization
from classifier.engine.measure.bits import mask_of, text_of
from classifier.experiments.services.members import advance_missed
from classifier.models import Experiment, ExperimentMember, ModelAlias, ModelVersion, TrainingRun
from classifier.registry.selectors.decision import chosen_among
from classifier.work import __all__ as handlers
from datasets.services.versions.freeze import freeze
from jobs.errors import FenceLost
from jobs.models import JobAttempt, Status
from storage import durable
from storage.names import run_folder
from tests import factories
from tests.classifier.conftest import make_colors
from tests.datasets.conftest import run_job

assert handlers
assert run_job

pytestmark = pytest.mark.django_db

URL = "/api/v1/experiments/"


def body(version, **changes):
    return {"kind": "auto", "dataset_version": str(version.pk), **changes}


@pytest.fixture
def version(user):
    return freeze(user=user, dataset=make_colors(user, per_class=30))


def started(api, version, **changes) -> Experiment:
    answer = api.post(URL, body(version, **changes))
    assert answer.status_code == 202, answer.json()
    return Experiment.objects.get(pk=answer.json()["id"])


def time_passes(seconds: float) -> None:
    """As if the job had begun earlier."""
    JobAttempt.objects.update(started_at=F("started_at") - timedelta(seconds=seconds))


def again(experiment, run_job):
    """Do the job's next attempt."""
    experiment.job.refresh_from_db()
    assert experiment.job.status == Status.QUEUED, experiment.job.status
    return run_job(experiment.job)


def shown(api, experiment):
    return api.get(f"{URL}{experiment.pk}/").json()


def test_a_budget_that_cannot_be_is_refused_with_a_sentence(api, page_client, user):
    version = factories.make_version(user=user)
    for seconds in (0, 59, 90_000):
        refused = api.post(URL, body(version, budget_seconds=seconds)).json()
        assert (refused["status"], refused["errors"][0]["pointer"]) == (400, "/budget_seconds")
    form = {"dataset_version": str(version.pk), "name": "", "budget_minutes": "0"}
    page = page_client.post("/experiments/new/auto/", form)
    assert page.status_code == 422
    assert "A budget is 1 to 1,440 minutes." in page.content.decode()
    assert not Experiment.objects.exists()


def test_the_best_is_registered_alone_and_judged_once(
    api, page_client, version, no_weights, run_job
):
    for place in (f"versions/{version.pk}", str(version.dataset_id)):
        assert "Find a good model" in page_client.get(f"/datasets/{place}/").content.decode()
    form = page_client.get(f"/experiments/new/auto/?dataset={version.dataset_id}").content.decode()
    assert f'value="{version.pk}" selected' in form
    experiment = started(api, version, budget_seconds=600)
    stages = [each["stage"] for each in experiment.settings["candidates"]]
    assert stages == ["instant", "scratch"]
    running = page_client.get(f"/experiments/{experiment.pk}/").content.decode()
    assert "Waiting" in running
    # The network from nothing is a run of its own, for which the job waits.
    assert run_job(experiment.job).is_parked
    run = TrainingRun.objects.get()
    assert (run.job.kind, run.member.spec["stage"]) == ("train_member", "scratch")
    assert "Running" in page_client.get(f"/experiments/{experiment.pk}/").content.decode()
    assert run_job(run.job).status == Status.SUCCEEDED, run.job.error
    assert not ModelVersion.objects.filter(training_run__isnull=False).exists()
    held = run_folder(run.pk)
    assert durable.exists(f"{held}held.json")
    # Then variants of the instant model, and the best of all is fitted once more, to be registered.
    worst = ExperimentMember.objects.get(run=run)
    images = sum(version.sample_counts["validation"].values())
    wrong = text_of(~mask_of(worst.result["right"], images))
    ExperimentMember.objects.filter(pk=worst.pk).update(result={**worst.result, "right": wrong})
    assert again(experiment, run_job).is_parked
    searched = ExperimentMember.objects.filter(spec__stage="search")
    assert searched.count() == 12
    registering = ExperimentMember.objects.get(keeps_model=True).run
    assert run_job(registering.job).status == Status.SUCCEEDED, registering.job.error
    assert again(experiment, run_job).status == Status.SUCCEEDED, experiment.job.error
    found = shown(api, experiment)
    made = ModelVersion.objects.get(training_run__isnull=False)
    assert found["model_version"] == str(made.pk)
    assert (made.training_run_id, made.preset) == (registering.pk, "logistic_regression")
    assert not ModelAlias.objects.filter(version=made).exists(), "going live is a person's act"
    rows = found["result"]["candidates"]
    assert [row["number"] for row in rows] == list(range(14))
    assert found["result"]["comparisons"] == 91
    assert chosen_among(made) == 14
    assert api.get(URL).json()["results"][0]["result"]["winner"] == found["result"]["winner"]
    assert found["result"]["test"]["images"] == sum(version.sample_counts["test"].values())
    assert made.evaluation_reports.get().job_id == registering.job_id
    assert not durable.exists(f"{held}held.json"), "what was not chosen leaves no files"
    page = page_client.get(f"/experiments/{experiment.pk}/").content.decode()
    assert found["result"]["verdict"].split(":")[0] in page
    assert f"/model-versions/{made.pk}/" in page or str(made.pk) in page
    assert "What to try next" in page


def test_a_network_that_wins_is_registered_as_it_was_trained(api, version, no_weights, run_job):
    experiment = started(api, version, budget_seconds=600)
    run_job(experiment.job)
    run = TrainingRun.objects.get()
    assert run_job(run.job).status == Status.SUCCEEDED, run.job.error
    trained = run.job_id
    weak = ExperimentMember.objects.get(number=0)
    images = sum(version.sample_counts["validation"].values())
    none = {**weak.result, "right": text_of(~mask_of(weak.result["right"], images))}
    ExperimentMember.objects.filter(pk=weak.pk).update(result=none)
    time_passes(500)
    assert again(experiment, run_job).is_parked
    [variant] = ExperimentMember.objects.filter(spec__stage="search")
    assert variant.result["out_of_time"]
    run.refresh_from_db()
    assert run.job_id != trained
    assert run_job(run.job).status == Status.SUCCEEDED, run.job.error
    assert again(experiment, run_job).status == Status.SUCCEEDED, experiment.job.error
    made = ModelVersion.objects.get(training_run__isnull=False)
    assert (made.training_run_id, made.preset) == (run.pk, "cnn_tiny")
    assert set(made.files) >= {"model.onnx", "model.keras"}
    result = shown(api, experiment)["result"]
    assert result["winner"] == 1
    assert made.evaluation_reports.get().summary.accuracy == result["test"]["accuracy"]
    assert not durable.exists(f"{run_folder(run.pk)}held.json")
    # Each was fitted once.
    assert TrainingRun.objects.count() == 1
    assert result["verdict"].startswith("Tiny CNN for small images, from nothing is the best of 2")


def test_a_budget_for_the_instant_model_alone_says_what_it_left_out(
    api, version, no_weights, run_job
):
    experiment = started(api, version, budget_seconds=60)
    # A full quota keeps no part of what was let in from being done.
    Organization.objects.update(max_jobs=1)
    # As if the instant model had taken the minute: less than what is kept for the end.
    Experiment.objects.update(settings={**experiment.settings, "budget_seconds": 6})
    assert run_job(experiment.job).is_parked
    registering = TrainingRun.objects.get()
    assert run_job(registering.job).status == Status.SUCCEEDED, registering.job.error
    assert again(experiment, run_job).status == Status.SUCCEEDED, experiment.job.error
    found = shown(api, experiment)["result"]
    assert found["verdict"].startswith("Instant model is all that was fitted: right on")
    assert (
        "Left out of the 0.1 minutes: “Tiny CNN for small images, from nothing”" in found["verdict"]
    )
    left_out = [row for row in found["candidates"] if row["status"] == "skipped"]
    assert len(left_out) == 2
    assert all("at least, and 0 s were left." in row["reason"] for row in left_out)
    assert "more_time" in {step["rule"] for step in found["next"]}


def test_what_was_tried_is_not_tried_again_after_a_loss(api, version, no_weights, run_job):
    experiment = started(api, version, budget_seconds=60)

    def dies() -> None:
        raise FenceLost

    third = "Instant model, variant 3: Numbers of the train split"
    run_job(experiment.job, at={third: dies})
    before = dict(experiment.members.values_list("number", "pk"))
    assert sorted(before) == [0, 1, 2, 3]
    assert ExperimentMember.objects.get(number=1).result["out_of_time"]
    # Who resumes it gives it time again, for what there was none too.
    Experiment.objects.update(settings={**experiment.settings, "budget_seconds": 600})
    assert api.post(f"{URL}{experiment.pk}/resume/").status_code == 202
    experiment.refresh_from_db()
    assert run_job(experiment.job).is_parked
    run = TrainingRun.objects.get()
    assert run.member.number == 1
    # No worker begins it before its deadline, so it is not waited for.
    ExperimentMember.objects.filter(run=run).update(spec={**run.member.spec, "deadline": 1.0})
    advance_missed()
    run.job.refresh_from_db()
    assert run.job.status == Status.CANCELLED
    assert again(experiment, run_job).is_parked
    late = ExperimentMember.objects.get(number=1).result
    assert late["skipped"] == "No worker was free to train it within the budget."
    after = dict(experiment.members.values_list("number", "pk"))
    assert {number: after[number] for number in (0, 2, 3)} == {
        number: before[number] for number in (0, 2, 3)
    }
    assert sorted(after) == list(range(15))
