"""Which images of a dataset are copies of one another: found once, stored with the images.

All images are compared with all others: 5,000 within seconds, so in the request; more by the
quality check (60,000 take a minute). A freeze then only reads the groups.
"""

import uuid
from collections.abc import Callable, Hashable
from dataclasses import dataclass

import numpy as np
from django.db import transaction
from django.db.models import F, Q

from accounts.models import User
from datasets.analysis.duplicates import near_duplicates
from datasets.analysis.fingerprint import Thumbnails, stack_thumbnails
from datasets.analysis.groups import groups_by_key, groups_by_pairs
from datasets.archive.tools.folders import ORIGINAL
from datasets.errors import CannotFreeze
from datasets.models import Dataset, Image, ImageFingerprint
from datasets.services.quality.check_quality import start_quality_check
from datasets.services.quality.fingerprints import require_readable, take_missing

AT_ONCE = 5_000
DECODED_AT_ONCE = 1_000
_BATCH = 1_000

Groups = list[list[uuid.UUID]]
Progress = Callable[[int, int], None]


@dataclass(frozen=True)
class Copies:
    """What `find_copies` found.

    - `compared`: the images, ordered by content;
    - `groups`: those of them that show the same picture, in the same order, or were made of one
      that is not there (Roboflow's augmented copies);
    - `alike`: the groups by their pixels alone;
    - `agreement`: for each image that is like another, how far it agrees with the likest, 0.965..1.
    """

    compared: list[uuid.UUID]
    groups: Groups
    alike: Groups
    agreement: dict[uuid.UUID, float]


def require_compared(*, user: User, dataset: Dataset) -> None:
    """Let pass when every image has its group; find the groups of a small dataset here and now.

    A larger one is left to the quality check, which is started unless one is under way, and
    `CannotFreeze` (`comparing`) says so. Raises `UnreadableImage`.
    """
    images = Image.objects.alive().filter(dataset=dataset)
    if not images.filter(Q(fingerprint=None) | Q(fingerprint__group=None)).exists():
        return
    if images.filter(fingerprint=None).count() <= DECODED_AT_ONCE:
        require_readable(take_missing(dataset, _ignore))
        if images.count() <= AT_ONCE:
            copies = find_copies(dataset, _ignore)
            with transaction.atomic():
                store_groups(copies)
            return
    start_quality_check(user=user, dataset=dataset, asked=True)
    raise CannotFreeze(
        f"The images of {dataset.name} are still being compared with one another, which the "
        "grouped strategy needs. It goes on in the background.",
        code="comparing",
        hint="Freeze again when the quality check has ended; its page shows how far it is.",
    )


def groups_unstored(dataset: Dataset) -> dict[uuid.UUID, uuid.UUID] | None:
    """Return the group of each image as `require_compared` would store it, without storing it.

    None where every image has its group. Raises `CannotFreeze` (`comparing`) where that takes more
    than seconds.
    """
    images = Image.objects.alive().filter(dataset=dataset)
    if not images.filter(Q(fingerprint=None) | Q(fingerprint__group=None)).exists():
        return None
    if images.count() > AT_ONCE or images.filter(fingerprint=None).exists():
        raise CannotFreeze(
            f"The images of {dataset.name} have not all been compared with one another yet, which "
            "the grouped strategy does first.",
            code="comparing",
            hint="The split can be told when the quality check has ended; "
            "its page shows how far it is.",
        )
    copies = find_copies(dataset, _ignore)
    return {
        **{image_id: image_id for image_id in copies.compared},
        **{image_id: group[0] for group in copies.groups for image_id in group},
    }


def find_copies(dataset: Dataset, on_progress: Progress) -> Copies:
    """Return which images are copies: the same decoded pixels, or near duplicates.

    Directly or through a third; and those that an import says were made of one picture.
    `on_progress(images done, images)` may raise to stop.
    """
    ids, pixels, thumbnails = _fingerprints(dataset)
    if not ids:
        return Copies([], [], [], {})
    near = near_duplicates(thumbnails, progress=on_progress)
    alike = _merged([*groups_by_key(pixels), *near.groups], len(ids))
    groups = _merged([*alike, *groups_by_key(_made_of(dataset, ids))], len(ids))
    agreement: dict[uuid.UUID, float] = {}
    for pair, agreed in zip(near.pairs.tolist(), near.agreements.tolist(), strict=True):
        for index in pair:
            agreement[ids[index]] = max(agreement.get(ids[index], 0), agreed)
    return Copies(ids, _by_id(groups, ids), _by_id(alike, ids), agreement)


def _by_id(groups: list[tuple[int, ...]], ids: list[uuid.UUID]) -> Groups:
    return [[ids[index] for index in group] for group in groups]


def _made_of(dataset: Dataset, ids: list[uuid.UUID]) -> list[Hashable]:
    """Return what each image was made of; its own id where nothing is known.

    Over all imports: one may bring some copies of a picture, and the next one others.
    """
    rows = Image.objects.alive().filter(dataset=dataset, metadata__has_key=ORIGINAL)
    known = {
        image_id: str(original)
        for image_id, original in rows.values_list("id", f"metadata__{ORIGINAL}")
    }
    return [known.get(image_id, image_id) for image_id in ids]


def _fingerprints(dataset: Dataset) -> tuple[list[uuid.UUID], list[str], Thumbnails]:
    """Return the images, the digests of their pixels, and their thumbnails in one piece."""
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
    return ids, pixels, stack_thumbnails(thumbnails)


def _merged(groups: list[tuple[int, ...]], count: int) -> list[tuple[int, ...]]:
    """Return the groups with those that share one of the `count` indices made one."""
    links = [(group[0], other) for group in groups for other in group[1:]]
    return groups_by_pairs(np.array(links, np.int64).reshape(-1, 2), count)


def store_groups(copies: Copies) -> None:
    """Store which images are copies, in the caller's transaction."""
    fingerprints = ImageFingerprint.objects
    for start in range(0, len(copies.compared), _BATCH):
        part = copies.compared[start : start + _BATCH]
        fingerprints.filter(image_id__in=part).update(group=F("image_id"))
    members = [
        ImageFingerprint(image_id=image_id, group=group[0])
        for group in copies.groups
        for image_id in group[1:]
    ]
    fingerprints.bulk_update(members, ["group"], batch_size=_BATCH)


def _ignore(done: int, total: int) -> None:
    """What takes seconds needs no progress bar."""
