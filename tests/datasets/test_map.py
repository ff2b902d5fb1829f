"""The map and the small descriptor, without any weights."""

import gzip
import json
import uuid

import numpy as np
import pytest
from django.utils import timezone
from rest_framework.test import APIClient

from datasets.analysis.descriptor import DESCRIPTOR_NAME
from datasets.models import DatasetMap, Image
from datasets.selectors.vectors import components_of
from datasets.services import listeners
from datasets.services.intake.upload_images import upload_images
from datasets.services.labelling.annotate import annotate
from datasets.services.trash import trash_image
from jobs.models import Job
from tests import factories
from tests.datasets.pictures import add_measured, files

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
