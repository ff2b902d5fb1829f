"""Forgetting an image here and now, without a worker."""

import os

from classifier.lineage.services.start_forgetting import start_forgetting
from classifier.lineage.work import forget_image
from datasets.models import Forgetting, Image, Split
from jobs.child.context import JobContext
from jobs.child.reporter import Reporter
from jobs.models import Job
from jobs.services.claim import claim

assert forget_image  # It registers the handler.


def forget(user, image: Image, **options) -> Forgetting:
    """Have an image forgotten, and do the job."""
    forgetting = start_forgetting(user=user, image=image, **{"reason": "Asked for.", **options})
    do_job(forgetting)
    return forgetting


def do_job(forgetting: Forgetting) -> None:
    """Run the job once, as a worker does."""
    Job.objects.filter(pk=forgetting.job_id).update(status="queued", priority=100)
    claimed = claim(queue="io", worker="tests")
    assert claimed is not None
    assert claimed.pk == forgetting.job_id
    read_fd, write_fd = os.pipe()
    try:
        context = JobContext(claimed, Reporter(claimed.pk, claimed.fence, write_fd))
        forget_image.forget_image(context)
    finally:
        os.close(read_fd)
        os.close(write_fd)
    forgetting.refresh_from_db()


def end_jobs() -> None:
    """End all work, as if it were through."""
    Job.objects.exclude(status__in=("succeeded", "failed", "cancelled")).update(status="cancelled")


def image_in(version, split: Split, number: int = 0) -> Image:
    """An image of the version's split, in the order of its samples."""
    return version.samples.filter(split=split).order_by("sha256")[number].image
