"""What an organization stores: counted when it is stored, free again when it is gone."""

from datetime import timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone

from accounts.errors import QuotaExceeded
from accounts.quotas import Quota
from accounts.selectors.usage import usage_of
from datasets.models import ClassLabel, Dataset, Image, Import
from datasets.selectors.image_counts import miscounted_datasets
from datasets.services.intake.sample_dataset import load_sample_dataset
from datasets.services.intake.start_import import start_import
from datasets.services.intake.upload_images import upload_images
from datasets.services.purge import purge_trash
from storage import durable, scratch
from storage.names import upload_name
from tests import factories
from tests.datasets.conftest import png, zipped


@pytest.fixture
def dataset(transactional_db):
    return factories.make_dataset(user=factories.make_user())


def used(dataset: Dataset, quota: Quota) -> int:
    return usage_of(dataset.organization)[quota].used


def begin(dataset: Dataset, files: dict[str, bytes]) -> Import:
    return start_import(
        user=dataset.created_by,
        dataset=dataset,
        archive=[zipped(files)],
        archive_name="animals.zip",
    )


def test_an_import_past_the_quota_fails_by_its_name_and_leaves_nothing(dataset, run_job):
    organization = dataset.organization
    organization.max_images = 3
    organization.save()
    source = begin(dataset, {f"cat/{n}.png": png(n) for n in range(4)})
    assert used(dataset, Quota.BYTES) == source.archive_bytes, "it lies on the disk"
    archive = durable.local(upload_name(source.upload))
    assert archive.is_file()
    job = run_job(source.job)
    assert (job.status, job.error["code"]) == ("failed", "quota_exceeded")
    assert "may have 3 images; there are 0, and this would be 4 more" in job.error["detail"]
    assert not Image.objects.exists()
    assert not ClassLabel.objects.exists()
    # Nor for a retry: trying again and again would fill the disk.
    assert not archive.exists()
    assert not any(scratch.checkpoint_dir(job.lineage).rglob("*"))
    assert used(dataset, Quota.BYTES) == 0
    # Content that is there already is nothing more.
    organization.max_images = 5
    organization.save()
    for _ in range(2):
        source = begin(dataset, {f"cat/{n}.png": png(n) for n in range(4)})
        run_job(source.job)
    assert used(dataset, Quota.IMAGES) == 4
    assert used(dataset, Quota.BYTES) == sum(len(png(n)) for n in range(4))
    assert miscounted_datasets() == 0
    # Used up, an archive is not even read.
    organization.max_images = 4
    organization.save()
    with pytest.raises(QuotaExceeded):
        begin(dataset, {"cat/5.png": png(5)})


def test_uploads_are_refused_and_the_trash_counts_until_it_is_purged(dataset):
    organization = dataset.organization
    organization.max_bytes = len(png(1)) + len(png(2)) + 10
    organization.save()

    def upload(number: int):
        file = SimpleUploadedFile(f"{number}.png", png(number))
        return upload_images(user=dataset.created_by, dataset=dataset, files=[file])

    assert [upload(number)[0].status for number in (1, 2)] == [201, 201]
    assert upload(1)[0].status == 200, "nothing new to store"
    with pytest.raises(QuotaExceeded) as caught:
        upload(3)
    assert f"may have {organization.max_bytes:,} bytes" in caught.value.detail
    long_ago = timezone.now() - timedelta(days=31)
    Image.objects.filter(dataset=dataset).update(deleted_at=long_ago)
    with pytest.raises(QuotaExceeded):
        upload(3)
    purge_trash()
    assert used(dataset, Quota.BYTES) == 0
    assert upload(3)[0].status == 201


def test_a_sample_dataset_is_made_whole_or_not_at_all(dataset):
    organization = dataset.organization
    organization.max_jobs = 0
    organization.save()
    with pytest.raises(QuotaExceeded):
        load_sample_dataset(user=dataset.created_by)
    assert Dataset.objects.count() == 1


def test_a_full_quota_is_a_page_with_its_sentence(dataset, client):
    organization = dataset.organization
    organization.max_datasets = 1
    organization.save()
    factories.sign_in(client, dataset.created_by)
    form = {"name": "More", "organization": organization.pk}
    answer = client.post("/datasets/new/", form)
    assert answer.status_code == 409
    assert "may have 1 dataset; there are 1" in answer.content.decode()
