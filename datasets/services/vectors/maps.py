"""Start and store the map of a dataset."""

import uuid
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
from django.db import transaction
from django.utils import timezone

from accounts.models import User
from accounts.services import audit
from common.errors import Unprocessable
from datasets import kinds
from datasets.models import Dataset, DatasetMap, Image
from datasets.policies import require_editable
from datasets.selectors.maps import REACH
from datasets.services.one_job import start_one_job
from jobs.models import Job


@transaction.atomic
def start_map(*, user: User, dataset: Dataset) -> Job:
    """Start the job that computes the map, or return the one under way.

    Raises `NotFound`, `Forbidden`, `InTrash`, and `Unprocessable` for a dataset without images.
    """
    require_editable(user=user, dataset=dataset)
    dataset.lock()
    if not Image.objects.alive().filter(dataset=dataset).exists():
        raise Unprocessable(f"{dataset.name} has no images to put on a map.", code="no_images")
    job, is_new = start_one_job(
        kind=kinds.COMPUTE_MAP, user=user, dataset=dataset, title=f"Map of {dataset.name}"
    )
    if is_new:
        audit.record(actor=user, action="dataset.map", target=dataset)
    return job


def store_map(
    dataset: Dataset,
    *,
    ids: Sequence[uuid.UUID],
    points: npt.NDArray[np.float32],
    embedding: str,
    method: str,
    sample_of: int | None,
) -> None:
    """Store where images lie in the place of an earlier map, in the caller's transaction.

    `points` (n, 2), -1..1, in the order of `ids`; `embedding` and `method` say how they were made,
    `sample_of` of how many images these are a sample; None: they are all.
    """
    DatasetMap.objects.update_or_create(
        dataset=dataset,
        defaults={
            "embedding": embedding,
            "method": method,
            "sample_of": sample_of,
            "image_ids": b"".join(image_id.bytes for image_id in ids),
            "points": np.rint(points * REACH).astype("<i2").tobytes(),
            "created_at": timezone.now(),
        },
    )
