"""Which images of a dataset are copies of one another: found once, stored with the images.

All images are compared with all others: 5,000 within two seconds, so in the request; more in a job
(60,000 take a minute). A freeze then only reads the groups.
"""

import uuid
from collections.abc import Callable

import numpy as np
from django.db import transaction
from django.db.models import F, Q

from accounts.models import User
from datasets import kinds
from datasets.analysis.duplicates import near_duplicates
from datasets.analysis.fingerprint import stack_thumbnails
from datasets.analysis.groups import groups_by_key, groups_by_pairs
from datasets.errors import CannotFreeze
from datasets.models import Dataset, Image, ImageFingerprint
from datasets.services.fingerprints import take_missing
from jobs.models import Job
from jobs.models.job import TERMINAL
from jobs.services.enqueue import enqueue

AT_ONCE = 5_000
DECODED_AT_ONCE = 1_000
_BATCH = 1_000

Groups = list[list[uuid.UUID]]
Progress = Callable[[int, int], None]


def require_compared(*, user: User, dataset: Dataset) -> None:
    """Let pass when every image has its group; find the groups of a small dataset here and now.

    For a larger one a job is started, unless one is under way, and `CannotFreeze` (`comparing`)
    says so. Raises `UnreadableImage`.
    """
    images = Image.objects.alive().filter(dataset=dataset)
    if not images.filter(Q(fingerprint=None) | Q(fingerprint__group=None)).exists():
        return
    undecoded = images.filter(fingerprint=None).count()
    if images.count() <= AT_ONCE and undecoded <= DECODED_AT_ONCE:
        take_missing(dataset, _ignore)
        compared, groups = find_groups(dataset, _ignore)
        with transaction.atomic():
            store_groups(compared, groups)
        return
    start_search(user=user, dataset=dataset)
    raise CannotFreeze(
        f"The images of {dataset.name} are still being compared with one another, which the "
        "grouped strategy needs. It goes on in the background.",
        code="comparing",
        hint="Freeze again when the search for near duplicates has ended; Jobs shows how far it is.",
    )


@transaction.atomic
def start_search(*, user: User | None, dataset: Dataset) -> Job | None:
    """Start the job that finds the groups, unless one is under way (then None)."""
    Dataset.objects.select_for_update(of=("self",)).get(pk=dataset.pk)
    jobs = Job.objects.filter(organization=dataset.organization, kind=kinds.FIND_COPIES.name)
    if jobs.filter(payload__dataset=str(dataset.pk)).exclude(status__in=TERMINAL).exists():
        return None
    return enqueue(
        kind=kinds.FIND_COPIES,
        organization=dataset.organization,
        created_by=user,
        title=f"Search for near duplicates in {dataset.name}",
        payload={"dataset": str(dataset.pk)},
    )


def find_groups(dataset: Dataset, on_progress: Progress) -> tuple[list[uuid.UUID], Groups]:
    """Return the images that were compared, and those groups of them that are copies.

    Copies have the same decoded pixels or are near duplicates, directly or through a third.
    `on_progress(images done, images)` may raise to stop.
    """
    rows = (
        ImageFingerprint.objects.filter(image__dataset=dataset, image__deleted_at=None)
        .order_by("image__sha256", "image_id")
        .values_list("image_id", "pixels_sha256", "thumbnail")
    )
    ids, pixels, thumbnails = [], [], []
    for image_id, pixels_sha256, thumbnail in rows.iterator(5_000):
        ids.append(image_id)
        pixels.append(pixels_sha256)
        thumbnails.append(bytes(thumbnail))
    if not ids:
        return [], []
    near = near_duplicates(stack_thumbnails(thumbnails), progress=on_progress).groups
    groups = merged([*groups_by_key(pixels), *near], len(ids))
    return ids, [[ids[index] for index in group] for group in groups]


def merged(groups: list[tuple[int, ...]], count: int) -> list[tuple[int, ...]]:
    """Return the groups with those that share one of the `count` indices made one."""
    links = [(group[0], other) for group in groups for other in group[1:]]
    return groups_by_pairs(np.array(links, np.int64).reshape(-1, 2), count)


def store_groups(compared: list[uuid.UUID], groups: Groups) -> None:
    """Store what `find_groups` returned, in the caller's transaction."""
    fingerprints = ImageFingerprint.objects
    for start in range(0, len(compared), _BATCH):
        part = compared[start : start + _BATCH]
        fingerprints.filter(image_id__in=part).update(group=F("image_id"))
    members = [
        ImageFingerprint(image_id=image_id, group=group[0])
        for group in groups
        for image_id in group[1:]
    ]
    fingerprints.bulk_update(members, ["group"], batch_size=_BATCH)


def _ignore(done: int, total: int) -> None:
    """Nobody watches what takes two seconds."""
