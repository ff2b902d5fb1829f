"""Chunks of an import that several jobs decode."""

import os
from pathlib import Path

import pytest

from common.hashing import sha256_file
from datasets import kinds
from datasets.archive.inspection import inspect
from datasets.archive.reader import opened
from datasets.limits import archive_limits
from datasets.models import Image, Import, ImportChunk
from datasets.selectors.coming_images import ComingImages
from datasets.services.intake.import_chunks import ask_for_help, is_wanted, lay_out_chunks
from datasets.services.intake.start_import import start_import
from datasets.services.quality.check_quality import start_quality_check
from datasets.work import import_archive
from datasets.work.chunks import ChunkFiles
from datasets.work.crew import Crew
from jobs.child.context import JobContext
from jobs.child.reporter import Reporter
from jobs.errors import FenceLost, JobFailed
from jobs.models import Job, Status
from jobs.selectors.jobs import visible_jobs
from jobs.services import end_attempt
from jobs.services.chunks import HELP_PRIORITY, end_chunk, standing, take_chunk
from jobs.services.claim import claim
from jobs.services.retry import retry
from storage import durable, scratch
from storage.names import upload_name
from tests import factories
from tests.datasets.conftest import png, zipped

FILES = 40


@pytest.fixture
def source(transactional_db):
    dataset = factories.make_dataset(user=factories.make_user())
    content = zipped({f"cat/{number}.png": png(number) for number in range(FILES)})
    return start_import(
        user=dataset.created_by, dataset=dataset, archive=[content], archive_name="cats.zip"
    )


def laid_out(source) -> ChunkFiles:
    with opened(durable.local(upload_name(source.upload))) as data:
        members = inspect(data, archive_limits()).members
    files = ChunkFiles(scratch.checkpoint_dir(source.job.lineage))
    count = files.lay_out(members)
    lay_out_chunks(source=source, whole=[files.is_whole(number) for number in range(count)])
    files.lead(Job.objects.get(pk=source.job_id))
    return files


def decode(source, job, files: ChunkFiles) -> int:
    """Decode every chunk that `job` can have; return how many those were."""
    crew = Crew(source, job, durable.local(upload_name(source.upload)), files)
    crew.work(lambda: 2)
    return crew.chunks_done


def test_a_chunk_is_its_holders_until_that_attempt_has_ended(source, run_job):
    parent = claim(queue="io", worker="one")
    files = laid_out(source)
    ask_for_help(source=source, helpers=2)
    helper = claim(queue="io", worker="two")
    assert helper.kind == kinds.HELP_IMPORT.name
    assert take_chunk(source=source, job=helper) == 0
    chunks = ImportChunk.objects.filter(source=source).count()
    assert decode(source, parent, files) == chunks - 1
    now = standing(source=source, job=parent)
    assert (len(now.done), now.total, now.has_help) == (chunks - 1, chunks, True)

    end_attempt.give_back(job_id=helper.pk, fence=helper.fence)
    assert not standing(source=source, job=parent).has_help
    # Another attempt of the import: what is finished stays so.
    end_attempt.give_back(job_id=parent.pk, fence=parent.fence)
    run_job(source.job)
    assert source.job.status == Status.SUCCEEDED, source.job.error
    assert Image.objects.filter(dataset=source.dataset).count() == FILES
    assert not end_chunk(source=source, job=helper, number=0)
    assert not ImportChunk.objects.exists()


def test_help_on_a_machine_of_an_earlier_attempt_takes_nothing(source, run_job, settings, tmp_path):
    """Its answers would lie where the attempt that is under way does not look."""
    first = claim(queue="io", worker="machine a")
    laid_out(source)
    ask_for_help(source=source, helpers=1)
    end_attempt.give_back(job_id=first.pk, fence=first.fence)
    here, settings.SCRATCH_DIR = settings.SCRATCH_DIR, tmp_path / "machine b"
    second = claim(queue="io", worker="machine b")
    assert second == first
    laid_out(source)
    settings.SCRATCH_DIR = here
    helper = Job.objects.get(kind=kinds.HELP_IMPORT.name)
    run_job(helper)
    assert (helper.status, helper.result["chunks"]) == (Status.SUCCEEDED, 0), helper.error
    assert not ImportChunk.objects.filter(done=True).exists()
    settings.SCRATCH_DIR = tmp_path / "machine b"
    end_attempt.give_back(job_id=second.pk, fence=second.fence)
    run_job(source.job)
    assert Image.objects.filter(dataset=source.dataset).count() == FILES


