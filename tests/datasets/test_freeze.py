import hashlib
import uuid

import pytest
from django.db import IntegrityError, connection, transaction

from common.errors import Invalid
from datasets.errors import CannotFreeze
from datasets.models import DatasetVersion, Image, Sample, Split
from datasets.selectors.versions import samples_of
from datasets.services.intake.add_images import NewImage, add_images
from datasets.services.labelling.annotate import annotate
from datasets.services.labelling.classes import rename_class
from datasets.services.versions.freeze import _digest, freeze
from datasets.splitting.splits import (
    Fractions,
    Labelled,
    by_folders,
    stratified,
)
from storage import durable
from storage.names import blob_name
from tests import factories

pytestmark = pytest.mark.django_db


def labelled(class_name: str, count: int, folder: str = "", start: int = 0) -> list[Labelled]:
    return [
        Labelled(uuid.uuid4(), f"{class_name}{n:060}", class_name, folder)
        for n in range(start, start + count)
    ]


def tally(images, splits) -> dict[str, dict[str, int]]:
    counts: dict[str, dict[str, int]] = {}
    for image in images:
        of_class = counts.setdefault(image.class_name, {"train": 0, "validation": 0, "test": 0})
        of_class[splits[image.id].label] += 1
    return counts


def test_stratified_shares_hold_in_each_class():
    images = labelled("cat", 100) + labelled("dog", 50) + labelled("ant", 3)
    splits = stratified(images, Fractions(0.7, 0.1, 0.2), seed=0)
    assert tally(images, splits) == {
        "cat": {"train": 70, "validation": 10, "test": 20},
        "dog": {"train": 35, "validation": 5, "test": 10},
        "ant": {"train": 1, "validation": 1, "test": 1},
    }


def test_the_seed_decides_and_arrival_does_not():
    images = labelled("cat", 40) + labelled("dog", 40)
    fractions = Fractions(0.8, 0.1, 0.1)
    first = stratified(images, fractions, seed=1)
    assert stratified(images[::-1], fractions, seed=1) == first
    assert stratified(images, fractions, seed=2) != first


def test_equal_contents_never_straddle_a_stratified_split():
    images = labelled("cat", 30) + labelled("cat", 30) + labelled("dog", 30)
    splits = stratified(images, Fractions(0.6, 0.2, 0.2), seed=3)
    by_content: dict[str, set[Split]] = {}
    for image in images:
        by_content.setdefault(image.sha256, set()).add(splits[image.id])
    assert all(len(found) == 1 for found in by_content.values())


def test_folders_are_kept_as_they_are():
    images = (
        labelled("cat", 8, "train")
        + labelled("cat", 4, "validation", 100)
        + labelled("cat", 3, "test", 200)
    )
    assert tally(images, by_folders(images, 0)) == {"cat": {"train": 8, "validation": 4, "test": 3}}


def test_without_a_validation_folder_a_tenth_of_train_becomes_validation():
    images = labelled("cat", 50, "train") + labelled("dog", 20, "train")
    images += labelled("cat", 10, "test", 100) + labelled("dog", 10, "test", 100)
    assert tally(images, by_folders(images, 0)) == {
        "cat": {"train": 45, "validation": 5, "test": 10},
        "dog": {"train": 18, "validation": 2, "test": 10},
    }


def test_without_a_test_folder_validation_becomes_test():
    images = labelled("cat", 50, "train") + labelled("cat", 12, "validation", 100)
    assert tally(images, by_folders(images, 0)) == {
        "cat": {"train": 45, "validation": 5, "test": 12}
    }


@pytest.mark.parametrize("folder", ["", "train"])
def test_folders_without_anything_to_test_on_are_refused(folder):
    with pytest.raises(CannotFreeze) as caught:
        by_folders(labelled("cat", 50, folder), 0)
    assert "stratified" in caught.value.hint


def test_a_class_with_nothing_to_train_on_is_named():
    images = (
        labelled("cat", 9, "train") + labelled("cat", 3, "test", 50) + labelled("dog", 3, "test")
    )
    with pytest.raises(CannotFreeze) as caught:
        by_folders(images, 0)
    assert "“dog”" in caught.value.detail


@pytest.fixture
def person():
    return factories.make_user()


@pytest.fixture
def dataset(person):
    dataset = factories.make_dataset(user=person)
    factories.make_images(dataset, "cat", 12)
    factories.make_images(dataset, "dog", 10)
    return dataset


def test_a_version_holds_what_is_labelled_and_not_left_out(dataset, person):
    factories.make_images(dataset, "", 2)
    excluded, trashed = factories.make_images(dataset, "cat", 2, start=100)
    Image.objects.filter(pk=excluded.pk).update(excluded_at=dataset.created_at)
    Image.objects.filter(pk=trashed.pk).update(deleted_at=dataset.created_at)
    version = freeze(user=person, dataset=dataset, seed=4, note="first")
    assert version.number == 1
    assert version.class_names == ["cat", "dog"]
    assert version.sample_counts == {
        "train": {"cat": 10, "dog": 8},
        "validation": {"cat": 1, "dog": 1},
        "test": {"cat": 1, "dog": 1},
    }
    assert Sample.objects.filter(version=version).count() == 22
    assert freeze(user=person, dataset=dataset).number == 2


def test_samples_come_in_the_same_order_every_time(dataset, person):
    version = freeze(user=person, dataset=dataset)
    samples = samples_of(version, Split.TRAIN)
    assert len(samples) == 18
    assert samples == sorted(samples)
    assert samples == samples_of(version, Split.TRAIN)
    assert all(durable.exists(blob_name(name)) for name, _ in samples)
    assert {index for _, index in samples} == {0, 1}


