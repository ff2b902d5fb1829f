"""A run with class weights beside its twin without: queued by one click, compared by class."""

import pytest

from classifier.evaluation.selectors.with_and_without import with_and_without
from classifier.models import (
    Experiment,
    ExperimentMember,
    TrainingRun,
)
from classifier.training.selectors.comparison import trained_on
from jobs.models import Job, Status
from tests import factories
from tests.classifier.training.ended import ends

pytestmark = pytest.mark.django_db

PLAIN = {"balance": "none", "focal_gamma": 0.0}


@pytest.fixture
def weighted(user):
    dataset = factories.make_dataset(user=user)
    factories.make_images(dataset, "cat", 200)
    factories.make_images(dataset, "dog", 50)
    version = factories.make_version(dataset, user=user)
    config = {"balance": "class_weights", "focal_gamma": 2.0, "seed": 7}
    return factories.make_run(user, version, config=config)


def test_one_click_trains_the_same_without_it(weighted, api, page_client):
    url = f"/api/v1/training-runs/{weighted.pk}/without-treatment/"
    assert api.get(url).json() == {
        "treatments": ["class weights", "focal loss"], "training_run": None, "status": None,
        "accuracy": None, "per_class": None, "subgroups": None, "hidden_classes": None,
    }  # fmt: skip
    report = ends(weighted, 1.0)
    page = page_client.get(f"/training/{weighted.pk}/").content.decode()
    assert "Train the same without it" in page

    answer = page_client.post(f"/training/{weighted.pk}/without-treatment/")
    twin = TrainingRun.objects.exclude(pk=weighted.pk).get()
    assert answer.url == f"/training/{twin.pk}/"
    changed = {name for name in weighted.config if weighted.config[name] != twin.config[name]}
    assert changed == {"balance", "focal_gamma"}
    assert twin.dataset_version_id == weighted.dataset_version_id
    assert twin.name.endswith("without class weights and focal loss")
    refused = api.post(url)
    assert (refused.status_code, refused.json()["code"]) == (409, "has_twin")
    assert str(twin.pk) in refused.json()["hint"]
    page = page_client.get(f"/training/{weighted.pk}/").content.decode()
    assert "is under way" in page
    assert "Train the same without it" not in page

    ends(twin, 0.5)
    told = api.get(url).json()
    assert (told["training_run"], told["status"]) == (str(twin.pk), "succeeded")
    assert [row["class_name"] for row in told["per_class"]] == ["dog", "cat"], "rare ones first"
    dog = told["per_class"][0]
    assert (dog["train_images"], dog["support"]) == (40, 5)
    assert dog["with_treatment"] == {"precision": 1.0, "recall": 1.0, "f1": 1.0}
    assert dog["recall"]["value"] == pytest.approx(1 - dog["without_treatment"]["recall"])
    one = api.get(url, {"classes": 1}).json()
    assert ([row["class_name"] for row in one["per_class"]], one["hidden_classes"]) == (["dog"], 1)
    assert api.get(url, {"classes": 0}).status_code == 400
    low, high = dog["recall"]["interval"]
    assert -1 <= low <= dog["recall"]["value"] <= high <= 1
    assert told["accuracy"]["value"] > 0
    for place in (f"/training/{weighted.pk}/", f"/evaluations/{report.pk}/"):
        page = page_client.get(place).content.decode()
        assert "With and without class weights and focal loss" in page
        assert f"/training/{twin.pk}/" in page
    assert "With and without" not in page_client.get(f"/training/{twin.pk}/").content.decode()
    refused = api.post(f"/api/v1/training-runs/{twin.pk}/without-treatment/")
    assert (refused.status_code, refused.json()["code"]) == (409, "no_treatment")


def test_a_twin_is_the_same_run_in_all_else(weighted, user):
    version = weighted.dataset_version
    for config in ({"seed": 8}, {"seed": 7, "epochs": 3}):
        factories.make_run(user, version, config=config)
    assert with_and_without(weighted).twin is None
    failed = factories.make_run(user, version, config={"seed": 7})
    Job.objects.filter(pk=failed.job_id).update(status=Status.CANCELLED)
    assert with_and_without(weighted).twin is None
    # From before a setting was there.
    early = factories.make_run(user, version, config={"seed": 7})
    TrainingRun.objects.filter(pk=early.pk).update(
        config={key: each for key, each in early.config.items() if key != "self_training"}
    )
    assert with_and_without(weighted).twin == early
    forest = factories.make_run(user, version, preset="random_forest")
    assert with_and_without(forest).treatments == ["class weights"]


def test_methods_without_a_seed_have_a_twin_and_folds_are_none(user, api):
    version = factories.make_version(user=user, per_class=20)
    run = factories.make_run(user, version, preset="logistic_regression")
    ends(run, 1.0)
    url = f"/api/v1/training-runs/{run.pk}/without-treatment/"
    assert api.get(url).json()["treatments"] == ["class weights"]
    plain = factories.make_run(
        user, version, preset="logistic_regression", config={"balanced": False}
    )
    experiment = Experiment.objects.create(
        organization=run.organization,
        dataset_version=version,
        kind="cross_validation",
        name="Folds",
        settings={},
        job=Job.objects.create(
            kind="cross_validation", queue="io", organization=run.organization, title="Folds"
        ),
    )
    member = ExperimentMember.objects.create(experiment=experiment, number=0, run=plain)
    assert api.get(url).json()["training_run"] is None
    member.delete()
    assert api.get(url).json()["training_run"] == str(plain.pk)


def test_a_run_of_another_organization_is_no_twin(weighted, user, api):
    """A dataset may be shared: what its readers train on it is theirs, and the other way round."""
    twin = factories.make_run(
        user, weighted.dataset_version, config={**weighted.config, **PLAIN}, name="Their own"
    )
    assert with_and_without(weighted, 0).twin == twin
    other = factories.make_user()
    TrainingRun.objects.filter(pk=twin.pk).update(organization=other.personal_organization)
    assert with_and_without(weighted, 0).twin is None
    url = f"/api/v1/training-runs/{weighted.pk}/without-treatment/"
    assert api.get(url).json()["training_run"] is None
    assert trained_on(user) == trained_on(other) == [weighted.dataset_version]
    TrainingRun.objects.filter(pk=weighted.pk).update(organization=other.personal_organization)
    assert trained_on(user) == [], "only runs of others were trained on it"
