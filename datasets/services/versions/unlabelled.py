"""Which images without a class a training may learn from: none that its reports measure on."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

import numpy as np
from django.db.models import Q, QuerySet

from datasets.analysis.duplicates import near_duplicates
from datasets.analysis.fingerprint import stack_thumbnails
from datasets.analysis.groups import group_ids, groups_by_key
from datasets.models import DatasetVersion, Image, ImageFingerprint, Sample, Split
from datasets.selectors.unlabelled import unlabelled_images
from datasets.services.quality.fingerprints import take_missing

_CHUNK = 5_000


@dataclass(frozen=True)
class Unlabelled:
    """Contents (SHA-256) without a class, in order.

    `held_out` were left out because they show a picture that a version tests or the version
    validates on, `known` because the version trains on that very file, `beyond` because there were
    more than asked for.
    """

    contents: list[str]
    held_out: int
    known: int
    beyond: int
    unreadable: list[str] = field(default_factory=list)


def unlabelled_of(
    version: DatasetVersion, most: int, on_progress: Callable[[int, int], None]
) -> Unlabelled:
    """Return what the version's dataset holds now, up to `most` contents, by their hashes.

    Looked at are images that are neither in the trash nor left out. What shows the picture of a
    validation image of the version, or of a test image of any version of the dataset, is no part of
    it: the same file, the same pixels or a near duplicate, also of an image that was deleted since.
    `on_progress(done, total)` may raise to stop.
    """
    take_missing(version.dataset, on_progress)
    images = unlabelled_images(version)
    held_out = Sample.objects.filter(
        Q(version=version, split=Split.VALIDATION)
        | Q(version__dataset=version.dataset, split=Split.TEST)
    )
    measured = set(held_out.values_list("sha256", flat=True))
    learned = set(Sample.objects.filter(version=version).values_list("sha256", flat=True))
    found = set(images.values_list("sha256", flat=True))
    fresh = sorted(found - measured - learned)
    asked = images.filter(sha256__in=fresh[:most])
    copies, unreadable = _copies(asked, held_out, on_progress)
    return Unlabelled(
        contents=[each for each in fresh[:most] if each not in copies | unreadable],
        held_out=len(found & measured) + len(copies),
        known=len(found & learned - measured),
        beyond=max(0, len(fresh) - most),
        unreadable=sorted(unreadable),
    )


def _copies(
    asked: QuerySet[Image],
    held_out: QuerySet[Sample],
    on_progress: Callable[[int, int], None],
) -> tuple[set[str], set[str]]:
    """Return which contents show a picture that is held out, and which cannot be compared."""
    rows = [
        *_fingerprints(ImageFingerprint.objects.filter(image__in=held_out.values("image")), ""),
        *_fingerprints(ImageFingerprint.objects.filter(image__in=asked), "asked"),
    ]
    compared = {content for content, *_ in rows}
    alone = set(asked.values_list("sha256", flat=True)) - compared
    if not rows:
        return set(), alone
    near = near_duplicates(stack_thumbnails([each for *_, each in rows]), progress=on_progress)
    same = groups_by_key(pixels for _, _, pixels, _ in rows)
    group = group_ids([*same, *near.groups], len(rows))
    is_asked = np.array([bool(side) for _, side, *_ in rows])
    met = np.isin(group, group[~is_asked]) & is_asked
    return {rows[place][0] for place in np.flatnonzero(met)}, alone


def _fingerprints(
    found: QuerySet[ImageFingerprint], side: str
) -> Iterator[tuple[str, str, str, bytes]]:
    """Yield content, side, digest of the pixels and thumbnail."""
    rows = found.values_list("image__sha256", "pixels_sha256", "thumbnail")
    for content, pixels, thumbnail in rows.iterator(_CHUNK):
        yield content, side, pixels, bytes(thumbnail)
