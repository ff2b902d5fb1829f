"""Runs side by side."""

import re
from urllib.parse import urlencode

import pytest

from classifier.models import EpochMetrics, Experiment, ExperimentMember, TrainingRun
from classifier.training.selectors.comparison import MOST, compared_runs, setting_titles
from jobs.models import Job
from tests import factories

COMPARE = "/api/v1/training-runs/compare/"


@pytest.fixture
def version(user):
    return factories.make_version(user=user, per_class=40)


@pytest.fixture
def measured(user, version):
    """Two runs on one version: the second answers two more test images rightly, one wrongly."""

    def measured(right, **options):
        run = factories.make_run(user, version, **options)
        TrainingRun.objects.filter(pk=run.pk).update(
            metrics={
                "val_accuracy": 0.75,
                "parameters": 1200,
                "seconds": 61.0,
                "epochs": 2,
                "best_epoch": 2,
                "milliseconds_per_image": 4.0,
            }
        )
        made = factories.make_model_version(run)
        factories.make_report(made, right=right, images=8, job=run.job, digest="these")
        for epoch in (1, 2):
            EpochMetrics.objects.create(
                run=run, epoch=epoch, loss=1, accuracy=0.5, val_loss=1, val_accuracy=0.5 * epoch,
                learning_rate=0.1, seconds=1,
            )  # fmt: skip
        return run

    return measured


def test_figures_and_differing_settings_stand_side_by_side(api, user, measured, version):
    one = measured(4, name="Plain", config={"epochs": 5})
    two = measured(6, name="Longer", config={"epochs": 9})
    answer = api.get(f"{COMPARE}?run={one.pk}&run={two.pk}").json()
    assert (answer["left_off"], answer["differing_settings"]) == (0, ["epochs"])
    longer, plain = answer["results"]
    assert (longer["name"], longer["family"], plain["name"]) == ("Longer", "scratch", "Plain")
    assert longer["figures"] == {
        "val_accuracy": 0.75,
        "test_accuracy": 0.75,
        "macro_f1": pytest.approx(longer["figures"]["macro_f1"]),
        "log_loss": pytest.approx(longer["figures"]["log_loss"]),
        "parameters": 1200,
        "bytes": 1,
        "predictions_per_second": 250.0,
        "seconds": 61.0,
        "epochs": 2,
        "best_epoch": 2,
    }
    low, high = longer["test_accuracy_interval"]
    assert low < 0.75 < high
    assert plain["figures"]["test_accuracy"] == 0.5
    by_version = api.get(f"{COMPARE}?dataset_version={version.pk}").json()
    assert by_version["results"] == answer["results"]
    other = factories.make_version()
    assert api.get(f"{COMPARE}?dataset_version={other.pk}").json()["results"] == []


def test_what_is_not_understood_is_refused(api, user, measured):
    foreign = factories.make_run()
    assert api.get(f"{COMPARE}?run={foreign.pk}").status_code == 404
    assert api.get(f"{COMPARE}?run=7").status_code == 400
    assert api.get(f"{COMPARE}?colour=red").status_code == 400
    many = urlencode([("run", foreign.pk)] * (MOST + 1))
    assert api.get(f"{COMPARE}?{many}").status_code == 400


def test_a_run_without_figures_has_none(api, user):
    run = factories.make_run(user)
    (row,) = api.get(COMPARE).json()["results"]
    assert row["run"] == str(run.pk)
    assert set(row["figures"].values()) == {None}
    assert row["test_accuracy_interval"] is None


def test_runs_of_an_experiment_are_compared_by_its_id(api, user, version):
    alone = factories.make_run(user, version)
    experiment = Experiment.objects.create(
        organization=alone.organization,
        dataset_version=version,
        kind="cross_validation",
        name="Folds",
        settings={},
        job=Job.objects.create(
            kind="cross_validation", queue="io", organization=alone.organization, title="Folds"
        ),
    )
    member = factories.make_run(user, version)
    ExperimentMember.objects.create(experiment=experiment, number=0, run=member)
    assert [row["run"] for row in api.get(COMPARE).json()["results"]] == [str(alone.pk)]
    of_it = api.get(f"{COMPARE}?experiment={experiment.pk}").json()["results"]
    assert [row["run"] for row in of_it] == [str(member.pk)]


def test_settings_that_only_one_preset_has_do_not_differ(user, version):
    factories.make_run(user, version, preset="cnn_tiny", config={"epochs": 3})
    factories.make_run(user, version, preset="decision_tree")
    rows, _ = compared_runs(user)
    assert set(setting_titles(rows, differing=False)) > {"epochs", "most_leaves"}
    assert "most_leaves" not in setting_titles(rows, differing=True)


def heads_of(page):
    return re.findall(r"<th scope=\"col\"[^>]*>(?:<a[^>]*>)?([^<]+)", page)


def test_the_page_keeps_its_choices_in_the_address(page_client, user, measured):
    one = measured(4, name="Plain", config={"epochs": 5})
    two = measured(6, name="Longer", config={"epochs": 9})
    page = page_client.get(f"/training/compare/?run={one.pk}&run={two.pk}").content.decode()
    assert heads_of(page)[-2:] == ["Answers that changed", "Epochs"]
    assert "2 now right, 0 now wrong" in page
    assert "the others are compared with it" in page
    assert re.findall(r'class="row-link" href="[^"]+">(\w+)<', page) == ["Longer", "Plain"]
    query = f"?run={one.pk}&run={two.pk}&column=seconds&settings=none&sort=test_accuracy"
    page = page_client.get(f"/training/compare/{query}").content.decode()
    assert re.findall(r'class="row-link" href="[^"]+">(\w+)<', page) == ["Plain", "Longer"]
    assert "1 min 1 s" in page
    assert heads_of(page) == ["Run", "Training time", "Answers that changed"]
    assert page_client.get("/training/compare/?run=none").status_code == 404
    list_page = page_client.get("/training/").content.decode()
    assert list_page.count('type="checkbox" name="run"') == 2


def test_many_runs_take_few_queries(
    page_client, user, measured, version, django_assert_max_num_queries
):
    first = measured(4)
    jobs = [
        Job.objects.create(
            kind="train", queue="train", organization=first.organization, title="Training"
        )
        for _ in range(60)
    ]
    TrainingRun.objects.bulk_create(
        TrainingRun(
            organization=first.organization,
            dataset_version=version,
            preset="cnn_tiny",
            config=first.config,
            name=f"Run {number}",
            metrics={"val_accuracy": number / 60},
            job=job,
        )
        for number, job in enumerate(jobs)
    )
    with django_assert_max_num_queries(20):
        page = page_client.get("/training/compare/?sort=-val_accuracy").content.decode()
    assert "Page 1 of 2" in page
    assert page.index("Run 59<") < page.index("Run 12<")
