"""Searches: their API, trials in the job and as runs, budgets, sentences, and the page."""

import pytest

from classifier.experiments.selectors.trials import seconds_spent, trials_of
from classifier.models import (
    EpochMetrics,
    Experiment,
    ExperimentMember,
    ModelVersion,
    TrainingRun,
)
from classifier.work import __all__ as handlers
from datasets.models import DatasetVersion
from datasets.services.versions.freeze import freeze
from jobs.errors import FenceLost
from jobs.models import Job, JobAttempt, Status
from tests import factories
from tests.classifier.conftest import make_colors
from tests.classifier.experiments.searches import FAST, SPACE, URL, body, networks, started
from tests.datasets.conftest import run_job

assert handlers
assert run_job

pytestmark = pytest.mark.django_db


@pytest.fixture
def version(user):
    return freeze(user=user, dataset=make_colors(user, per_class=20))


def test_trials_of_numbers_are_fitted_in_the_job(api, version, run_job, page_client):
    experiment = started(api, body(version, trials=12, name="Better settings"))
    assert run_job(experiment.job).status == Status.SUCCEEDED, experiment.job.error
    shown = api.get(f"{URL}{experiment.pk}/").json()
    assert shown["runs"] == []
    trials = api.get(f"{URL}{experiment.pk}/trials/").json()
    assert [each["number"] for each in trials] == list(range(12))
    assert {each["status"] for each in trials} == {"succeeded"}
    # The first has the settings that the search began with, the others lie in the space.
    base = experiment.settings["config"]
    assert trials[0]["config"] == base
    for each in trials[1:]:
        assert set(each["params"]) == set(SPACE)
        assert 1e-4 <= each["params"]["inverse_penalty"] <= 10
        assert {**base, **each["params"]} == each["config"]
    best = shown["result"]["best"]
    assert best["value"] == max(each["value"] for each in trials)
    assert best["config"] == trials[best["number"]]["config"]
    same = [each for each in trials if each["value"] == best["value"]]
    assert best["loss"] == min(each["val_loss"] for each in same), "of equals the lower loss"
    shares = [each["share"] for each in shown["result"]["importance"]]
    assert sum(shares) == pytest.approx(1)
    assert shares == sorted(shares, reverse=True)
    assert "The best of 12 looks better than it is" in shown["result"]["advice"]
    page = page_client.get(f"/experiments/{experiment.pk}/").content.decode()
    assert "Retrain the best" in page
    assert page.count("/training/") < 12
    assert f"{100 * best['accuracy']:.1f} %" in page_client.get("/experiments/").content.decode()


def test_the_best_is_retrained_as_a_run_like_any_other(api, user, version, run_job, page_client):
    experiment = started(api, body(version, trials=2))
    early = api.post(f"{URL}{experiment.pk}/retrain/", {})
    assert (early.status_code, early.json()["code"]) == (409, "no_trials")
    run_job(experiment.job)
    best = api.get(f"{URL}{experiment.pk}/").json()["result"]["best"]
    answer = api.post(f"{URL}{experiment.pk}/retrain/", {"name": "The best"})
    assert answer.status_code == 202, answer.json()
    run = TrainingRun.objects.get(pk=answer.json()["id"])
    assert (run.name, run.config, run.preset) == ("The best", best["config"], "logistic_regression")
    assert run_job(run.job).status == Status.SUCCEEDED, run.job.error
    assert ModelVersion.objects.get(training_run=run).evaluation_reports.count() == 1
    # The same settings on the same images bring the same figure.
    run.refresh_from_db()
    assert run.metrics["val_accuracy"] == pytest.approx(best["accuracy"])
    other = 1 - best["number"]
    answer = api.post(f"{URL}{experiment.pk}/retrain/", {"trial": other})
    assert answer.json()["config"] == experiment.members.get(number=other).spec["config"]
    refused = api.post(f"{URL}{experiment.pk}/retrain/", {"trial": 9}).json()
    assert "trial must be one that has a figure: 0, 1; received 9" in refused["detail"]
    page = page_client.post(f"/experiments/{experiment.pk}/retrain/")
    assert page.status_code == 302
    assert page["Location"].startswith("/training/")


def test_a_search_that_was_killed_goes_on_and_asks_what_it_would_have_asked(api, version, run_job):
    whole = started(api, body(version))
    run_job(whole.job)
    experiment = started(api, body(version))

    def dies() -> None:
        raise FenceLost

    run_job(experiment.job, at={"Trial 4 of 6: Numbers of the train split": dies})
    kept = dict(experiment.members.values_list("number", "pk"))
    assert sorted(kept) == [0, 1, 2, 3], "the fourth was asked, and not answered"
    assert experiment.members.filter(result__isnull=True).count() == 1
    assert api.post(f"{URL}{experiment.pk}/resume/").status_code == 202
    experiment.refresh_from_db()
    assert run_job(experiment.job).status == Status.SUCCEEDED, experiment.job.error
    again = dict(experiment.members.values_list("number", "pk"))
    assert {number: again[number] for number in kept} == kept
    assert [each.params for each in trials_of(experiment)] == [
        each.params for each in trials_of(whole)
    ]


