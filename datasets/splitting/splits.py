"""Which image goes into which split: pure functions over what a dataset holds.

Images with the same content always go together, so that no stratified split leaks, and the order
within a class comes from a hash of seed and content: the same content and seed give the same
split, whatever the order of arrival.
"""

import hashlib
import uuid
from collections import defaultdict
from collections.abc import Iterable, Sequence, Set
from dataclasses import dataclass
from operator import attrgetter

from datasets.errors import CannotFreeze
from datasets.models import Split, SplitName
from datasets.splitting.class_sizes import (
    holdings,
    require_free_pictures,
    require_in_train_and_validation,
    require_own_pictures,
)

CARVED_VALIDATION = 0.1


@dataclass(frozen=True, slots=True)
class Labelled:
    """An image that may enter a version; `folder` is the split folder it came from, or ''.

    `group` is the same for copies of one another; None where they were not compared.
    """

    id: uuid.UUID
    sha256: str
    class_name: str
    folder: str
    group: uuid.UUID | None = None


# Images of each class by its name, those of one content together.
ByClass = dict[str, list[list[Labelled]]]


@dataclass(frozen=True)
class Fractions:
    """Shares of train, validation and test; each above 0, together 1."""

    train: float
    validation: float
    test: float


def stratified(
    images: Sequence[Labelled],
    fractions: Fractions,
    seed: int,
    kept_test: Set[str] = frozenset(),
) -> dict[uuid.UUID, Split]:
    """Divide each class by the fractions, at least one content to each split.

    Contents (SHA-256) in `kept_test` are in test; where they are more than its share, train and
    validation share the rest in proportion. Raises `CannotFreeze` when classes have fewer than
    three different images of their own, or fewer than two that are not kept in test.
    """
    require_own_pictures(
        holdings((image.sha256, image.class_name) for image in images),
        len(Split),
        f"Each class needs at least {len(Split)} different images, one for each of train, "
        "validation and test",
        copies=False,
    )
    kept, free = _kept_and_free(images, kept_test)
    splits: dict[uuid.UUID, Split] = {}
    for name in kept:
        total = len(kept[name]) + len(free[name])
        test_count, validation_count = _counts(total, len(kept[name]), fractions)
        for position, group in enumerate([*kept[name], *_shuffled(free[name], seed)]):
            if position < test_count:
                split = Split.TEST
            elif position < test_count + validation_count:
                split = Split.VALIDATION
            else:
                split = Split.TRAIN
            for image in group:
                splits[image.id] = split
    return splits


def _kept_and_free(images: Sequence[Labelled], kept_test: Set[str]) -> tuple[ByClass, ByClass]:
    """Return what is kept in test and what is not; raises `CannotFreeze` for too little of that."""
    kept: ByClass = {}
    free: ByClass = {}
    for name, groups in _groups_by_class(images).items():
        kept[name], free[name] = [], []
        for group in groups:
            (kept if group[0].sha256 in kept_test else free)[name].append(group)
    few = {name: len(groups) for name, groups in free.items() if len(groups) < 2}
    require_free_pictures({name: (count, count + len(kept[name])) for name, count in few.items()})
    return kept, free


def _counts(total: int, kept: int, fractions: Fractions) -> tuple[int, int]:
    """Return how many contents of a class go to test and to validation; `kept` are in test."""
    test = _share(total, fractions.test, keep=2)
    if kept <= test:
        return test, _share(total, fractions.validation, keep=1 + test)
    rest = total - kept
    share = fractions.validation / (fractions.train + fractions.validation)
    return kept, _share(rest, share, keep=1)


def by_folders(images: Sequence[Labelled], seed: int) -> dict[uuid.UUID, Split]:
    """Keep the archive's own folders; images that came without one join train.

    Without a validation folder 10 % of train, stratified and seeded, becomes validation. Without a
    test folder the validation folder becomes test, and validation is carved from train. Raises
    `CannotFreeze` when there is neither, or when classes have too little to learn from.
    """
    folders = defaultdict(list)
    for image in images:
        folders[image.folder or SplitName.TRAIN].append(image)
    train, validation = folders[SplitName.TRAIN], folders[SplitName.VALIDATION]
    test = folders[SplitName.TEST]
    if not test:
        validation, test = [], validation
    if not test:
        raise CannotFreeze(
            "Splitting by folders needs a test or a validation folder beside train; "
            "this dataset's images came with neither.",
            code="no_split_folders",
            hint="Choose the stratified strategy.",
        )
    splits = dict.fromkeys((image.id for image in train), Split.TRAIN)
    splits |= dict.fromkeys((image.id for image in test), Split.TEST)
    splits |= dict.fromkeys((image.id for image in validation), Split.VALIDATION)
    if not validation:
        splits |= _carve_validation(train, seed)
    require_own_pictures(
        holdings((image.sha256, image.class_name) for image in images),
        1,
        "Each class needs images that stand under no other class",
        copies=False,
    )
    found: dict[str, set[Split]] = defaultdict(set)
    for image in images:
        found[image.class_name].add(splits[image.id])
    require_in_train_and_validation(found, validation_came=bool(validation))
    return splits


def _carve_validation(train: Sequence[Labelled], seed: int) -> dict[uuid.UUID, Split]:
    carved: dict[uuid.UUID, Split] = {}
    for groups in _groups_by_class(train).values():
        if len(groups) > 1:
            count = _share(len(groups), CARVED_VALIDATION, keep=1)
            for group in _shuffled(groups, seed)[:count]:
                carved |= dict.fromkeys((image.id for image in group), Split.VALIDATION)
    return carved


def _groups_by_class(images: Iterable[Labelled]) -> ByClass:
    """Return groups of equal content, under the first class (by name) that holds them."""
    by_content: dict[str, list[Labelled]] = defaultdict(list)
    for image in images:
        by_content[image.sha256].append(image)
    by_class: ByClass = {name: [] for name in sorted({image.class_name for image in images})}
    for group in by_content.values():
        first = group[0] if len(group) == 1 else min(group, key=attrgetter("class_name"))
        by_class[first.class_name].append(group)
    return by_class


def _shuffled(groups: list[list[Labelled]], seed: int) -> list[list[Labelled]]:
    def rank(group: list[Labelled]) -> bytes:
        return hashlib.sha256(f"{seed}:{group[0].sha256}".encode()).digest()

    return sorted(groups, key=rank)


def _share(total: int, fraction: float, keep: int) -> int:
    """Return `fraction` of `total`, at least 1, leaving at least `keep`."""
    return max(1, min(round(total * fraction), total - keep))
