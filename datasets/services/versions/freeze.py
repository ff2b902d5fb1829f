"""Freeze a dataset into an immutable, numbered version."""

import hashlib
import uuid
from collections.abc import Sequence

from django.db import transaction
from django.db.models import Max

from accounts.models import User
from accounts.services import audit
from common.copy_rows import copy_rows
from datasets.models import Dataset, DatasetVersion, Sample, Split, Strategy
from datasets.policies import require_editable
from datasets.selectors.division import Wanted, divide
from datasets.selectors.left_out import left_out_of
from datasets.selectors.slices import as_stored
from datasets.services import listeners
from datasets.services.quality.copies import require_compared
from datasets.splitting.splits import Fractions, Labelled

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
    the archive's own); `seed` is 0 to 2^63-1. With `keep_test` whatever an earlier version of the
    dataset tested on stays in test, so that reports stay comparable (the folder strategy never
    looks at it). Raises `Invalid`, `CannotFreeze`, `InTrash`, `UnreadableImage`, `NotFound` or
    `Forbidden`.
    """
    require_editable(user=user, dataset=dataset)
    wanted = Wanted.checked(strategy, Fractions(train, validation, test), seed, keep_test)
    if strategy == Strategy.GROUPED:
        require_compared(user=user, dataset=dataset)
    return _frozen(user, dataset, wanted, note)


@transaction.atomic
def _frozen(user: User, dataset: Dataset, wanted: Wanted, note: str) -> DatasetVersion:
    dataset.lock()
    division = divide(dataset, wanted)
    images, splits = division.images, division.splits
    version = DatasetVersion.objects.create(
        dataset=dataset,
        number=_next_number(dataset),
        digest=_digest(images, splits),
        strategy=wanted.strategy,
        fractions=vars(division.fractions),
        seed=wanted.seed,
        keep_test=wanted.keep_test,
        note=note,
        class_names=division.class_names,
        sample_counts=division.sample_counts,
        slices=as_stored((image.metadata, splits[image.id]) for image in images),
        left_out=[{"reason": each.reason, "count": each.count} for each in left_out_of(dataset)],
        created_by=user,
    )
    _insert_samples(version, images, splits)
    audit.record(
        actor=user,
        action="version.freeze",
        target=version,
        number=version.number,
        digest=version.digest,
    )
    listeners.test_set_changed.announce(user=user, dataset=dataset)
    return version


def _next_number(dataset: Dataset) -> int:
    last = DatasetVersion.objects.filter(dataset=dataset).aggregate(last=Max("number"))["last"]
    return (last or 0) + 1


def _digest(images: Sequence[Labelled], splits: dict[uuid.UUID, Split]) -> str:
    """Return a SHA-256 over every (content, class, split), in an order of its own.

    How the split came about (strategy, shares, seed, kept test images) is no part of it.
    """
    lines = sorted(f"{i.sha256}\t{splits[i.id].label}\t{i.class_name}\n" for i in images)
    digest = hashlib.sha256()
    for line in lines:
        digest.update(line.encode())
    return digest.hexdigest()


def _insert_samples(
    version: DatasetVersion, images: Sequence[Labelled], splits: dict[uuid.UUID, Split]
) -> None:
    index = {name: number for number, name in enumerate(version.class_names)}
    rows = (
        (version.pk, i.id, i.sha256, i.name, i.metadata, index[i.class_name], splits[i.id].value)
        for i in images
    )
    copy_rows(Sample, _COLUMNS, rows)
