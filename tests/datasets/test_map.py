"""The map, look-alikes and the small descriptor, without any weights."""

import gzip
import json
import uuid
from datetime import timedelta

import numpy as np
import pytest
from django.utils import timezone
from rest_framework.test import APIClient

from datasets.analysis.descriptor import DESCRIPTOR_NAME
from datasets.models import DatasetMap, Image
from datasets.selectors.vectors import components_of, vector_source, vectors_of
from datasets.services import listeners
from datasets.services.intake.upload_images import upload_images
from datasets.services.labelling.annotate import annotate
from datasets.services.purge import purge_trash
from datasets.services.quality.fingerprints import take_missing
from datasets.services.trash import trash_image
from datasets.services.vectors import neighbours, vector_index
from datasets.services.vectors.neighbours import look_alikes
from datasets.services.vectors.store_vectors import store_vectors
from jobs.models import Job
from storage import scratch
from tests import factories
from tests.datasets.pictures import files

pytestmark = pytest.mark.django_db


@pytest.fixture
def dataset(user):
    dataset = factories.make_dataset(user=user)
    factories.add_files(dataset, files("cat", 0, 20, 2), split="train")
    factories.add_files(dataset, files("dog", 100, 20, 0))
    return dataset


def test_the_map_is_computed_read_and_grows_old(api, user, dataset, run_job):
    url = f"/api/v1/datasets/{dataset.pk}/map/"
    assert api.get(url).json()["status"] == "none"
    answer = api.post(url)
    assert answer.status_code == 202
    assert answer.json()["status"] == "computing"
    assert api.post(url).json()["job"]["id"] == answer.json()["job"]["id"]
    job = run_job(Job.objects.get(kind="compute_map"))
    assert (job.status, job.result["embedding"]) == ("succeeded", DESCRIPTOR_NAME)

    raw = api.get(url, headers={"Accept-Encoding": "gzip"})
    assert raw.headers["Content-Encoding"] == "gzip"
    found = json.loads(gzip.decompress(raw.content))
    assert (found["status"], found["embedding"]) == ("ready", DESCRIPTOR_NAME)
    assert found["class_names"] == ["cat", "dog"]
    images = Image.objects.select_related("class_label").in_bulk(
        [uuid.UUID(image_id) for image_id in found["images"]]
    )
    assert len(images) == 48
    columns = zip(found["images"], found["class_index"], found["split_index"], strict=True)
    for image_id, label, split in columns:
        image = images[uuid.UUID(image_id)]
        assert found["class_names"][label] == image.class_label.name
        assert (found["splits"][split] if split >= 0 else "") == image.split
    assert max(map(abs, found["x"])) <= 32767
    assert np.ptp(found["y"]) > 1000

    # A class given later shows at once; an image in the trash goes; new ones make it stale.
    first = uuid.UUID(found["images"][0])
    annotate(user=user, dataset=dataset, class_names={first: "owl"})
    trash_image(user=user, image=images[uuid.UUID(found["images"][1])])
    again = api.get(url).json()
    assert again["class_names"][again["class_index"][0]] == "owl"
    assert (len(again["images"]), again["status"]) == (47, "ready")
    from django.core.files.uploadedfile import SimpleUploadedFile

    from tests.datasets.conftest import png

    upload_images(user=user, dataset=dataset, files=[SimpleUploadedFile("n.png", png(9))])
    assert api.get(url).json()["status"] == "stale"


def test_an_empty_dataset_has_no_map(api, user):
    empty = factories.make_dataset(user=user)
    answer = api.post(f"/api/v1/datasets/{empty.pk}/map/")
    assert (answer.status_code, answer.json()["code"]) == (422, "no_images")


def test_without_weights_the_descriptor_is_named_and_no_job_starts(
    api, user, dataset, settings, no_weights
):
    settings.EMBED_UNASKED = True
    dataset.images.update(width=640)
    listeners.images_added.announce(user=user, dataset=dataset)
    assert not Job.objects.exists()
    state = api.get(f"/api/v1/datasets/{dataset.pk}/embeddings/").json()
    assert (state["name"], state["is_descriptor"]) == (DESCRIPTOR_NAME, True)
    assert (state["weights_at_hand"], state["embedded"], state["job"]) == (False, 0, None)
    answer = api.post(f"/api/v1/datasets/{dataset.pk}/embeddings/")
    assert (answer.status_code, answer.json()["code"]) == (409, "no_weights")
    assert "the operator of this Loupe" in answer.json()["hint"]


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


