"""Reading versions and their samples."""

import uuid
from array import array
from collections.abc import Collection, Iterable
from typing import Any

import numpy as np
import numpy.typing as npt
from django.db.models import Count, QuerySet

from accounts.models import User
from common.copy_binary import read_binary
from common.digests import Digests
from common.errors import FieldError, Invalid
from datasets.models import Dataset, DatasetVersion, Sample, Split

# In the order of `ordered_samples`. Hashes are of one case, so the order by bytes is the same as
# any other, and half the work.
_SAMPLE_TABLE = """
SELECT id, class_index FROM datasets_sample
WHERE version_id = %(version)s AND split = %(split)s AND NOT forgotten
ORDER BY sha256 COLLATE "C", class_index, id
"""


def versions_of(dataset: Dataset) -> QuerySet[DatasetVersion]:
    """Return the versions of a dataset, newest first."""
    return (
        DatasetVersion.objects.filter(dataset=dataset)
        .select_related("dataset", "created_by")
        .order_by("-created_at", "-id")
    )


def visible_version(user: User, version_id: uuid.UUID) -> DatasetVersion:
    """Return a version that `user` may see, also of a dataset in the trash; raises `NotFound`."""
    versions = DatasetVersion.objects.for_user(user)
    return versions.select_related("dataset__organization", "created_by").get_visible(version_id)


def readable_version(user: User, version_id: uuid.UUID) -> DatasetVersion:
    """Return a version that `user` may read, also of a dataset that is shared; raises `NotFound`.

    Who froze a shared one, and what it leaves out, its owners alone are told.
    """
    versions = DatasetVersion.objects.for_reader(user)
    version: DatasetVersion = versions.select_related(
        "dataset__organization", "created_by"
    ).get_visible(version_id)
    version.dataset.is_shared = version.is_shared
    if version.is_shared:
        version.created_by = version.left_out = None
    return version


def open_versions(user: User, versions: Iterable[DatasetVersion | None]) -> set[uuid.UUID]:
    """Return the ids of those that `user` may read: what was made of one outlasts its sharing."""
    ids = {version.pk for version in versions if version is not None}
    return set(
        DatasetVersion.objects.for_reader(user).filter(pk__in=ids).values_list("pk", flat=True)
    )


def compared_version(version: DatasetVersion, against: str | uuid.UUID | None) -> DatasetVersion:
    """Return the version of the same dataset that `version` is compared with.

    Without `against` it is the one before, or the version itself when it is the first. Raises
    `Invalid` for an id that names no version of this dataset.
    """
    versions = versions_of(version.dataset)
    if not against:
        return versions.filter(number__lt=version.number).order_by("-number").first() or version
    try:
        return versions.get(pk=uuid.UUID(str(against)))
    except (ValueError, DatasetVersion.DoesNotExist):
        detail = "Compare a version with another version of the same dataset, by its id."
        raise Invalid(detail, errors=[FieldError("/against", "does_not_exist", detail)]) from None


def sample_rows(version: DatasetVersion) -> QuerySet[Sample]:
    """Return the samples of a version as they were written: by content, then class.

    Those that were forgotten are among them.
    """
    return Sample.objects.filter(version=version).order_by("id")


def leaks_of(version: DatasetVersion) -> dict[str, int]:
    """Return how many contents stand in more than one split, and how many under several classes.

    A content in both train and test makes a report look better than the model is.
    """
    contents = Sample.objects.filter(version=version).values("sha256")
    splits = contents.annotate(kinds=Count("split", distinct=True)).filter(kinds__gt=1)
    classes = contents.annotate(kinds=Count("class_index", distinct=True)).filter(kinds__gt=1)
    return {"splits": splits.count(), "classes": classes.count()}


def some_of_each_class(version: DatasetVersion, split: Split, count: int) -> list[tuple[str, int]]:
    """Return up to `count` of `samples_of`, of as many classes as there are, the first few."""
    counts = version.sample_counts.get(split.label, {})
    present = [index for index, name in enumerate(version.class_names) if counts.get(name)][:count]
    each = -(-count // max(1, len(present)))
    rows = Sample.objects.kept().filter(version=version, split=split).order_by("id")
    rows_of = rows.values_list("sha256", "class_index")
    found = [list(rows_of.filter(class_index=index)[:each]) for index in present]
    turns = [of_class[turn] for turn in range(each) for of_class in found if turn < len(of_class)]
    return turns[:count]


def samples_with(
    version: DatasetVersion, contents: Collection[str]
) -> dict[tuple[str, int], Sample]:
    """Return samples that have these contents, with their images.

    The keys are SHA-256 and class index, as in `samples_of`.
    """
    rows = Sample.objects.kept().filter(version=version, sha256__in=contents)
    return {
        (row.sha256, row.class_index): row for row in rows.select_related("image").order_by("-id")
    }


def samples_of(
    version: DatasetVersion, split: Split, *, first: int | None = None
) -> list[tuple[str, int]]:
    """Return (SHA-256 of the image file, index into `version.class_names`) of one split.

    Without images that were forgotten. `first` bounds how many.

    The order depends on content alone (SHA-256, then class), so it is the same every time and the
    same in two versions with equal digests.
    """
    rows = ordered_samples(version, split).values_list("sha256", "class_index")
    return list(rows[:first].iterator(chunk_size=10_000))


def packed_samples_of(
    version: DatasetVersion, split: Split
) -> tuple[Digests, npt.NDArray[np.int64]]:
    """Return what `samples_of` does, in a fifth of the room: the contents, and their classes."""
    rows = ordered_samples(version, split).values_list("sha256", "class_index")
    contents, labels = bytearray(), array("q")
    for sha256, index in rows.iterator(chunk_size=10_000):
        contents += bytes.fromhex(sha256)
        labels.append(index)
    return Digests.read(bytes(contents)), np.frombuffer(labels.tobytes(), np.int64)


def sample_table(version: DatasetVersion, split: Split) -> npt.NDArray[Any]:
    """Return one row for each of `samples_of`, in its order: fields `id` and `class_index`.

    60,000 take 25 ms of a processor besides Postgres's sorting; as rows of the ORM, 200.
    """
    asked = {"version": str(version.pk), "split": split.value}
    return read_binary(_SAMPLE_TABLE, asked, [("id", ">i8"), ("class_index", ">i2")])


def ordered_samples(version: DatasetVersion, split: Split) -> QuerySet[Sample]:
    """Return the samples of one split in the order of `samples_of`."""
    rows = Sample.objects.kept().filter(version=version, split=split)
    return rows.order_by("sha256", "class_index", "id")
