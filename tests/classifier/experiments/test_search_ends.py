"""How trials and searches end: refused settings, lost processes, full disks, time, resuming."""

from datetime import timedelta

import pytest
from django.utils import timezone

from classifier.experiments.selectors.trials import seconds_spent, trials_of
from classifier.experiments.services.members import advance
from classifier.models import ExperimentMember, TrainingRun
from classifier.training.selectors.learned import seconds_for
from classifier.work import __all__ as handlers
from datasets.services.versions.freeze import freeze
from jobs.models import Job, JobAttempt, Status
from jobs.services.cancel import cancel
from tests.classifier.conftest import make_colors
from tests.classifier.experiments.searches import URL, body, networks, started
from tests.datasets.conftest import run_job

assert handlers
assert run_job

pytestmark = pytest.mark.django_db


@pytest.fixture
def version(user):
    return freeze(user=user, dataset=make_colors(user, per_class=20))


def failed_with(run: TrainingRun, code: str, detail: str) -> None:
    Job.objects.filter(pk=run.job_id).update(status=Status.RUNNING, fence=1)
    error = {"code": code, "title": code, "detail": detail, "hint": ""}
    Job.objects.filter(pk=run.job_id).update(
        status=Status.FAILED, error=error, ended_at=timezone.now()
    )


def test_settings_that_cannot_be_trained_together_are_a_failed_trial(api, version, run_job):
    # Cells need two pixels: each choice can be trained, side 8 with 8 cells cannot.
    space = {"side": {"choices": [8, 16]}, "cells": {"choices": [4, 8]}}
    asked = body(
        version, config={"input": "hog_lbp_colours"}, space=space, sampler="grid", trials=4
    )
    experiment = started(api, asked)
    assert run_job(experiment.job).status == Status.SUCCEEDED, experiment.job.error
    trials = api.get(f"{URL}{experiment.pk}/trials/").json()
    assert len(trials) == 4
    [refused] = [each for each in trials if each["status"] == "failed"]
    assert refused["params"] == {"side": 8, "cells": 8}
    assert "cannot be trained together. side must be at least 16" in refused["reason"]
    assert api.get(f"{URL}{experiment.pk}/").json()["result"]["failed"] == 1


def test_only_attempts_that_died_count_against_a_trial(api, version, run_job):
    experiment = started(api, body(version, trials=2))
    begun = [
        JobAttempt.objects.create(
            job=experiment.job, number=1, fence=100 + number, worker="w", outcome=outcome
        )
        for number, outcome in enumerate(["cancelled", "given_back", "lost", "lost"])
    ]
    member = ExperimentMember.objects.create(
        experiment=experiment,
        number=0,
        spec={
            "params": {},
            "config": experiment.settings["config"],
            "begun": [str(each.pk) for each in begun],
        },
    )
    assert run_job(experiment.job).status == Status.SUCCEEDED, experiment.job.error
    member.refresh_from_db()
    assert member.result["failed"] == ""
    assert len(member.spec["begun"]) == 5


def test_a_full_disk_ends_the_search_and_leaves_the_trial_open(api, version, run_job):
    experiment = started(api, networks(version, parallel=2))
    run_job(experiment.job)
    first, second = TrainingRun.objects.order_by("member__number")
    # The settings that it began with are what others are compared with.
    assert "prune" not in first.member.spec
    assert second.member.spec["prune"] == "accuracy"
    failed_with(first, "disk_full", "The disk is full.")
    failed_with(second, "bad_data", "The training diverged.")
    advance(experiment.pk)
    experiment.job.refresh_from_db()
    job = run_job(experiment.job)
    assert (job.status, job.error["code"]) == (Status.FAILED, "disk_full")
    assert job.error["detail"] == "Trial 1 failed: The disk is full."
    first.member.refresh_from_db()
    assert first.member.result is None
    assert trials_of(experiment)[0].reason == "The disk is full."
    assert api.post(f"{URL}{experiment.pk}/resume/").status_code == 202
    experiment.refresh_from_db()
    run_job(experiment.job)
    first.refresh_from_db()
    assert not first.job.is_terminal


def test_a_run_that_a_person_cancels_before_it_begins_is_not_late(api, version, run_job):
    experiment = started(api, networks(version, parallel=2))
    run_job(experiment.job)
    first = TrainingRun.objects.get(member__number=0)
    cancel(user=experiment.created_by, job=first.job)
    experiment.job.refresh_from_db()
    run_job(experiment.job)
    told = api.get(f"{URL}{experiment.pk}/trials/").json()[0]
    assert (told["status"], told["reason"]) == ("failed", "Its run was cancelled.")


def test_a_trial_of_a_search_that_has_ended_runs_no_longer(api, version):
    experiment = started(api, body(version))
    spec = {"params": {}, "config": experiment.settings["config"]}
    ExperimentMember.objects.create(experiment=experiment, number=0, spec=spec)
    assert api.get(f"{URL}{experiment.pk}/trials/").json()[0]["status"] == "running"
    cancel(user=experiment.created_by, job=experiment.job)
    told = api.get(f"{URL}{experiment.pk}/trials/").json()[0]
    assert told["status"] == "cancelled"
    assert told["reason"] == "The search ended before it was done."


def test_a_run_takes_the_time_that_is_left_when_it_begins(api, version, run_job):
    experiment = started(api, networks(version, trials=9, timeout_seconds=600, parallel=2))
    run_job(experiment.job)
    first, second = TrainingRun.objects.order_by("member__number")
    assert second.time_limit_seconds == 600, "as it was queued"
    now = timezone.now()
    for fence, (begin, end) in enumerate([(500, 400), (300, 100)], 1):
        attempt = JobAttempt.objects.create(job=first.job, number=1, fence=fence, worker="w")
        JobAttempt.objects.filter(pk=attempt.pk).update(
            started_at=now - timedelta(seconds=begin), ended_at=now - timedelta(seconds=end)
        )
    # Every attempt counts; waiting between them does not.
    assert trials_of(experiment)[0].seconds == pytest.approx(300)
    assert seconds_spent(trials_of(experiment)) == pytest.approx(300)
    assert seconds_for(second.member, second.member.spec["budget"]) == 300
    # Its own time is part of what it may learn in all.
    assert seconds_for(first.member, first.member.spec["budget"]) == 600


def test_lists_of_pages_read_no_members(api, version, page_client, django_assert_max_num_queries):
    experiment = started(api, body(version))
    run = started(api, networks(version))
    page_client.get("/experiments/")
    with django_assert_max_num_queries(30) as found:
        page_client.get("/experiments/")
    assert not any("classifier_experimentmember" in each["sql"] for each in found)
    shown = {each["id"]: each for each in api.get(URL).json()["results"]}
    assert shown[str(experiment.pk)]["runs"] == []
    assert set(shown[str(run.pk)]) >= {"runs", "result"}
