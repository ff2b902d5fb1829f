"""Vectors of contents: how they are kept, found, shared and forgotten."""

from datetime import timedelta
from importlib import import_module

import numpy as np
import pytest
from django.db import connection
from django.utils import timezone

from common.copy_binary import read_binary
from datasets.models import Dataset, DatasetMap, QualityReport, Vector, VectorSpace
from datasets.selectors import lacking_vectors
from datasets.selectors import vectors as selectors
from datasets.selectors.lacking_vectors import lacks_vectors
from datasets.selectors.vectors import (
    missing_contents,
    vector_count,
    vector_source,
    vectors_of_contents,
)
from datasets.services.purge import purge_trash
from datasets.services.vectors.spaces import Space, space_row
from datasets.services.vectors.store_vectors import store_vectors, sweep_vectors
from datasets.services.versions.freeze import freeze
from jobs.services import chores
from tests import factories

pytestmark = pytest.mark.django_db
WIDTH = 4


@pytest.fixture
def person():
    return factories.make_user()


@pytest.fixture
def dataset(person):
    return factories.make_dataset(user=person)


def digest(number: int) -> str:
    return f"{number:064x}"


def store(dataset, space, contents, shift: float = 0) -> None:
    """Give contents vectors that say which they are of."""
    vectors = {sha256: np.full(space.width, int(sha256[:3], 16) + shift) for sha256 in contents}
    store_vectors(organization_id=dataset.organization_id, space=space, vectors=vectors)


def contents_of(dataset) -> list[str]:
    return sorted(dataset.images.values_list("sha256", flat=True))


def test_vectors_come_in_the_order_asked_and_what_is_missing_is_named(dataset):
    space = factories.make_space(width=WIDTH)
    random = np.random.default_rng(0)
    made = {
        digest(number): random.normal(size=WIDTH).astype(np.float16).astype(np.float32)
        for number in range(4_100)
    }
    store_vectors(organization_id=dataset.organization_id, space=space, vectors=made)
    asked = [digest(number) for number in random.permutation(4_105).tolist()]
    asked += [digest(7), digest(7), digest(9_999)]
    found = vectors_of_contents(dataset.organization_id, asked, space)
    assert (found.values.dtype, found.values.shape) == (np.float32, (len(asked), WIDTH))
    zeros = np.zeros(WIDTH, np.float32)
    assert all(
        np.array_equal(row, made.get(sha256, zeros))
        for row, sha256 in zip(found.values, asked, strict=True)
    )
    assert found.missing == [sha256 for sha256 in asked if sha256 not in made]
    half = vectors_of_contents(dataset.organization_id, asked[:3], space, np.float16)
    assert half.values.dtype == np.float16
    none = vectors_of_contents(dataset.organization_id, [], space)
    assert (none.values.shape, none.missing) == ((0, WIDTH), [])
    assert len(asked) > selectors._ROWS  # so in several blocks


def test_a_vector_is_of_one_organization_and_one_space_and_stays_as_it_was_made(dataset):
    space = factories.make_space(width=WIDTH)
    other = factories.make_space("EfficientNet-Lite0", width=WIDTH)
    elsewhere = factories.make_dataset()
    first = digest(16**61)
    store(dataset, space, [first])
    store(dataset, space, [first], shift=5)
    store(dataset, other, [first], shift=10)
    store(elsewhere, space, [first], shift=20)
    of = [(dataset, space), (dataset, other), (elsewhere, space), (elsewhere, other)]
    values = [vectors_of_contents(d.organization_id, [first], s).values[0, 0] for d, s in of]
    assert values == [1, 11, 21, 0]
    assert Vector.objects.for_user(dataset.created_by).count() == 2
    with pytest.raises(ValueError, match="have 4 numbers"):
        store_vectors(
            organization_id=dataset.organization_id, space=space, vectors={first: np.ones(5)}
        )