def test_a_trial_that_takes_its_process_with_it_is_left_out(api, version, run_job):
    experiment = started(api, body(version, trials=2))
    begun = [
        JobAttempt.objects.create(
            job=experiment.job, number=1, fence=100 + number, worker="w", outcome="lost"
        )
        for number in range(3)
    ]
    spec = {
        "params": {},
        "config": experiment.settings["config"],
        "begun": [str(each.pk) for each in begun],
    }
    ExperimentMember.objects.create(experiment=experiment, number=0, spec=spec)
    assert run_job(experiment.job).status == Status.SUCCEEDED, experiment.job.error
    first, second = api.get(f"{URL}{experiment.pk}/trials/").json()
    assert (first["status"], second["status"]) == ("failed", "succeeded")
    assert "The process died in 3 attempts" in first["reason"]


def test_networks_are_runs_of_which_so_many_go_on_at_once(api, version, run_job, page_client):
    experiment = started(api, networks(version, parallel=2))
    job = run_job(experiment.job)
    assert job.is_parked
    assert (job.progress["done"], job.progress["total"]) == (0, 3)
    runs = list(TrainingRun.objects.order_by("member__number"))
    assert len(runs) == 2
    assert [each["status"] for each in api.get(f"{URL}{experiment.pk}/trials/").json()] == [
        "queued",
        "queued",
    ]
    assert "Queued" in page_client.get(f"/experiments/{experiment.pk}/").content.decode()
    # The end of any of them lets the next begin.
    assert run_job(runs[0].job).status == Status.SUCCEEDED, runs[0].job.error
    job.refresh_from_db()
    assert job.status == Status.QUEUED
    assert run_job(job).is_parked
    assert TrainingRun.objects.count() == 3
    # A run that fails is a trial that failed.
    second = runs[1].job
    Job.objects.filter(pk=second.pk).update(status=Status.RUNNING, fence=1)
    error = {"code": "bad_data", "detail": "The training diverged.", "hint": ""}
    Job.objects.filter(pk=second.pk).update(status=Status.FAILED, error=error)
    third = TrainingRun.objects.get(member__number=2)
    assert run_job(third.job).status == Status.SUCCEEDED, third.job.error
    job.refresh_from_db()
    assert run_job(job).status == Status.SUCCEEDED, job.error
    trials = api.get(f"{URL}{experiment.pk}/trials/").json()
    assert [each["status"] for each in trials] == ["succeeded", "failed", "succeeded"]
    assert trials[1]["reason"] == "The training diverged."
    assert trials[0]["run"] == str(runs[0].pk)
    assert trials[0]["epochs"] == 2
    result = api.get(f"{URL}{experiment.pk}/").json()["result"]
    assert (result["trials"], result["failed"], result["importance"]) == (3, 1, None)
    page = page_client.get(f"/experiments/{experiment.pk}/").content.decode()
    assert "The training diverged." in page
    assert "Too few trials to say" in page


def test_a_poor_trial_ends_early_and_says_why(api, version, run_job, page_client):
    asked = networks(version, config={**FAST, "epochs": 6}, trials=6)
    experiment = started(api, asked)
    # Four trials that ran their course, far better than any run of two colours in gray will be.
    for number in range(4):
        run = factories.make_run(experiment.created_by, version)
        for epoch in range(1, 7):
            EpochMetrics.objects.create(
                run=run, epoch=epoch, loss=0.1, accuracy=1, val_loss=1e-6, val_accuracy=1,
                learning_rate=0.001, seconds=1,
            )  # fmt: skip
        Job.objects.filter(pk=run.job_id).update(status=Status.RUNNING, fence=1)
        Job.objects.filter(pk=run.job_id).update(status=Status.SUCCEEDED)
        TrainingRun.objects.filter(pk=run.pk).update(metrics={"stopped": {"reason": "completed"}})
        ExperimentMember.objects.create(
            experiment=experiment,
            number=number,
            run=run,
            spec={"params": {}, "config": run.config},
            result={"val_accuracy": 1.0, "val_loss": 1e-6, "epochs": 6, "seconds": 1.0},
        )
    experiment.settings["objective"] = "loss"
    experiment.save()
    assert run_job(experiment.job).is_parked
    run = TrainingRun.objects.get(member__number=4)
    assert run_job(run.job).status == Status.SUCCEEDED, run.job.error
    run.refresh_from_db()
    assert run.metrics["epochs"] == 2
    assert run.metrics["stopped"]["reason"] == "pruned"
    assert "worse than the median of the other trials" in run.metrics["stopped"]["detail"]
    found = api.get(f"{URL}{experiment.pk}/trials/").json()[4]
    assert found["status"] == "pruned"
    assert found["value"] is not None
    assert "worse than the median" in found["reason"]
    assert "worse than the median" in page_client.get(f"/training/{run.pk}/").content.decode()