def test_help_where_a_job_failed_that_was_retried_elsewhere_takes_nothing(
    source, run_job, settings, tmp_path
):
    """Fences begin again with the new job."""
    failed = claim(queue="io", worker="machine a")
    laid_out(source)
    ask_for_help(source=source, helpers=1)
    full = JobFailed("disk_full", "There is no room.")
    end_attempt.fail(job_id=failed.pk, fence=failed.fence, failure=full)
    failed.refresh_from_db()
    again = retry(user=source.created_by, job=failed)
    here, settings.SCRATCH_DIR = settings.SCRATCH_DIR, tmp_path / "machine b"
    second = claim(queue="io", worker="machine b")
    assert (second, second.fence) == (again, failed.fence)
    source = Import.objects.get(pk=source.pk)
    laid_out(source)
    settings.SCRATCH_DIR = here
    helper = Job.objects.get(kind=kinds.HELP_IMPORT.name)
    run_job(helper)
    assert (helper.status, helper.result["chunks"]) == (Status.SUCCEEDED, 0), helper.error
    assert not ImportChunk.objects.filter(done=True).exists()


def test_help_that_comes_too_late_finds_nothing_to_do(source, run_job):
    claimed = claim(queue="io", worker="one")
    laid_out(source)
    ask_for_help(source=source, helpers=3)
    ask_for_help(source=source, helpers=3)
    helpers = Job.objects.filter(kind=kinds.HELP_IMPORT.name)
    assert helpers.count() == 3
    assert list(visible_jobs(source.created_by)) == [source.job]
    late = claim(queue="io", worker="two")
    end_attempt.give_back(job_id=claimed.pk, fence=claimed.fence)
    run_job(source.job)
    assert set(helpers.exclude(pk=late.pk).values_list("status", flat=True)) == {Status.CANCELLED}
    end_attempt.give_back(job_id=late.pk, fence=late.fence)
    # Help comes after everything else.
    assert claim(queue="io", worker="three").kind == kinds.CHECK_QUALITY.name
    run_job(late)
    assert late.status == Status.SUCCEEDED, late.error
    assert late.result["chunks"] == 0


def test_an_attempt_that_wakes_up_late_calls_nobody_and_leaves_nothing(source, monkeypatch):
    monkeypatch.setattr(import_archive, "HELP_FROM_FILES", 1)
    late = claim(queue="io", worker="one")
    end_attempt.give_back(job_id=late.pk, fence=late.fence)
    assert claim(queue="io", worker="two") == late
    with Path(os.devnull).open("w") as nowhere:
        context = JobContext(late, Reporter(late.pk, late.fence, nowhere.fileno()))
        with pytest.raises(FenceLost):
            import_archive.import_archive(context)
    assert not ImportChunk.objects.exists()
    assert list(Job.objects.all()) == [late]


def test_as_many_helpers_go_as_jobs_wait(source):
    claim(queue="io", worker="one")
    laid_out(source)
    ask_for_help(source=source, helpers=3)
    helpers = [claim(queue="io", worker=f"helper {number}") for number in range(3)]

    def wanted() -> int:
        return sum(is_wanted(source=source, helper=helper) for helper in helpers)

    assert wanted() == 3
    # Even one that lets everything else pass.
    check = start_quality_check(user=None, dataset=source.dataset)
    assert check.priority > HELP_PRIORITY
    assert wanted() == 2
    assert claim(queue="io", worker="free again") == check
    assert wanted() == 3


def test_what_is_decoded_can_be_read_before_its_rows_come(source):
    job = claim(queue="io", worker="one")
    files = laid_out(source)
    coming = ComingImages(source.dataset_id)
    assert (coming.under_way(), coming.fresh()) == (True, [])
    decode(source, job, files)
    images = coming.fresh()
    assert len(images) == FILES
    assert coming.fresh() == []
    for image in images:
        assert (image.width, image.height) == (12, 10)
        assert sha256_file(coming.locate(image.sha256)) == image.sha256
    end_attempt.give_back(job_id=job.pk, fence=job.fence)
    assert not coming.under_way()
    assert coming.locate(images[0].sha256) == durable.local_blob(images[0].sha256)