def test_the_digest_is_that_of_content_and_split(dataset, person):
    first = freeze(user=person, dataset=dataset, seed=1)
    twin = factories.make_dataset(user=person)
    factories.make_images(twin, "dog", 10)
    factories.make_images(twin, "cat", 12)
    assert freeze(user=person, dataset=twin, seed=1).digest == first.digest
    assert freeze(user=person, dataset=twin, seed=2).digest != first.digest
    image = Image.objects.filter(dataset=twin, class_label__name="cat").first()
    annotate(user=person, dataset=twin, class_names={image.pk: "dog"})
    assert freeze(user=person, dataset=twin, seed=1).digest != first.digest


def test_the_digest_is_of_the_sorted_lines():
    """One content in two classes and splits; what is first in the dataset is not first there."""
    images = [
        Labelled(uuid.uuid4(), "b" * 64, "cat", ""),
        Labelled(uuid.uuid4(), "a" * 64, "dog", ""),
        Labelled(uuid.uuid4(), "a" * 64, "cat", ""),
    ]
    splits = dict(zip((each.id for each in images), list(Split), strict=True))
    lines = f"{'a' * 64}\ttest\tcat\n{'a' * 64}\tvalidation\tdog\n{'b' * 64}\ttrain\tcat\n"
    assert _digest(images, splits) == hashlib.sha256(lines.encode()).hexdigest()


def test_a_version_never_changes(dataset, person):
    version = freeze(user=person, dataset=dataset)
    image = Image.objects.filter(dataset=dataset, class_label__name="cat").first()
    annotate(user=person, dataset=dataset, class_names={image.pk: "dog"})
    rename_class(user=person, label=dataset.classes.get(name="dog"), name="hound")
    sample = Sample.objects.get(version=version, image=image)
    assert version.class_names[sample.class_index] == "cat"
    assert DatasetVersion.objects.get(pk=version.pk).class_names == ["cat", "dog"]
    for statement in (
        "UPDATE datasets_sample SET split = 0",
        "DELETE FROM datasets_sample",
        "UPDATE datasets_datasetversion SET note = 'x'",
        "DELETE FROM datasets_datasetversion",
    ):
        with pytest.raises(IntegrityError, match="immutable"), transaction.atomic():
            with connection.cursor() as cursor:
                cursor.execute(statement)


def test_one_class_only_is_refused_with_a_sentence(person):
    dataset = factories.make_dataset(user=person)
    factories.make_images(dataset, "cat", 9)
    with pytest.raises(CannotFreeze) as caught:
        freeze(user=person, dataset=dataset)
    assert caught.value.code == "one_class"
    assert "“cat”" in caught.value.detail


def test_a_class_with_one_image_is_refused_with_a_sentence(dataset, person):
    factories.make_images(dataset, "owl", 1)
    with pytest.raises(CannotFreeze) as caught:
        freeze(user=person, dataset=dataset)
    assert caught.value.code == "class_too_small"
    assert "“owl” has 1" in caught.value.detail
    assert not DatasetVersion.objects.exists()


def test_an_empty_dataset_is_refused_with_a_sentence(person):
    dataset = factories.make_dataset(user=person)
    factories.make_images(dataset, "", 3)
    with pytest.raises(CannotFreeze) as caught:
        freeze(user=person, dataset=dataset)
    assert caught.value.code == "no_images"


@pytest.mark.parametrize(
    "shares", [(0.8, 0.1, 0.2), (1.0, 0.0, 0.0), (0.5, 0.5, 0.0), (-0.1, 0.6, 0.5)]
)
def test_shares_that_are_none_are_refused(dataset, person, shares):
    train, validation, test = shares
    with pytest.raises(Invalid) as caught:
        freeze(user=person, dataset=dataset, train=train, validation=validation, test=test)
    assert caught.value.errors[0].pointer.startswith("/split")


def test_names_of_any_kind_survive_the_copy_into_the_database(person):
    dataset = factories.make_dataset(user=person)
    factories.make_images(dataset, "dog", 5)
    names = ["\\N", "tab\there", "new\nline", "back\\slash", "ü–𝒙", "", '"q"', "<img onerror=x>"]
    template = factories.make_images(dataset, "cat", 5)[0]
    new = [
        NewImage(name, template.sha256, 1, 1, "PNG", 1, "<b>\\t</b>", "", {"k\t": name})
        for name in names
    ]
    with transaction.atomic():
        added = add_images(dataset=dataset, images=new, duplicates="keep")
    rows = [Image.objects.get(pk=image_id) for image_id, _ in added.outcomes]
    assert [row.name for row in rows] == names
    assert [row.metadata for row in rows] == [{"k\t": name} for name in names]
    assert rows[0].class_label.name == "<b>\\t</b>"


def test_leaks_between_splits_and_conflicts_between_classes_are_told(page_client, api, user):
    dataset = factories.make_dataset(user=user)
    for name in ("cat", "dog"):
        factories.make_images(dataset, name, 12, "train")
        factories.make_images(dataset, name, 4, "test", start=100)
    factories.make_images(dataset, "cat", 2, "test")
    version = freeze(user=user, dataset=dataset, strategy="folder")

    assert api.get(f"/api/v1/dataset-versions/{version.pk}/").json()["leaks"] == {
        "splits": 2,
        "classes": 0,
    }
    page = page_client.get(f"/datasets/versions/{version.pk}/").content.decode()
    assert "more than one split" in page
    assert "more than one class" not in page
