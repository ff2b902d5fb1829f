"""The grouped split: copies of one another, near or exact, always go to the same split."""

import uuid
from collections.abc import Sequence, Set

import numpy as np
import numpy.typing as npt

from datasets.analysis.grouped_split import grouped_split
from datasets.models import Split
from datasets.splitting.class_sizes import holdings, require_free_pictures, require_own_pictures
from datasets.splitting.splits import Fractions, Labelled

Ints = npt.NDArray[np.int64]


def grouped(
    images: Sequence[Labelled],
    fractions: Fractions,
    seed: int,
    kept_test: Set[str] = frozenset(),
) -> dict[uuid.UUID, Split]:
    """Divide each class by the fractions as nearly as whole groups allow, one in each at least.

    The images come ordered by content, so that the same content and seed give the same split.
    Contents (SHA-256) in `kept_test` are in test, and so are their copies. Raises `CannotFreeze`
    when classes have too few groups for three splits.
    """
    class_names = sorted({image.class_name for image in images})
    index = {name: number for number, name in enumerate(class_names)}
    labels = np.array([index[image.class_name] for image in images], np.int64)
    groups = _numbered(images)
    _require_pictures(images, groups)
    kept = np.isin(groups, groups[np.array([image.sha256 in kept_test for image in images])])
    part = grouped_split(labels, groups, seed=seed, kept_test=kept, **vars(fractions)).astype(
        np.int64
    )
    free = np.where(kept, -1, groups)
    short = [
        label
        for label in range(len(class_names))
        if not all(
            wanted in part[labels == label] or _move_group(wanted, label, part, labels, free)
            for wanted in (Split.TEST, Split.VALIDATION, Split.TRAIN)
        )
    ]
    own = _own_groups(labels, groups)
    require_free_pictures(
        {
            class_names[label]: (len(own[label] - set(groups[kept].tolist())), len(own[label]))
            for label in short
        }
    )
    return {image.id: Split(value) for image, value in zip(images, part.tolist(), strict=True)}


def _require_pictures(images: Sequence[Labelled], groups: Ints) -> None:
    classes = (image.class_name for image in images)
    require_own_pictures(
        holdings(zip(groups.tolist(), classes, strict=True)),
        len(Split),
        "Each class needs different pictures for each of train, validation and test, and copies "
        "stay together",
        copies=True,
    )


def _own_groups(labels: Ints, groups: Ints) -> list[set[int]]:
    """Return, for each label, the groups that hold nothing of another one."""
    held = np.unique(np.stack([groups, labels], axis=1), axis=0)
    numbers, classes = np.unique(held[:, 0], return_counts=True)
    alone = set(numbers[classes == 1].tolist())
    return [
        set(held[held[:, 1] == label, 0].tolist()) & alone for label in range(int(labels.max()) + 1)
    ]


def _numbered(images: Sequence[Labelled]) -> Ints:
    """Return group numbers by first appearance: which image a group is named after is chance."""
    numbers: dict[uuid.UUID, int] = {}
    keys = [image.group or image.id for image in images]
    return np.array([numbers.setdefault(key, len(numbers)) for key in keys], np.int64)


def _move_group(wanted: Split, label: int, part: Ints, labels: Ints, groups: Ints) -> bool:
    """Move the smallest group that can be spared, in place, into a split where a class has none.

    Images whose group is -1 stay where they are. Returns whether there was such a group.
    """
    own = groups[(labels == label) & (groups >= 0)]
    sizes = np.bincount(own)
    for group in sorted(set(own.tolist()), key=lambda number: (sizes[number], number)):
        members = np.flatnonzero(groups == group)
        if _can_be_spared(members, part, labels):
            part[members] = wanted
            return True
    return False


def _can_be_spared(members: Ints, part: Ints, labels: Ints) -> bool:
    """Return whether every class in a group has other images in the group's split."""
    left = part == part[members[0]]
    left[members] = False
    return bool(np.isin(labels[members], labels[left]).all())
