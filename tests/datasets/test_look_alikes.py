"""Which images look like one, by an index that is small or large, without any weights."""

import uuid
from datetime import timedelta

import numpy as np
import pytest
from django.utils import timezone

from datasets.analysis.descriptor import DESCRIPTOR_NAME
from datasets.models import Image
from datasets.selectors.vectors import vector_source, vectors_of
from datasets.services.purge import purge_trash
from datasets.services.quality.fingerprints import take_missing
from datasets.services.trash import trash_image
from datasets.services.vectors import neighbours, vector_index
from datasets.services.vectors.neighbours import look_alikes
from datasets.services.vectors.store_vectors import store_vectors
from jobs.models import Job
from storage import scratch
from tests import factories
from tests.datasets.pictures import add_measured, files

pytestmark = pytest.mark.django_db


@pytest.fixture
def dataset(user):
    dataset = factories.make_dataset(user=user)
    factories.add_files(dataset, files("cat", 0, 20, 2), split="train")
    factories.add_files(dataset, files("dog", 100, 20, 0))
    return dataset


def test_copies_look_alike_and_the_trash_does_not_show(api, user, run_job):
    dataset = factories.make_dataset(user=user)
    factories.add_files(dataset, files("cat", 0, 20, 2))
    asked = dataset.images.get(name="20-copy-0")
    url = f"/api/v1/images/{asked.pk}/neighbours/"
    # Nothing has been measured of these images yet.
    assert api.get(url).json() == {"embedding": DESCRIPTOR_NAME, "known": False, "results": []}
    api.post(f"/api/v1/datasets/{dataset.pk}/map/")
    run_job(Job.objects.get(kind="compute_map"))
    found = api.get(url, {"k": 3}).json()
    names = [each["image"]["name"] for each in found["results"]]
    assert len(names) == 3
    assert {"20-copy-1", "20-copy-2"} <= set(names)
    assert found["results"][0]["similarity"] > 0.98
    trash_image(user=user, image=dataset.images.get(name=names[0]))
    after = api.get(url, {"k": 3}).json()["results"]
    assert names[0] not in [each["image"]["name"] for each in after]
    assert len(after) == 3
    assert api.get(url, {"k": 51}).status_code == 400


def test_an_index_with_images_that_are_gone_hides_nothing_and_shows_none(api, user, run_job):
    """As many came as went: the index has the right number of images, and not the right ones."""
    dataset = factories.make_dataset(user=user)
    asked, *others = add_measured(dataset, 0, 30)

    def alike(image, count: int) -> list[str]:
        found = api.get(f"/api/v1/images/{image.pk}/neighbours/", {"k": count}).json()
        assert found["known"]
        return [each["image"]["id"] for each in found["results"]]

    order = alike(asked, len(others))
    assert len(order) == 29
    gone = order[:16]
    Image.objects.filter(pk__in=gone).update(deleted_at=timezone.now() - timedelta(days=31))
    late = add_measured(dataset, 200, 16)
    # So many came that the index is out of date, though it has as many as there are.
    assert {each.pk for each in late} & {uuid.UUID(each) for each in alike(asked, 50)}
    assert set(gone).isdisjoint(alike(asked, 50))
    purge_trash()
    assert not Image.objects.filter(pk__in=gone).exists()
    assert not any(scratch.vectors_dir(dataset.pk).iterdir())
    everybody = {str(image.pk) for image in dataset.images.all()}
    assert {*alike(asked, 50), str(asked.pk)} == everybody
    trash_image(user=user, image=late[0])
    [latest] = add_measured(dataset, 300, 1)
    assert {*alike(latest, 50), str(latest.pk), str(late[0].pk)} == {*everybody, str(latest.pk)}


def test_a_large_index_has_cells_and_takes_newer_images_by_their_vector(
    api, user, dataset, monkeypatch
):
    """As from 100,000 images on: an image that came later makes no new index."""
    for module in (neighbours, vector_index):
        monkeypatch.setattr(module, "WORTH_CELLS", 20)
    monkeypatch.setattr(vector_index, "_STALE", 0.2)
    take_missing(dataset, lambda done, total: None)
    space = factories.make_vectors(dataset)
    asked = dataset.images.get(name="20-copy-0")
    url = "/api/v1/images/{}/neighbours/"
    found = api.get(url.format(asked.pk), {"k": 3}).json()
    assert (found["embedding"], found["known"]) == (space.name, True)
    names = {each["image"]["name"] for each in found["results"]}
    assert {"20-copy-1", "20-copy-2"} <= names
    assert str(asked.pk) not in {each["image"]["id"] for each in found["results"]}
    [folder] = scratch.vectors_dir(dataset.pk).iterdir()
    assert {each.name for each in folder.iterdir()} == {
        *("ids.npy", "units.f16", "basis.npy", "components.f32"),
        *("centres.npy", "rows.npy", "starts.npy"),
    }
    [copy] = [each for each in files("cat", 0, 20, 2) if each[0] == "20-copy-1"]
    [late] = factories.add_files(dataset, [copy])
    found = api.get(url.format(late.pk), {"k": 3}).json()
    assert found["known"]
    assert found["results"][0]["similarity"] > 0.99
    assert list(scratch.vectors_dir(dataset.pk).iterdir()) == [folder]