def add_measured(dataset, first: int, count: int) -> list[Image]:
    """Further images whose fingerprints are there, as after a quality check."""
    added = factories.add_files(dataset, files("cat", first, count, 0))
    take_missing(dataset, lambda done, total: None)
    return added


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


def test_of_a_large_index_what_the_purge_took_is_gone_and_the_rest_stays(large):
    asked, near = (large.images.get(name=f"20-copy-{number}") for number in range(2))
    assert near.pk in {each.pk for each, _ in look_alikes(asked, 3).images}
    [folder] = scratch.vectors_dir(large.pk).iterdir()
    row = open_of(large).row_of(near.pk)
    Image.objects.filter(pk=near.pk).update(deleted_at=timezone.now() - timedelta(days=31))
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


def test_of_many_images_the_map_shows_a_sample_and_says_so(api, dataset, run_job, monkeypatch):
    for module in ("selectors.maps", "work.compute_map"):
        monkeypatch.setattr(f"datasets.{module}.MOST_ON_MAP", 30)
    url = f"/api/v1/datasets/{dataset.pk}/map/"
    api.post(url)
    run_job(Job.objects.get(kind="compute_map"))
    found = api.get(url).json()
    assert (found["status"], found["image_count"], found["sample_of"]) == ("ready", 48, 48)
    first = dataset.images.order_by("sha256", "id").values_list("pk", flat=True)[:30]
    assert found["images"] == [str(each) for each in first]
    Image.objects.filter(pk=first[0]).update(deleted_at=timezone.now())
    after = api.get(url).json()
    assert (after["status"], len(after["images"]), after["sample_of"]) == ("stale", 29, 48)


def test_a_map_of_before_there_were_many_is_no_sample(api, dataset, run_job, monkeypatch):
    url = f"/api/v1/datasets/{dataset.pk}/map/"
    api.post(url)
    run_job(Job.objects.get(kind="compute_map"))
    for module in ("selectors.maps", "work.compute_map"):
        monkeypatch.setattr(f"datasets.{module}.MOST_ON_MAP", 48)
    assert api.get(url).json()["status"] == "ready"
    add_measured(dataset, 300, 40)
    found = api.get(url).json()
    assert (found["status"], found["sample_of"]) == ("stale", None)
    assert (len(found["images"]), found["image_count"]) == (48, 88)
    api.post(url)
    run_job(Job.objects.get(kind="compute_map", status="queued"))
    found = api.get(url).json()
    assert (found["status"], found["sample_of"], len(found["images"])) == ("ready", 88, 48)
    # Of twice as many images it is no random sample any more, though all of it is there.
    add_measured(dataset, 400, 80)
    found = api.get(url).json()
    assert (found["status"], found["sample_of"], len(found["images"])) == ("stale", 88, 48)


def test_vectors_come_in_the_order_of_content(dataset, user, run_job):
    api = APIClient()
    api.force_authenticate(user)
    api.post(f"/api/v1/datasets/{dataset.pk}/map/")
    run_job(Job.objects.get(kind="compute_map"))
    found = components_of(dataset, 50)
    order = list(dataset.images.order_by("sha256", "id").values_list("id", flat=True))
    assert found.ids == order
    assert found.values.shape == (len(order), 50)
    stored = DatasetMap.objects.get(dataset=dataset)
    assert bytes(stored.image_ids) == b"".join(image_id.bytes for image_id in order)


def test_only_the_map_may_compile_scripts(page_client, dataset):
    with_eval = page_client.get(f"/datasets/{dataset.pk}/map/")
    policy = with_eval.headers["Content-Security-Policy"]
    assert "script-src 'self' 'unsafe-eval';" in policy
    assert "unsafe-inline" not in policy
    for other in (
        f"/datasets/{dataset.pk}/",
        "/",
        f"/datasets/images/{dataset.images.first().pk}/",
    ):
        answer = page_client.get(other, follow=True)
        assert "unsafe" not in answer.headers["Content-Security-Policy"]