def test_values_of_another_length_are_refused():
    with pytest.raises(ValueError, match="have not the 4 bytes expected"):
        read_binary("SELECT 'ab'::bytea, 'abcd'::bytea", {}, [("a", "V4"), ("b", "V2")])
    with pytest.raises(ValueError, match="not of the lengths"):
        read_binary("SELECT 'abc'::bytea", {}, [("a", "V2")])


def test_copies_share_a_vector_and_two_spaces_stand_side_by_side(person, dataset):
    factories.make_images(dataset, "cat", 10)
    factories.make_images(dataset, "cat", 2, split="test")
    contents = contents_of(dataset)[::-1]
    old, new = factories.make_space(width=WIDTH), factories.make_space("Lite0", width=WIDTH)
    twins = factories.make_space("Lite0", width=WIDTH, mirrored=True)
    store(dataset, old, contents)
    store(dataset, twins, contents)
    assert vector_source(dataset).space == old
    assert (vector_count(dataset, old), missing_contents(dataset, old)) == (12, [])
    store(dataset, new, contents[:-1])
    assert missing_contents(dataset, new) == contents[-1:]
    Dataset.objects.filter(pk=dataset.pk).update(space=old)
    dataset.refresh_from_db()
    # Whatever else is made, by a training for one, the dataset is compared as it was.
    store(dataset, new, contents)
    assert vector_source(dataset).space == old
    dataset.space = new
    source = vector_source(dataset)
    assert (source.space, source.covered, source.title) == (new, 12, "Lite0")
    # Where the dataset's own space has too few, another one serves.
    Vector.objects.filter(space=new, sha256__in=contents[:3]).delete()
    assert vector_source(dataset).space == old


def test_a_purge_forgets_what_no_image_of_the_organization_has(person, dataset):
    other = factories.make_dataset(user=person)
    stranger = factories.make_dataset()
    space, second = factories.make_space(width=WIDTH), factories.make_space("Lite0", width=WIDTH)
    held = factories.make_images(dataset, "cat", 3) + factories.make_images(dataset, "dog", 3)
    freeze(user=person, dataset=dataset)
    factories.make_images(dataset, "cat", 2, start=10)
    shared = factories.make_images(dataset, "cat", 2, start=20)
    factories.make_images(other, "cat", 2, start=20)
    factories.make_images(stranger, "cat", 2, start=10)
    for each in (space, second):
        store(dataset, each, contents_of(dataset))
    store(stranger, space, contents_of(stranger))
    dataset.images.update(deleted_at=timezone.now() - timedelta(days=31))
    purge_trash()
    left = Vector.objects.filter(organization=dataset.organization).values_list("sha256", "space")
    kept = {image.sha256 for image in held + shared}
    assert set(left) == {(sha256, each.pk) for sha256 in kept for each in (space, second)}
    assert Vector.objects.filter(organization=stranger.organization).count() == 2


def test_day_old_vectors_whose_images_never_came_are_swept(person, dataset):
    space = factories.make_space(width=WIDTH)
    [image] = factories.make_images(dataset, "cat", 1)
    [foreign] = factories.make_images(factories.make_dataset(), "dog", 1)
    old, young = digest(1), digest(2)
    store(dataset, space, [image.sha256, foreign.sha256, old, young])
    days = Vector.objects.exclude(sha256=young)
    days.update(created_at=timezone.now() - timedelta(hours=25))
    sweep_vectors()
    assert set(Vector.objects.values_list("sha256", flat=True)) == {image.sha256, young}


def test_an_hourly_chore_lets_an_hour_pass():
    calls: list[int] = []

    def count() -> None:
        calls.append(1)

    chore = chores.hourly(count)
    chore()
    chore()
    assert (len(calls), chore.__name__) == (1, "count")


