"""The grouped split: copies of one another, near or exact, always go to the same split."""

import uuid
from collections.abc import Sequence, Set

import numpy as np
import numpy.typing as npt

from datasets.analysis.grouped_split import grouped_split
from datasets.errors import CannotFreeze
from datasets.models import Split
from datasets.services.splits import Fractions, Labelled

Ints = npt.NDArray[np.int64]


def grouped(
    images: Sequence[Labelled],
    fractions: Fractions,
    seed: int,
    kept_test: Set[str] = frozenset(),
) -> dict[uuid.UUID, Split]:
    """Divide each class by the fractions as nearly as whole groups allow, one at least to each split.

    The images come ordered by content, so that the same content and seed give the same split.
    Contents (SHA-256) in `kept_test` are in test, and so are their copies. Raises `CannotFreeze` when a class has too few groups for three splits.
    """
    class_names = sorted({image.class_name for image in images})
    index = {name: number for number, name in enumerate(class_names)}
    labels = np.array([index[image.class_name] for image in images], np.int64)
    groups = _numbered(images)
    kept = np.isin(groups, groups[np.array([image.sha256 in kept_test for image in images])])
    part = grouped_split(labels, groups, seed=seed, kept_test=kept, **vars(fractions)).astype(
        np.int64
    )
    for label, class_name in enumerate(class_names):
        for wanted in (Split.TEST, Split.VALIDATION, Split.TRAIN):
            if wanted not in part[labels == label]:
                _bring(wanted, label, class_name, part, labels, np.where(kept, -1, groups))
    return {image.id: Split(value) for image, value in zip(images, part.tolist(), strict=True)}


def _numbered(images: Sequence[Labelled]) -> Ints:
    """Return group numbers by first appearance: which image a group is named after is chance."""
    numbers: dict[uuid.UUID, int] = {}
    keys = [image.group or image.id for image in images]
    return np.array([numbers.setdefault(key, len(numbers)) for key in keys], np.int64)


def _bring(
    wanted: Split, label: int, class_name: str, part: Ints, labels: Ints, groups: Ints
) -> None:
    """Move the smallest group that can be spared, in place, into a split where a class has none.

    Images whose group is -1 stay where they are.
    """
    own = groups[(labels == label) & (groups >= 0)]
    sizes = np.bincount(own)
    for group in sorted(set(own.tolist()), key=lambda number: (sizes[number], number)):
        members = np.flatnonzero(groups == group)
        if _can_be_spared(members, part, labels):
            part[members] = wanted
            return
    raise CannotFreeze(
        f"Each class needs different pictures for each of train, validation and test, and copies "
        f"stay together; “{class_name}” has {len(set(own.tolist()))} different pictures among "
        f"{len(own)} images{' that are free to move' if (groups < 0).any() else ''}, "
        "which is too few.",
        code="class_too_small",
        hint="Add images to it, merge it into another class, leave its images out, or do not keep the earlier test images.",
    )


def _can_be_spared(members: Ints, part: Ints, labels: Ints) -> bool:
    """Return whether every class in a group has other images in the group's split."""
    left = part == part[members[0]]
    left[members] = False
    return bool(np.isin(labels[members], labels[left]).all())
