"""How a version divides a dataset: the one way that freezing it and its preview share."""

import uuid
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from sys import intern
from typing import Self

from common.errors import FieldError, Invalid
from datasets.errors import CannotFreeze
from datasets.models import Dataset, Image, Sample, Split, Strategy
from datasets.splitting.grouped import grouped
from datasets.splitting.splits import (
    Fractions,
    Labelled,
    by_folders,
    stratified,
)

Splits = dict[uuid.UUID, Split]
Groups = Mapping[uuid.UUID, uuid.UUID]
Counts = dict[str, dict[str, int]]


@dataclass(frozen=True)
class Wanted:
    """How to divide; `fractions` says nothing to the folder strategy, nor does `keep_test`."""

    strategy: str
    fractions: Fractions
    seed: int
    keep_test: bool

    @classmethod
    def checked(cls, strategy: str, fractions: Fractions, seed: int, keep_test: bool) -> Self:
        """Return it, or raise `Invalid` for shares that are none."""
        if strategy == Strategy.FOLDER:
            return cls(strategy, fractions, seed, keep_test=False)
        _check(fractions)
        return cls(strategy, fractions, seed, keep_test)


@dataclass(frozen=True)
class Division:
    """Every image that enters a version, ordered by content, and its split by id.

    `fractions` are those that were asked for, of the folder strategy those that came out.
    """

    images: list[Labelled]
    splits: Splits
    class_names: list[str]
    fractions: Fractions

    @cached_property
    def sample_counts(self) -> Counts:
        """How many images each split has of each class."""
        counts = {split.label: dict.fromkeys(self.class_names, 0) for split in Split}
        places = Counter((self.splits[image.id], image.class_name) for image in self.images)
        for (split, class_name), count in places.items():
            counts[split.label][class_name] = count
        return counts

    @cached_property
    def straddling(self) -> tuple[int, int]:
        """How many contents stand under more than one class, how many in more than one split."""
        first: dict[str, tuple[str, Split]] = {}
        classes, splits = set(), set()
        for image in self.images:
            split = self.splits[image.id]
            known_class, known_split = first.setdefault(image.sha256, (image.class_name, split))
            if known_class != image.class_name:
                classes.add(image.sha256)
            if known_split != split:
                splits.add(image.sha256)
        return len(classes), len(splits)


def divide(dataset: Dataset, wanted: Wanted, groups: Groups | None = None) -> Division:
    """Divide the images that are labelled, not left out and not in the trash; writes nothing.

    `groups`, by image: which are copies of one another, where that is not stored with them yet.
    Raises `CannotFreeze`.
    """
    images = _labelled_images(dataset, wanted.strategy)
    if groups is not None:
        images = [replace(image, group=groups.get(image.id)) for image in images]
    class_names = sorted({image.class_name for image in images})
    _require_two_classes(dataset, class_names)
    splits = _divided(wanted, images, tested_before(dataset) if wanted.keep_test else set())
    fractions = wanted.fractions
    if wanted.strategy == Strategy.FOLDER:
        fractions = _actual_fractions(splits)
    return Division(images, splits, class_names, fractions)


def _check(fractions: Fractions) -> None:
    values = vars(fractions)
    errors = [
        FieldError(
            f"/split/{name}", "out_of_range", f"A share lies above 0 and below 1, not {value:g}."
        )
        for name, value in values.items()
        if not 0 < value < 1
    ]
    total = sum(values.values())
    if not errors and abs(total - 1) > 1e-6:
        errors = [FieldError("/split", "not_one", f"The shares must add up to 1, not {total:g}.")]
    if errors:
        raise Invalid(" ".join(error.detail for error in errors), errors=errors)


def tested_before(dataset: Dataset) -> set[str]:
    """Return the SHA-256 of every content that a version of the dataset has in test."""
    samples = Sample.objects.filter(version__dataset=dataset, split=Split.TEST)
    return set(samples.values_list("sha256", flat=True).distinct())


def _labelled_images(dataset: Dataset, strategy: str) -> list[Labelled]:
    columns = ["id", "sha256", "class_label__name", "split"]
    if strategy == Strategy.GROUPED:
        columns.append("fingerprint__group")
    rows = (
        Image.objects.alive()
        .filter(dataset=dataset, excluded_at=None, class_label__isnull=False)
        .order_by("sha256", "class_label__name", "id")
        .values_list(*columns)
    )
    # One string for each class: of a million images, each with its own, they took 60 MB.
    return [
        Labelled(image_id, sha256, intern(class_name), intern(folder), *group)
        for image_id, sha256, class_name, folder, *group in rows.iterator(10_000)
    ]


def _divided(wanted: Wanted, images: Sequence[Labelled], kept_test: set[str]) -> Splits:
    if wanted.strategy == Strategy.FOLDER:
        return by_folders(images, wanted.seed)
    if wanted.strategy == Strategy.STRATIFIED:
        return stratified(images, wanted.fractions, wanted.seed, kept_test)
    if any(image.group is None for image in images):
        raise CannotFreeze(
            "Images were added while the others were being compared.",
            code="comparing",
            hint="Freeze again.",
        )
    return grouped(images, wanted.fractions, wanted.seed, kept_test)


def _require_two_classes(dataset: Dataset, class_names: list[str]) -> None:
    if not class_names:
        raise CannotFreeze(
            f"{dataset.name} has no labelled images yet.",
            code="no_images",
            hint="Import an archive with class folders, or label images.",
        )
    if len(class_names) == 1:
        raise CannotFreeze(
            f"Telling classes apart needs at least two of them; "
            f"all labelled images of {dataset.name} are in “{class_names[0]}”.",
            code="one_class",
            hint="Add images of another class.",
        )


def _actual_fractions(splits: dict[uuid.UUID, Split]) -> Fractions:
    counts = [sum(split == wanted for split in splits.values()) for wanted in Split]
    return Fractions(*(round(count / len(splits), 6) for count in counts))