@pytest.fixture
def large(dataset, monkeypatch):
    """A dataset with an index as from 100,000 images on."""
    for module in (neighbours, vector_index):
        monkeypatch.setattr(module, "WORTH_CELLS", 20)
    monkeypatch.setattr(vector_index, "_STALE", 0.2)
    take_missing(dataset, lambda done, total: None)
    factories.make_vectors(dataset)
    return dataset


def embed(dataset) -> None:
    """Give new images a vector in the dataset's space, as the job does."""
    take_missing(dataset, lambda done, total: None)
    contents = dict(dataset.images.values_list("pk", "sha256"))
    found = vectors_of(dataset, contents, None)
    store_vectors(
        organization_id=dataset.organization_id,
        space=dataset.space,
        vectors={contents[pk]: vector for pk, vector in found.items()},
    )


def open_of(dataset) -> vector_index.VectorIndex | None:
    return vector_index.open_index(dataset, vector_source(dataset))


def test_of_a_large_index_what_the_purge_took_is_gone_and_the_rest_stays(
    large, django_capture_on_commit_callbacks
):
    asked, near = (large.images.get(name=f"20-copy-{number}") for number in range(2))
    assert near.pk in {each.pk for each, _ in look_alikes(asked, 3).images}
    [folder] = scratch.vectors_dir(large.pk).iterdir()
    row = open_of(large).row_of(near.pk)
    Image.objects.filter(pk=near.pk).update(deleted_at=timezone.now() - timedelta(days=31))
    with django_capture_on_commit_callbacks(execute=True):
        purge_trash()
    assert list(scratch.vectors_dir(large.pk).iterdir()) == [folder]
    index = open_of(large)
    assert index.row_of(near.pk) is None
    assert near.pk.bytes not in (folder / "ids.npy").read_bytes()
    assert not index.searched.read_units(np.array([row])).any()
    components = index.searched.components
    assert [at for at, each in enumerate(components) if not each.any()] == [
        list(index.searched.cells.rows).index(row)
    ]
    everybody = set(large.images.values_list("pk", flat=True))
    assert {asked.pk, *(each.pk for each, _ in look_alikes(asked, 50).images)} == everybody


def test_a_large_index_is_made_again_by_the_job_once_it_is_out_of_date(large):
    source = vector_source(large)
    vector_index.renew_index(large, source, has_more=True)
    [folder] = scratch.vectors_dir(large.pk).iterdir()
    factories.add_files(large, files("cat", 300, 4, 0))
    embed(large)
    vector_index.renew_index(large, vector_source(large), has_more=True)
    assert list(scratch.vectors_dir(large.pk).iterdir()) == [folder]
    # As many go as come, so that their number does not tell.
    late = factories.add_files(large, files("cat", 400, 10, 0))
    embed(large)
    old = list(large.images.filter(class_label__name="dog").values_list("pk", flat=True)[:14])
    Image.objects.filter(pk__in=old).update(deleted_at=timezone.now())
    vector_index.renew_index(large, vector_source(large), has_more=False)
    assert list(scratch.vectors_dir(large.pk).iterdir()) != [folder]
    assert all(open_of(large).row_of(each.pk) is not None for each in late)


def test_an_index_that_is_replaced_is_still_read_by_who_opened_it(large):
    asked = large.images.get(name="20-copy-0")
    look_alikes(asked, 3)
    index = open_of(large)
    before = index.searched.read_units(np.arange(5))
    vector_index.forget_index(large.pk)
    assert np.array_equal(index.searched.read_units(np.arange(5)), before)
    with pytest.raises(ValueError, match="cut short"):
        index.searched.read_units(np.array([10_000]))


def test_a_large_index_stays_open_until_it_is_gone(large):
    look_alikes(large.images.first(), 1)
    index = open_of(large)
    assert open_of(large) is index
    vector_index.forget_index(large.pk)
    assert open_of(large) is None
    assert all(each is not index for each in vector_index._kept.values())


def test_a_newer_image_of_many_is_compared_by_its_descriptor(dataset, monkeypatch):
    for module in (neighbours, vector_index):
        monkeypatch.setattr(module, "WORTH_CELLS", 20)
    monkeypatch.setattr(vector_index, "_STALE", 0.2)
    take_missing(dataset, lambda done, total: None)
    assert look_alikes(dataset.images.first(), 1).embedding == DESCRIPTOR_NAME
    folders = list(scratch.vectors_dir(dataset.pk).iterdir())
    [copy] = [each for each in files("cat", 0, 20, 2) if each[0] == "20-copy-1"]
    [late] = factories.add_files(dataset, [copy])
    take_missing(dataset, lambda done, total: None)
    [(nearest, cosine)] = look_alikes(late, 1).images
    assert nearest.name.startswith("20-copy-")
    assert cosine > 0.98
    assert list(scratch.vectors_dir(dataset.pk).iterdir()) == folders