def test_time_is_counted_while_a_trial_learns(api, version, run_job):
    experiment = started(api, body(version, trials=None, timeout_seconds=60))
    spec = {"params": {}, "config": experiment.settings["config"]}
    for number, (began, seconds) in enumerate([(1000, 40), (1020, 10), (5000, 21)]):
        ExperimentMember.objects.create(
            experiment=experiment,
            number=number,
            spec=spec,
            result={"val_accuracy": 0.5, "val_loss": 1, "began": began, "seconds": seconds},
        )
    assert seconds_spent(trials_of(experiment)) == 61
    assert run_job(experiment.job).status == Status.SUCCEEDED, experiment.job.error
    experiment.refresh_from_db()
    assert (experiment.result["ended"], experiment.result["trials"]) == ("time", 3)


def test_runs_that_wait_are_stopped_when_the_time_is_up(api, version, run_job):
    experiment = started(api, networks(version, trials=9, timeout_seconds=60, parallel=2))
    run_job(experiment.job)
    first, second = TrainingRun.objects.order_by("member__number")
    assert first.time_limit_seconds == 60
    run_job(first.job)
    Job.objects.filter(pk=first.job_id).update()
    ExperimentMember.objects.create(
        experiment=experiment,
        number=2,
        spec={"params": {}, "config": {}},
        result={"val_accuracy": 0.5, "val_loss": 1, "began": 1000, "seconds": 100},
    )
    experiment.job.refresh_from_db()
    run_job(experiment.job)
    second.job.refresh_from_db()
    assert second.job.status == Status.CANCELLED
    experiment.job.refresh_from_db()
    assert run_job(experiment.job).status == Status.SUCCEEDED, experiment.job.error
    told = api.get(f"{URL}{experiment.pk}/trials/").json()[1]
    assert (told["status"], told["reason"]) == (
        "failed",
        "The search's time was up before it began.",
    )


def test_a_grid_tries_each_point_and_known_settings_are_not_fitted_again(
    api, version, run_job, page_client
):
    space = {
        "inverse_penalty": {"low": 0.01, "high": 1, "points": 2},
        "balanced": SPACE["balanced"],
    }
    grid = started(api, body(version, space=space, sampler="grid", trials=10))
    run_job(grid.job)
    trials = trials_of(grid)
    assert len({str(each.params) for each in trials}) == len(trials) == 4
    grid.refresh_from_db()
    assert (grid.result["ended"], grid.result["first_value"]) == ("grid", None)
    # Cells mean nothing to pixels: of four combinations two have the same settings.
    space = {"input": {"choices": ["pixels", "hog_lbp_colours"]}, "cells": {"choices": [2, 4]}}
    few = started(api, body(version, space=space, sampler="random", trials=20))
    assert run_job(few.job).status == Status.SUCCEEDED, few.job.error
    found = trials_of(few)
    few.refresh_from_db()
    assert few.result["ended"] == "space"
    assert len({str(sorted(each.params.items())) for each in found}) == 4
    [again] = [each for each in found if each.same_as is not None]
    assert again.config == found[again.same_as].config
    assert again.value == found[again.same_as].value
    page = page_client.get(f"/experiments/{few.pk}/").content.decode()
    assert "1 repeats another" in page


def test_a_hopeless_search_ends_with_the_reason(api, user, run_job):
    version = freeze(user=user, dataset=make_colors(user, per_class=12))
    space = {"neighbours": {"choices": [70, 80, 90, 95]}}
    asked = body(version, preset="k_nearest_neighbours", space=space, sampler="grid", trials=9)
    experiment = started(api, asked)
    job = run_job(experiment.job)
    assert job.status == Status.FAILED
    assert "The first 3 trials have all failed. The last one:" in job.error["detail"]
    assert experiment.members.count() == 3


