"""Which models learned from an image: by split, by ensembles, and after it was forgotten."""

from uuid import uuid4

import pytest

from classifier.evaluation.selectors.seen import seen_by
from classifier.lineage.selectors.forgetting import models_of
from classifier.models import ModelCopy, ModelVersion
from datasets.models import Split
from datasets.services.versions.freeze import freeze
from jobs.models import Job, Status
from tests import factories
from tests.classifier.answering import answered
from tests.classifier.lineage.forgotten import end_jobs, forget, image_in

pytestmark = pytest.mark.django_db


def test_learned_tuned_and_measured_are_told_apart(user, api):
    version = factories.make_version(user=user)
    made = factories.make_model_version(factories.make_run(user, version))
    birds = factories.make_version(user=user, classes=("owl", "jay"))
    other = factories.make_model_version(factories.make_run(user, birds), live=False)
    answered(version, other, [0] * version.samples.filter(split=Split.TEST).count())
    told = {}
    for split in Split:
        found = api.get(f"/api/v1/images/{image_in(version, split).pk}/models/").data
        told[split.label] = {each["model_version"]: each["how"] for each in found["models"]}
        assert found["dataset_versions"][0]["splits"] == [split.label]
    assert told == {
        "train": {str(made.pk): "learned"},
        "validation": {str(made.pk): "tuned"},
        "test": {str(other.pk): "measured"},
    }


def test_ensembles_and_copies_in_other_datasets_count(user, api):
    version = factories.make_version(user=user)
    made = factories.make_model_version(factories.make_run(user, version))
    ensemble = ModelVersion.objects.create(
        model=made.model, number=2, class_names=made.class_names, preset="ensemble", config={},
        libraries={}, code_version="", files={"model.onnx": {"sha256": "1" * 64, "bytes": 1}},
        ensemble={
            "method": "average", "experiment": None, "learned_from": [str(version.pk)],
            "members": [{"model_version": str(made.pk), "name": "a", "preset": "cnn_tiny"}],
        },
    )  # fmt: skip
    image = image_in(version, Split.TRAIN)
    elsewhere = factories.make_dataset(user=user)
    copy = factories.make_images(elsewhere, image.class_label.name, 10)
    same = next(each for each in copy if each.sha256 == image.sha256)
    found = models_of(same)
    assert {each.version.pk: (each.how, each.via) for each in found.models} == {
        made.pk: ("learned", "training"),
        ensemble.pk: ("learned", "ensemble"),
    }
    stranger = factories.make_user()
    mine = factories.make_images(factories.make_dataset(user=stranger), "cat", 10)
    assert not any(models_of(each).models for each in mine)


def test_an_ensemble_with_a_member_from_elsewhere_counts_what_is_known(user, api):
    version = factories.make_version(user=user)
    made = factories.make_model_version(factories.make_run(user, version))
    ensembles = [
        ModelVersion.objects.create(
            model=made.model, number=number, dataset_version=version,
            class_names=made.class_names, preset="ensemble", config={}, libraries={},
            code_version="", files={"model.onnx": {"sha256": "1" * 64, "bytes": 1}},
            ensemble={"method": "average", "experiment": str(made.pk), "learned_from": None,
                      "members": [], **known},
        )
        for number, known in ((2, {"known_sources": [str(version.pk)]}), (3, {}))
    ]  # fmt: skip
    found = models_of(image_in(version, Split.TRAIN))
    assert {each.version.pk: each.how for each in found.models} == dict.fromkeys(
        [made.pk, *(each.pk for each in ensembles)], "learned"
    )
    # Known images count; with none of them it stays unknown whether the stranger learned from some.
    counts = [seen_by(ensembles[0], version, split) for split in (Split.TRAIN, Split.TEST)]
    assert counts == [version.samples.filter(split=Split.TRAIN).count(), None]
    nodes = api.get(f"/api/v1/dataset-versions/{version.pk}/lineage/").data["nodes"]
    assert {f"model_version:{each.pk}" for each in ensembles} <= {each["key"] for each in nodes}


