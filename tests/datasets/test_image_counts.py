"""The counts of images are kept by the database, whatever changes images."""

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from django.core.management import call_command
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from datasets.models import Image, ImageCount, Split
from datasets.selectors.classes import class_counts, classes_of, largest_classes
from datasets.selectors.datasets import Totals, contents, image_count, totals
from datasets.selectors.image_counts import miscounted_datasets
from datasets.selectors.usage import stored_bytes, stored_images
from datasets.services import image_counts
from datasets.services.image_counts import add_up_image_counts
from datasets.services.labelling.annotate import annotate
from datasets.services.labelling.bulk_edit import bulk_edit
from datasets.services.labelling.remove_class import merge_class
from datasets.services.labelling.undo_edit import undo_edit
from datasets.services.purge import purge_trash
from tests import factories
from tests.classifier.lineage.forgotten import end_jobs, forget, image_in

pytestmark = pytest.mark.django_db


@pytest.fixture
def dataset():
    dataset = factories.make_dataset(user=factories.make_user())
    factories.make_images(dataset, "cat", 4)
    factories.make_images(dataset, "dog", 3, start=10)
    factories.make_images(dataset, count=2, start=20)
    return dataset


def require_true(dataset) -> None:
    """The kept counts are what counting says."""
    rows = list(Image.objects.filter(dataset=dataset))
    counted = Counter(each.class_label_id for each in rows if each.deleted_at is None)
    held = contents(dataset)
    assert totals(dataset) == Totals(counted.total(), dataset.classes.count(), counted[None])
    in_order = [(label.pk, label.name, counted[label.pk]) for label in dataset.classes.all()]
    assert [(each.id, each.name, each.image_count) for each in class_counts(dataset)] == in_order
    assert (
        sorted(each.image_count for each in largest_classes(dataset, 2))
        == sorted(count for _, _, count in in_order)[-2:]
    )
    assert {label.id: label.image_count for label in held.classes if label.image_count} == {
        class_id: count for class_id, count in counted.items() if class_id
    }
    assert held.unlabelled_count == counted[None]
    assert held.image_count == image_count(dataset) == counted.total()
    assert {label.pk: label.image_count for label in classes_of(dataset)} == {
        label.pk: counted[label.pk] for label in dataset.classes.all()
    }
    assert stored_images(dataset.organization) == sum(each.forgetting_id is None for each in rows)
    assert stored_bytes(dataset.organization) == sum(each.bytes for each in rows)


def test_counts_follow_every_change_of_images(dataset):
    user = dataset.created_by
    require_true(dataset)
    first, second, *_ = dataset.images.order_by("created_at")
    annotate(user=user, dataset=dataset, class_names={first.pk: "owl", second.pk: "dog"})
    require_true(dataset)
    bulk_edit(user=user, dataset=dataset, action="trash", selection=[first.pk])
    require_true(dataset)
    bulk_edit(user=user, dataset=dataset, action="restore", selection=[first.pk])
    cat, dog = (dataset.classes.get(name=name) for name in ("cat", "dog"))
    merge_class(user=user, label=cat, into=dog)
    require_true(dataset)
    Image.objects.filter(pk=second.pk).delete()
    Image.objects.filter(pk=first.pk).update(bytes=12_345)
    require_true(dataset)


def test_counts_follow_undo_and_the_purge(dataset):
    user = dataset.created_by
    edit = bulk_edit(
        user=user,
        dataset=dataset,
        action="relabel",
        selection=list(dataset.images.values_list("pk", flat=True)),
        class_name="owl",
    ).edit
    require_true(dataset)
    undo_edit(user=user, edit=edit)
    require_true(dataset)
    cats = dataset.images.filter(class_label__name="cat")
    cats.update(deleted_at=timezone.now() - timedelta(days=31))
    purge_trash()
    assert dataset.images.count() == 5
    require_true(dataset)


def test_what_was_forgotten_is_stored_no_more(user):
    version = factories.make_version(user=user)
    image = image_in(version, Split.TRAIN)
    end_jobs()
    forget(user, image)
    assert Image.objects.get(pk=image.pk).forgetting
    require_true(version.dataset)
    assert stored_images(version.dataset.organization) == version.dataset.images.count() - 1


def test_what_is_taken_back_was_never_counted(dataset):
    with transaction.atomic():
        dataset.images.update(deleted_at=timezone.now())
        require_true(dataset)
        transaction.set_rollback(True)
    require_true(dataset)
    assert image_count(dataset) == 9


@pytest.mark.django_db(transaction=True)
def test_two_add_ups_beside_an_open_writer_lose_nothing(dataset, monkeypatch):
    monkeypatch.setattr(image_counts, "_MANY", 0)

    def add_up() -> None:
        try:
            add_up_image_counts()
        finally:
            connection.close()

    for moment in (timezone.now(), None):
        dataset.images.filter(class_label__name="dog").update(deleted_at=moment)
    with transaction.atomic(), ThreadPoolExecutor(2) as beside:
        dataset.images.filter(class_label__name="cat").update(class_label=None)
        for done in [beside.submit(add_up), beside.submit(add_up)]:
            done.result(timeout=30)
    require_true(dataset)
    add_up_image_counts()
    assert ImageCount.objects.filter(dataset=dataset).count() == 2
    require_true(dataset)


def test_counts_that_are_wrong_are_put_right(dataset):
    assert miscounted_datasets() == 0
    ImageCount.objects.filter(dataset=dataset, class_label__name="cat").delete()
    assert miscounted_datasets() == 1
    call_command("recount_images")
    assert miscounted_datasets() == 0
    require_true(dataset)


def test_what_changes_no_count_writes_none(dataset):
    there = ImageCount.objects.count()
    dataset.images.update(labelled_at=timezone.now(), name="another")
    assert ImageCount.objects.count() == there


def test_the_clock_adds_up_and_sweeps_what_is_gone(dataset, monkeypatch):
    monkeypatch.setattr(image_counts, "_MANY", 5)
    other = factories.make_dataset()
    factories.make_images(other, "cat", 2)
    for name in ("owl", "cat", "owl", "fox"):
        for image in dataset.images.all():
            annotate(user=dataset.created_by, dataset=dataset, class_names={image.pk: name})
    assert ImageCount.objects.filter(dataset=dataset).count() > 20
    add_up_image_counts()
    require_true(dataset)
    [left] = ImageCount.objects.filter(dataset=dataset)
    assert (left.images, left.class_label.name) == (9, "fox")
    assert ImageCount.objects.filter(dataset=other).count() == 1, "too few to be worth it"
    other.images.all().delete()
    other.classes.all().delete()
    other.delete()
    add_up_image_counts()
    assert not ImageCount.objects.exclude(dataset=dataset).exists()
    require_true(dataset)


def test_what_a_dataset_holds_is_told_without_reading_its_images(dataset):
    with CaptureQueriesContext(connection) as queries:
        contents(dataset)
    assert len(queries) == 2
    assert not [each["sql"] for each in queries if 'FROM "datasets_image"' in each["sql"]]