@pytest.mark.parametrize(
    ("changes", "pointer", "sentence"),
    [
        ({"space": {}}, "/space", "A search needs a setting to vary; logistic_regression has"),
        ({"trials": 0}, "/trials", "A search has 1 to 500 trials; received 0."),
        ({"trials": 501}, "/trials", "A search has 1 to 500 trials; received 501."),
        ({"trials": None}, "/trials", "A search needs a budget: trials, timeout_seconds, or both"),
        ({"timeout_seconds": 0}, "/timeout_seconds", "A search may take 60 to"),
        ({"parallel": 0}, "/parallel", "1 to 8 trials may be under way at once; received 0."),
        ({"space": {"dropout": {"low": 0, "high": 1}}}, "/space/dropout", "has no setting"),
        (
            {"space": {"inverse_penalty": {"low": 1e-9, "high": 1}}},
            "/space/inverse_penalty",
            "from 1e-06 to 10000; received 1e-09",
        ),
        (
            {"sampler": "grid", "trials": 10},
            "/trials",
            "This grid has 18 points, and the search 10 trials",
        ),
        ({"sampler": "annealing"}, "/sampler", "annealing"),
        ({"config": {"epochs": 3}}, "/config/epochs", "has no setting 'epochs'"),
    ],
)
def test_what_cannot_be_searched_is_refused_with_a_sentence(
    api, version, changes, pointer, sentence
):
    answer = api.post(URL, {**body(version), **changes}, format="json")
    assert answer.status_code == 400, answer.json()
    [fault] = answer.json()["errors"]
    assert fault["pointer"] == pointer
    assert sentence in fault["detail"]
    assert not Experiment.objects.exists()


def test_a_version_without_validation_images_is_refused(api, version, user):
    # As none is frozen today, and a row may be.
    bare = DatasetVersion.objects.create(
        dataset=version.dataset, number=9, digest="0" * 64, strategy="stratified", fractions={},
        class_names=["blue", "red"], sample_counts={"train": {"blue": 9, "red": 9}},
        created_by=user,
    )  # fmt: skip
    answer = api.post(URL, body(bare)).json()
    assert "A search compares its trials on the validation split" in answer["detail"]


def test_the_form_offers_ranges_and_takes_narrower_ones(page_client, version, api):
    page = page_client.get(f"/experiments/new/search/?dataset_version={version.pk}")
    assert "What varies" in page.content.decode()
    rows = page_client.get("/experiments/new/search/space/?preset=rbf_svm").content.decode()
    assert 'name="low-gamma" value="1e-05"' in rows
    assert "0 to 1000 possible, by tenfolds" in rows
    sent = {
        "dataset_version": str(version.pk), "preset": "logistic_regression", "sampler": "tpe",
        "objective": "accuracy", "trials": "4", "timeout_hours": "", "parallel": "1", "points": "3",
        "pruning": "on", "name": "", "vary": ["inverse_penalty", "balanced"],
        "low-inverse_penalty": "0.01", "high-inverse_penalty": "1e1",
        "choice-balanced": ["on", "off"],
    }  # fmt: skip
    answer = page_client.post("/experiments/new/search/", sent)
    assert answer.status_code == 302, answer.content.decode()
    asked = Experiment.objects.get().settings
    assert asked["space"] == {
        "inverse_penalty": {"low": 0.01, "high": 10.0, "log": True, "points": 3},
        "balanced": {"choices": [False, True]},
    }
    assert asked["timeout_seconds"] is None
    # What a person typed comes back with the sentence.
    wrong = {**sent, "low-inverse_penalty": "tiny", "timeout_hours": "0.001"}
    refused = page_client.post("/experiments/new/search/", wrong)
    assert refused.status_code == 422
    assert "received 4" in refused.content.decode()
    refused = page_client.post("/experiments/new/search/", {**wrong, "timeout_hours": ""})
    text = refused.content.decode()
    assert "inverse_penalty must be a number from 1e-06 to 10000; received &#x27;tiny&#x27;" in text
    assert 'value="tiny"' in text
    for hours in ("1e308", "-1"):
        refused = page_client.post("/experiments/new/search/", {**sent, "timeout_hours": hours})
        assert refused.status_code == 422
    nothing = page_client.post("/experiments/new/search/", {**sent, "vary": []})
    assert "A search needs a setting to vary" in nothing.content.decode()


def test_five_hundred_trials_take_a_few_queries(
    api, version, page_client, django_assert_max_num_queries
):
    experiment = started(api, body(version, trials=500))
    members = []
    for number in range(500):
        params = {
            "inverse_penalty": 0.001 * (number + 1), "balanced": number % 2 == 0,
            "principal_components": 2 + number % 18,
        }  # fmt: skip
        members.append(
            ExperimentMember(
                experiment=experiment,
                number=number,
                spec={"params": params, "config": {**experiment.settings["config"], **params}},
                result={"val_accuracy": 0.5 + number / 2000, "val_loss": 0.7, "seconds": 0.2},
            )
        )
    ExperimentMember.objects.bulk_create(members)
    page_client.get(f"/experiments/{experiment.pk}/")
    with django_assert_max_num_queries(40):
        page = page_client.get(f"/experiments/{experiment.pk}/").content.decode()
    assert page.count('<th scope="row">') == 100, "a page at a time"
    with django_assert_max_num_queries(12):
        assert len(api.get(f"{URL}{experiment.pk}/trials/").json()) == 500
