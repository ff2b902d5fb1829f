"""Datasets whose vectors tell their classes apart, and a fit of them here and now."""

import os
import uuid

import numpy as np

from classifier.instant.work import fit as fit_instant
from datasets.models import Dataset, Image, InstantModel
from datasets.services.vectors.store_vectors import store_vectors
from jobs.child.context import JobContext
from jobs.child.reporter import Reporter
from jobs.handlers import handler_of
from jobs.models import Job
from jobs.services.claim import claim
from tests import factories

WIDTH = 32


def centre(class_name: str) -> np.ndarray:
    """The middle of a class's vectors."""
    seed = int.from_bytes(class_name.encode()[:4], "big")
    return np.random.default_rng(seed).normal(size=WIDTH)


def add_images(
    dataset: Dataset, kind: str, count: int, *, labelled: bool, start: int = 0, space=None, **more
):
    """Images whose vectors are those of `kind`, with that class or without one; the images.

    `space` is the vectors', by default one of their own; where it is wider, they end in zeros.
    """
    space = space or factories.make_space(width=WIDTH)
    images = factories.make_images(dataset, kind if labelled else "", count, start=start, **more)
    random = np.random.default_rng(start + count)
    store_vectors(
        organization_id=dataset.organization_id,
        space=space,
        vectors={
            each.sha256: np.pad(
                centre(kind) + random.normal(0, 0.3, WIDTH), (0, space.width - WIDTH)
            )
            for each in images
        },
    )
    return images


def run_fit(dataset: Dataset) -> Job | None:
    """Do the fit that waits for the dataset, if one does."""
    job = Job.objects.filter(kind="fit_instant", status__in=["pending", "queued"]).first()
    if job is None:
        return None
    Job.objects.filter(pk=job.pk, status="pending").update(status="queued")
    claimed = claim(queue="instant", worker="tests")
    read_fd, write_fd = os.pipe()
    try:
        handler_of("fit_instant")(
            JobContext(claimed, Reporter(claimed.pk, claimed.fence, write_fd))
        )
    finally:
        os.close(read_fd)
        os.close(write_fd)
    job.refresh_from_db()
    return job


def row(dataset: Dataset) -> InstantModel:
    return InstantModel.objects.get(dataset=dataset)


def image(image_id: uuid.UUID) -> Image:
    return Image.objects.get(pk=image_id)


assert fit_instant