def test_a_copy_has_what_its_source_has(user, make_copy):
    version = factories.make_version(user=user)
    made = factories.make_model_version(factories.make_run(user, version), live=False)
    copy = make_copy(made)
    twice = make_copy(copy)
    image = image_in(version, Split.TRAIN)
    assert {each.version.pk: each.how for each in models_of(image).models} == dict.fromkeys(
        [made.pk, copy.pk, twice.pk], "learned"
    )
    validated = models_of(image_in(version, Split.VALIDATION)).models
    assert {each.how for each in validated} == {"tuned"}
    assert models_of(image_in(version, Split.TEST)).models == []
    # The source may go: what it learned from is kept with the copy.
    gone = make_copy(made, source=uuid4())
    assert gone.pk in {each.version.pk for each in models_of(image).learned}
    # What is made later of a model that learned from it has its weights.
    end_jobs()
    forget(user, image)
    members = [{"model_version": str(made.pk), "name": "a", "preset": "cnn_tiny"}]
    late = ModelVersion.objects.create(
        model=made.model, number=9, class_names=made.class_names, preset="ensemble", config={},
        libraries={}, code_version="", files={"model.onnx": {"sha256": "1" * 64, "bytes": 1}},
        ensemble={"method": "average", "experiment": None, "members": members,
                  "learned_from": [str(version.pk)]},
    )  # fmt: skip
    image.refresh_from_db()
    learned = {each.version.pk: each.via for each in models_of(image).learned}
    assert learned.keys() == {made.pk, copy.pk, twice.pk, gone.pk, late.pk}
    assert learned[late.pk] == "ensemble"


@pytest.fixture
def make_copy(user):
    def make(version, source=None):
        copy = ModelVersion.objects.create(
            model=version.model, number=version.model.versions.count() + 1,
            class_names=version.class_names, preset=version.preset, config=version.config,
            libraries={}, code_version="", files={},
        )  # fmt: skip
        organization = version.model.organization
        job = Job.objects.create(
            kind="copy_model", queue="io", organization=organization, title="Copy",
            status=Status.SUCCEEDED,
        )  # fmt: skip
        ModelCopy.objects.create(
            organization=organization, job=job, version=copy, name="Copy",
            source_organization=organization.name, source_name=version.model.name,
            source_version=source or version.pk, source_number=version.number,
            learned_from=version.learned_from,
        )  # fmt: skip
        return copy

    return make


def test_an_instant_model_may_have_learned_from_what_was_labelled_then(user):
    dataset = factories.make_dataset(user=user)
    labelled, unlabelled = (
        factories.make_images(dataset, "jay", 1)[0],
        factories.make_images(dataset, "", 1, start=50)[0],
    )
    made = factories.make_model_version(factories.make_run(user))
    ModelVersion.objects.create(
        model=made.model, number=2, class_names=["cat", "dog"], preset="instant_model", config={},
        libraries={}, code_version="", files={"model.onnx": {"sha256": "2" * 64, "bytes": 1}},
        instant_model={"dataset": str(dataset.pk), "dataset_name": "x", "learned_from": 1},
    )  # fmt: skip
    late = factories.make_images(dataset, "jay", 1, start=60)[0]
    assert [each.certain for each in models_of(labelled).models] == [False]
    assert models_of(unlabelled).models == models_of(late).models == []


def test_the_page_of_an_image_says_it(user, page_client):
    version = factories.make_version(user=user)
    made = factories.make_model_version(factories.make_run(user, version))
    image = image_in(version, Split.TRAIN)
    page = page_client.get(f"/images/{image.pk}/models/").content.decode()
    assert "Learned from it" in page
    assert str(made) in page
    assert "Forget this image" in page
    alone = factories.make_images(factories.make_dataset(user=user), "cat", 1, start=300)[0]
    page = page_client.get(f"/images/{alone.pk}/models/").content.decode()
    assert "no frozen version" in page
    end_jobs()
    assert freeze(user=user, dataset=version.dataset).number == 2
    assert len(models_of(image).held) == 2


def test_older_lists_that_were_not_read_are_told(user, api, page_client, monkeypatch):
    version = factories.make_version(user=user)
    files = {name: {"sha256": "0" * 64, "bytes": 1} for name in ("model.onnx", "self_training.csv")}
    factories.make_model_version(factories.make_run(user, version), files=files)
    image = image_in(version, Split.TRAIN)
    address = f"/api/v1/images/{image.pk}/models/"
    assert api.get(address).data["counts"]["unread"] == 0
    monkeypatch.setattr("classifier.lineage.selectors.image_models.MOST_READ", 0)
    assert api.get(address).data["counts"]["unread"] == 1
    page = page_client.get(f"/images/{image.pk}/forget/").content.decode()
    assert "Of 1 older version Loupe did not read" in page
