"""Freeze a dataset into an immutable, numbered version."""

import hashlib
import uuid
from collections.abc import Sequence

from django.db import transaction
from django.db.models import Max

from accounts.models import User
from accounts.services import audit
from common.errors import FieldError, Invalid
from datasets.errors import CannotFreeze
from datasets.models import Dataset, DatasetVersion, Image, Sample, Split, Strategy
from datasets.policies import require_editable
from datasets.selectors.slices import as_stored
from datasets.services.copies import require_compared
from datasets.services.copy_rows import copy_rows
from datasets.services.grouped import grouped
from datasets.services.splits import Fractions, Labelled, by_folders, stratified

MAX_SEED = 2**63 - 1
_COLUMNS = ("version_id", "image_id", "sha256", "name", "metadata", "class_index", "split")


def freeze(
    *,
    user: User,
    dataset: Dataset,
    strategy: str = Strategy.STRATIFIED,
    train: float = 0.8,
    validation: float = 0.1,
    test: float = 0.1,
    seed: int = 0,
    keep_test: bool = True,
    note: str = "",
) -> DatasetVersion:
    """Make the next version from the images that are labelled, not left out and not in the trash.

    `train`, `validation` and `test` are shares above 0 that add up to 1 (the folder strategy takes
    the archive's own); `seed` is 0 to 2^63-1. With
    `keep_test` whatever an earlier version of the dataset tested on stays in test, so that reports
    stay comparable (the folder strategy never looks at it). Raises `Invalid`, `CannotFreeze`, `InTrash`,
    `UnreadableImage`, `NotFound` or `Forbidden`.
    """
    require_editable(user=user, dataset=dataset)
    fractions = _checked_fractions(strategy, Fractions(train, validation, test))
    if strategy == Strategy.GROUPED:
        require_compared(user=user, dataset=dataset)
    keep_test = keep_test and strategy != Strategy.FOLDER
    return _frozen(user, dataset, strategy, fractions, seed, keep_test, note)


@transaction.atomic
def _frozen(
    user: User,
    dataset: Dataset,
    strategy: str,
    fractions: Fractions,
    seed: int,
    keep_test: bool,
    note: str,
) -> DatasetVersion:
    Dataset.objects.select_for_update(of=("self",)).get(pk=dataset.pk)
    images = _labelled_images(dataset)
    class_names = sorted({image.class_name for image in images})
    _require_two_classes(dataset, class_names)
    kept_test = _tested_before(dataset) if keep_test else set()
    splits = _divided(strategy, images, fractions, seed, kept_test)
    if strategy == Strategy.FOLDER:
        fractions = _actual_fractions(splits)
    version = DatasetVersion.objects.create(
        dataset=dataset,
        number=_next_number(dataset),
        digest=_digest(images, splits),
        strategy=strategy,
        fractions=vars(fractions),
        seed=seed,
        keep_test=keep_test,
        note=note,
        class_names=class_names,
        sample_counts=_sample_counts(images, splits, class_names),
        slices=as_stored((image.metadata, splits[image.id]) for image in images),
        created_by=user,
    )
    _insert_samples(version, images, splits)
    audit.record(
        actor=user,
        action="version.freeze",
        target=version,
        organization=dataset.organization,
        number=version.number,
        digest=version.digest,
    )
    return version


def _tested_before(dataset: Dataset) -> set[str]:
    """Return the SHA-256 of every content that a version of the dataset has in test."""
    samples = Sample.objects.filter(version__dataset=dataset, split=Split.TEST)
    return set(samples.values_list("sha256", flat=True).distinct())


def _divided(
    strategy: str,
    images: Sequence[Labelled],
    fractions: Fractions,
    seed: int,
    kept_test: set[str],
) -> dict[uuid.UUID, Split]:
    if strategy == Strategy.FOLDER:
        return by_folders(images, seed)
    if strategy == Strategy.STRATIFIED:
        return stratified(images, fractions, seed, kept_test)
    if any(image.group is None for image in images):
        raise CannotFreeze(
            "Images were added while the others were being compared.",
            code="comparing",
            hint="Freeze again.",
        )
    return grouped(images, fractions, seed, kept_test)


def _checked_fractions(strategy: str, fractions: Fractions) -> Fractions:
    if strategy == Strategy.FOLDER:
        return fractions
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
    return fractions


def _labelled_images(dataset: Dataset) -> list[Labelled]:
    rows = (
        Image.objects.alive()
        .filter(dataset=dataset, excluded_at=None, class_label__isnull=False)
        .order_by("sha256", "class_label__name", "id")
        .values_list("id", "sha256", "name", "metadata", "class_label__name", "split",
                     "fingerprint__group")
    )  # fmt: skip
    return [Labelled(*row) for row in rows.iterator(10_000)]


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


def _next_number(dataset: Dataset) -> int:
    last = DatasetVersion.objects.filter(dataset=dataset).aggregate(last=Max("number"))["last"]
    return (last or 0) + 1


def _actual_fractions(splits: dict[uuid.UUID, Split]) -> Fractions:
    counts = [sum(split == wanted for split in splits.values()) for wanted in Split]
    return Fractions(*(round(count / len(splits), 6) for count in counts))


def _digest(images: Sequence[Labelled], splits: dict[uuid.UUID, Split]) -> str:
    """Return a SHA-256 over every (content, class, split), in an order of its own.

    How the split came about (strategy, shares, seed, kept test images) is no part of it.
    """
    lines = sorted(f"{i.sha256}\t{splits[i.id].label}\t{i.class_name}\n" for i in images)
    digest = hashlib.sha256()
    for line in lines:
        digest.update(line.encode())
    return digest.hexdigest()


def _sample_counts(
    images: Sequence[Labelled], splits: dict[uuid.UUID, Split], class_names: list[str]
) -> dict[str, dict[str, int]]:
    counts = {split.label: dict.fromkeys(class_names, 0) for split in Split}
    for image in images:
        counts[splits[image.id].label][image.class_name] += 1
    return counts


def _insert_samples(
    version: DatasetVersion, images: Sequence[Labelled], splits: dict[uuid.UUID, Split]
) -> None:
    index = {name: number for number, name in enumerate(version.class_names)}
    rows = (
        (version.pk, i.id, i.sha256, i.name, i.metadata, index[i.class_name], splits[i.id].value)
        for i in images
    )
    copy_rows(Sample, _COLUMNS, rows)
