import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from datasets.errors import CannotFreeze, UnreadableImage
from datasets.models import Image, ImageFingerprint, Sample
from datasets.selectors.versions import sample_rows
from datasets.services.intake.start_import import start_import
from datasets.services.intake.upload_images import upload_images
from datasets.services.quality import copies
from datasets.services.versions.freeze import freeze
from jobs.models import Job
from tests import factories
from tests.datasets.conftest import png, zipped
from tests.datasets.pictures import files

pytestmark = pytest.mark.django_db


@pytest.fixture
def person():
    return factories.make_user()


@pytest.fixture
def dataset(person):
    dataset = factories.make_dataset(user=person)
    factories.add_files(dataset, files("cat", 0, 20, 10) + files("dog", 100, 20, 10))
    return dataset


def splits_of_copies(version) -> dict[str, set[int]]:
    """The splits in which the copies of each picture stand, by the picture's number."""
    splits: dict[str, set[int]] = {}
    for name, split in sample_rows(version).values_list("name", "split"):
        if "-copy-" in name:
            splits.setdefault(name.partition("-")[0], set()).add(split)
    return splits


def test_copies_never_straddle_splits_and_shares_hold(dataset, person):
    version = freeze(
        user=person, dataset=dataset, strategy="grouped", train=0.6, validation=0.2, test=0.2
    )
    splits = splits_of_copies(version)
    assert len(splits) == 20
    assert all(len(found) == 1 for found in splits.values())
    assert {split for found in splits.values() for split in found} == {0, 1, 2}
    assert version.sample_counts == {
        "train": {"cat": 36, "dog": 36},
        "validation": {"cat": 12, "dog": 12},
        "test": {"cat": 12, "dog": 12},
    }
    # What makes it worth having: the stratified split cuts these copies apart.
    plain = freeze(user=person, dataset=dataset, train=0.6, validation=0.2, test=0.2)
    assert any(len(found) > 1 for found in splits_of_copies(plain).values())


def test_the_digest_does_not_depend_on_ids_or_arrival(dataset, person):
    first = freeze(user=person, dataset=dataset, strategy="grouped", seed=3)
    twin = factories.make_dataset(user=person)
    factories.add_files(twin, (files("dog", 100, 20, 10) + files("cat", 0, 20, 10))[::-1])
    assert freeze(user=person, dataset=twin, strategy="grouped", seed=3).digest == first.digest


def test_small_classes_get_every_split_and_too_small_ones_are_named(person):
    dataset = factories.make_dataset(user=person)
    factories.add_files(dataset, files("cat", 0, 12, 0) + files("owl", 50, 2, 1))
    version = freeze(user=person, dataset=dataset, strategy="grouped")
    assert all(version.sample_counts[split]["owl"] for split in ("train", "validation", "test"))
    factories.add_files(dataset, files("ant", 80, 1, 1))
    with pytest.raises(CannotFreeze) as caught:
        freeze(user=person, dataset=dataset, strategy="grouped")
    assert "“ant” has 2 different pictures among 5 images" in caught.value.detail


def test_imports_and_uploads_bring_fingerprints(person, run_job):
    dataset = factories.make_dataset(user=person)
    archive = zipped({"cat/1.png": png(1), "cat/2.png": png(2), "dog/3.png": png(3)})
    source = start_import(user=person, dataset=dataset, archive=[archive], archive_name="a.zip")
    assert run_job(source.job).status == "succeeded"
    upload_images(user=person, dataset=dataset, files=[SimpleUploadedFile("4.png", png(4))])
    rows = ImageFingerprint.objects.filter(image__dataset=dataset)
    assert rows.count() == 4
    assert all(len(row.thumbnail) == 1024 and len(row.colours) == 48 for row in rows)
    # What was stored is what a fresh look at the file gives.
    stored = {row.image_id: (row.pixels_sha256, bytes(row.thumbnail)) for row in rows}
    rows.delete()
    copies.take_missing(dataset, lambda done, total: None)
    again = ImageFingerprint.objects.filter(image__dataset=dataset)
    assert {row.image_id: (row.pixels_sha256, bytes(row.thumbnail)) for row in again} == stored


def test_a_large_set_is_compared_by_a_job_first(person, dataset, monkeypatch, run_job):
    monkeypatch.setattr(copies, "AT_ONCE", 10)
    for _ in range(2):
        with pytest.raises(CannotFreeze) as caught:
            freeze(user=person, dataset=dataset, strategy="grouped")
        assert caught.value.code == "comparing"
    job = Job.objects.get(kind="check_quality")
    assert run_job(job).result["groups"] == 20
    version = freeze(user=person, dataset=dataset, strategy="grouped")
    assert all(len(found) == 1 for found in splits_of_copies(version).values())
    factories.add_files(dataset, files("cat", 500, 1, 0))
    with pytest.raises(CannotFreeze, match="still being compared"):
        freeze(user=person, dataset=dataset, strategy="grouped")
    assert Job.objects.filter(kind="check_quality").count() == 2
    assert Sample.objects.filter(version__dataset=dataset).count() == 120


def test_a_file_that_is_gone_is_named(person, dataset):
    image = Image.objects.filter(dataset=dataset).first()
    from storage import durable
    from storage.names import blob_name

    path = durable.local(blob_name(image.sha256))
    content = path.read_bytes()
    path.unlink()
    try:
        with pytest.raises(UnreadableImage, match=image.name):
            freeze(user=person, dataset=dataset, strategy="grouped")
    finally:
        path.write_bytes(content)
