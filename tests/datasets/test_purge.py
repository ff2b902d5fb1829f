"""Thirty days in the trash: what goes then, and what never does."""

from datetime import timedelta

import pytest
from django.utils import timezone

from datasets.models import Annotation, Dataset, Image, Split
from datasets.selectors.image_counts import miscounted_datasets
from datasets.selectors.usage import stored_bytes
from datasets.selectors.versions import samples_of
from datasets.services.purge import purge_trash
from datasets.services.trash import trash_dataset
from datasets.services.versions.freeze import freeze
from datasets.services.versions.restore_version import restore_version
from jobs.services import chores
from storage import durable, scratch
from storage.names import blob_name, thumbnail_name
from tests import factories

pytestmark = pytest.mark.django_db
API = "/api/v1/"


def put_away(rows, days: float = 31) -> None:
    rows.update(deleted_at=timezone.now() - timedelta(days=days))


def is_kept(image) -> bool:
    kept = durable.exists(blob_name(image.sha256))
    # These are small enough to be their own thumbnails; an earlier Loupe may have left one.
    assert kept or not durable.exists(thumbnail_name(image.sha256))
    return kept


def test_what_no_version_holds_goes_with_its_files_after_30_days(user, api):
    dataset = factories.make_dataset(user=user)
    old, young, alive = factories.make_images(dataset, "cat", 3, start=900)
    shared = factories.make_images(dataset, "cat", 1, start=910)[0]
    factories.make_images(factories.make_dataset(), "cat", 1, start=910)
    put_away(Image.objects.filter(pk__in=[old.pk, shared.pk]))
    put_away(Image.objects.filter(pk=young.pk), days=29.9)
    url = f"{API}datasets/{dataset.pk}/images/"
    chores.run_all()
    left = {row["id"] for row in api.get(f"{url}?trash=true").data["results"]}
    assert left == {str(young.pk)}
    assert not Image.objects.filter(pk__in=[old.pk, shared.pk]).exists()
    assert [is_kept(image) for image in (old, young, alive, shared)] == [False, True, True, True]


def test_what_a_version_holds_stays_for_it_out_of_every_list(user, api, page_client):
    dataset = factories.make_dataset(user=user)
    images = factories.make_images(dataset, "cat", 5) + factories.make_images(dataset, "dog", 5)
    version = freeze(user=user, dataset=dataset)
    put_away(Image.objects.filter(dataset=dataset, class_label__name="cat"))
    purge_trash()
    url = f"{API}datasets/{dataset.pk}/images/"
    assert api.get(f"{url}?trash=true").data["results"] == []
    bulk = {"action": "restore", "filter": {"trash": "1"}}
    assert api.post(f"{url}bulk/", bulk).data["changed"] == 0
    assert (
        "No image in the trash"
        in page_client.get(f"/datasets/{dataset.pk}/?trash=1").content.decode()
    )
    assert all(is_kept(image) for image in images)
    # Its files lie there, so they count as stored; people see why on the organization's page.
    assert stored_bytes(dataset.organization) == sum(image.bytes for image in images)
    assert all(durable.exists(blob_name(name)) for name, _ in samples_of(version, Split.TRAIN))
    assert restore_version(user=user, version=version).brought_back == 5
    put_away(Image.objects.filter(pk=images[0].pk))
    purge_trash()
    assert Image.objects.get(pk=images[0].pk).purged_at


def test_a_dataset_without_versions_goes_altogether(user, page_client, api):
    dataset = factories.make_dataset(user=user, name="Old attempts")
    images = factories.make_images(dataset, "cat", 3, start=920)
    api.patch(f"{API}images/{images[0].pk}/", {"class_name": "dog"})
    trash_dataset(user=user, dataset=dataset)
    page = page_client.get("/datasets/trash/").content.decode()
    goes = timezone.now() + timedelta(days=30)
    assert f"on {goes.day} {goes:%B %Y}" in page
    vectors = scratch.vectors_dir(dataset.pk) / "index"
    vectors.mkdir(parents=True)
    put_away(Dataset.objects.filter(pk=dataset.pk))
    assert api.post(f"{API}datasets/{dataset.pk}/restore/").status_code == 404
    purge_trash()
    assert not vectors.parent.exists()
    assert not Dataset.objects.filter(pk=dataset.pk).exists()
    assert not Annotation.objects.exists()
    assert not any(is_kept(image) for image in images)
    assert miscounted_datasets() == 0


def test_a_dataset_with_versions_keeps_what_they_hold_and_no_more(user, page_client):
    dataset = factories.make_dataset(user=user, name="Trained on")
    factories.make_images(dataset, "cat", 5)
    factories.make_images(dataset, "dog", 5)
    version = freeze(user=user, dataset=dataset)
    late = factories.make_images(dataset, "cat", 2, start=940)
    put_away(Dataset.objects.filter(pk=dataset.pk))
    purge_trash()
    purge_trash()
    assert Dataset.objects.get(pk=dataset.pk).purged_at
    assert Image.objects.filter(dataset=dataset).count() == 10
    assert not any(is_kept(image) for image in late)
    assert all(durable.exists(blob_name(name)) for name, _ in samples_of(version, Split.TRAIN))
    assert "Trained on" not in page_client.get("/datasets/trash/").content.decode()


def test_the_trash_says_which_datasets_have_images_in_it(user, page_client, api):
    dataset = factories.make_dataset(user=user, name="Pets")
    image = factories.make_images(dataset, "cat", 2)[0]
    assert api.delete(f"{API}images/{image.pk}/").status_code == 204
    html = page_client.get("/datasets/trash/").content.decode()
    assert f"/datasets/{dataset.pk}/?trash=1" in html
    address = f"/datasets/images/{image.pk}/"
    assert "deleted for ever on" in page_client.get(address).content.decode()
    assert page_client.get(f"{API}images/{image.pk}/thumbnail/").status_code == 200
    page_client.post(f"{address}trash/", {"action": "restore"})
    assert Image.objects.alive().filter(dataset=dataset).count() == 2