def test_a_space_is_known_by_its_name_and_learns_its_whole_hash():
    facts = Space("MobileNetV2", "1f2e3d4c" + "5" * 56, 224, "stretch", "float32", False, WIDTH)
    assert facts.name == "MobileNetV2-224-stretch-float32-1f2e3d4c"
    short = Space(**{**vars(facts), "backbone_sha256": "1f2e3d4c"})
    row = space_row(short)
    assert space_row(facts).pk == row.pk == space_row(facts).pk
    assert VectorSpace.objects.get().backbone_sha256 == facts.backbone_sha256
    twin = Space(**{**vars(facts), "mirrored": True})
    assert space_row(twin).name == "MobileNetV2-224-stretch-float32-mirrored-1f2e3d4c"
    for change in ({"backbone_sha256": "1f2e3d4c" + "6" * 56}, {"width": 5}):
        with pytest.raises(ValueError, match="the name of another space"):
            space_row(Space(**{**vars(facts), **change}))


def test_the_migration_keeps_what_is_stored(person, dataset):
    """The vectors of images become those of their contents, in the space that they were made in."""
    migration = import_module("datasets.migrations.0018_vectors_by_content")
    factories.make_images(dataset, "cat", 3)
    factories.make_images(dataset, "cat", 1, split="test")
    stranger = factories.make_dataset()
    [foreign] = factories.make_images(stranger, "cat", 1)
    old = "MobileNetV2-224-1f2e3d4c"
    DatasetMap.objects.create(
        dataset=dataset, embedding=old, method="umap", image_ids=b"", points=b""
    )
    QualityReport.objects.create(dataset=dataset, embedding=old)
    QualityReport.objects.create(dataset=stranger, embedding="Loupe descriptor")
    vector = np.arange(WIDTH, dtype="<f2")
    with connection.cursor() as cursor:
        cursor.execute(
            "CREATE TEMPORARY TABLE datasets_imagevector "
            "(image_id uuid, backbone varchar(60), vector bytea) ON COMMIT DROP"
        )
        rows = [(image, old, vector + len(image.split)) for image in dataset.images.all()]
        rows += [(foreign, old, vector + 9), (foreign, "MobileNetV2-224-test", vector)]
        for image, backbone, value in rows:
            cursor.execute(
                "INSERT INTO datasets_imagevector VALUES (%s, %s, %s)",
                [image.pk, backbone, value.tobytes()],
            )
        for operation in migration.Migration.operations:
            if operation.__class__.__name__ == "RunSQL" and "STORAGE" not in operation.sql:
                cursor.execute(operation.sql)
    space = VectorSpace.objects.get()
    assert space.name == "MobileNetV2-224-stretch-float32-1f2e3d4c"
    assert (space.backbone_sha256, space.width, space.mirrored) == ("1f2e3d4c", WIDTH, False)
    dataset.refresh_from_db()
    assert Dataset.objects.filter(space=space).count() == 2
    source = vector_source(dataset)
    assert (source.space, source.covered) == (space, 4)
    [of_foreign] = vectors_of_contents(stranger.organization_id, [foreign.sha256], space).values
    assert of_foreign.tolist() == (vector + 9).tolist()
    assert DatasetMap.objects.get().embedding == space.name
    names = set(QualityReport.objects.values_list("embedding", flat=True))
    assert names == {space.name, "Loupe descriptor"}


def test_whether_vectors_are_lacking_is_asked_of_the_newest_of_many(dataset, monkeypatch):
    assert not lacks_vectors(dataset), "no image lacks one"
    factories.make_images(dataset, "a", 3)
    assert lacks_vectors(dataset)
    dataset.space = factories.make_space(width=WIDTH)
    dataset.save()
    old, *newer = dataset.images.order_by("created_at", "id").values_list("sha256", flat=True)
    store(dataset, dataset.space, newer)
    assert lacks_vectors(dataset)
    monkeypatch.setattr(lacking_vectors, "WORTH_CELLS", 2)
    monkeypatch.setattr(lacking_vectors, "_NEWEST", 2)
    assert not lacks_vectors(dataset)
    store(dataset, dataset.space, [old])
    factories.make_images(dataset, "b", 1)
    assert lacks_vectors(dataset)
