"""Freeze a dataset into an immutable, numbered version."""

import uuid
from collections.abc import Iterable, Sequence
from operator import attrgetter

from django.db import connection, transaction
from django.db.models import Max

from accounts.models import User
from accounts.services import audit
from datasets.models import ClassLabel, Dataset, DatasetVersion, Split, Strategy
from datasets.policies import require_editable
from datasets.selectors.digests import digest_of
from datasets.selectors.division import Wanted, divide
from datasets.selectors.left_out import left_out_of
from datasets.selectors.slices import as_stored, described
from datasets.services import listeners
from datasets.services.quality.copies import require_compared
from datasets.splitting.splits import Fractions, Labelled

MAX_SEED = 2**63 - 1
# Their ids are written out as one text.
_AT_ONCE = 100_000
# Names and metadata stay in Postgres; the order of the images becomes that of the rows.
_INSERT = """
INSERT INTO datasets_sample (version_id, image_id, sha256, name, metadata, class_index, split)
SELECT %(version)s, image.id, image.sha256, image.name, image.metadata,
       chosen.class_index, chosen.split
FROM unnest(%(images)s::uuid[], %(classes)s::smallint[], %(splits)s::smallint[])
    WITH ORDINALITY AS chosen (image_id, class_index, split, place)
JOIN datasets_image AS image ON image.id = chosen.image_id
ORDER BY chosen.place
"""


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
    reuse: bool = False,
) -> DatasetVersion:
    """Make the next version from the images that are labelled, not left out and not in the trash.

    `train`, `validation` and `test` are shares above 0 that add up to 1 (the folder strategy takes
    the archive's own); `seed` is 0 to 2^63-1. With `keep_test` whatever an earlier version of the
    dataset tested on stays in test, so that reports stay comparable (the folder strategy never
    looks at it). With `reuse` the newest version is returned where it holds the same. Raises
    `Invalid`, `CannotFreeze`, `InTrash`, `UnreadableImage`, `NotFound` or
    `Forbidden`.
    """
    require_editable(user=user, dataset=dataset)
    wanted = Wanted.checked(strategy, Fractions(train, validation, test), seed, keep_test)
    if strategy == Strategy.GROUPED:
        require_compared(user=user, dataset=dataset)
    return _frozen(user, dataset, wanted, note, reuse)


@transaction.atomic
def _frozen(user: User, dataset: Dataset, wanted: Wanted, note: str, reuse: bool) -> DatasetVersion:
    dataset.lock()
    division = divide(dataset, wanted)
    images, splits = division.images, division.splits
    digest = _digest(images, splits)
    newest = DatasetVersion.objects.filter(dataset=dataset).order_by("-number").first()
    if reuse and newest is not None and newest.digest == digest:
        return newest
    version = DatasetVersion(
        dataset=dataset,
        number=_next_number(dataset),
        digest=digest,
        strategy=wanted.strategy,
        fractions=vars(division.fractions),
        seed=wanted.seed,
        keep_test=wanted.keep_test,
        note=note,
        class_names=division.class_names,
        class_ids=_class_ids(dataset, division.class_names),
        sample_counts=division.sample_counts,
        left_out=[{"reason": each.reason, "count": each.count} for each in left_out_of(dataset)],
        created_by=user,
    )
    # The samples come first: no row of a version can be changed, and its slices are read from them.
    _insert_samples(version, images, splits)
    version.slices = as_stored(described(version))
    version.save(force_insert=True)
    audit.record(
        actor=user,
        action="version.freeze",
        target=version,
        number=version.number,
        digest=version.digest,
    )
    listeners.test_set_changed.announce(user=user, dataset=dataset)
    return version


def _class_ids(dataset: Dataset, names: Sequence[str]) -> list[str | None]:
    labels = ClassLabel.objects.filter(dataset=dataset).values_list("name", "id")
    ids = {name: str(class_id) for name, class_id in labels}
    return [ids.get(name) for name in names]


def _next_number(dataset: Dataset) -> int:
    last = DatasetVersion.objects.filter(dataset=dataset).aggregate(last=Max("number"))["last"]
    return (last or 0) + 1


def _digest(images: Sequence[Labelled], splits: dict[uuid.UUID, Split]) -> str:
    in_order = sorted(images, key=attrgetter("sha256"))
    return digest_of((i.sha256, str(splits[i.id].label), i.class_name) for i in in_order)


def _insert_samples(
    version: DatasetVersion, images: Sequence[Labelled], splits: dict[uuid.UUID, Split]
) -> None:
    index = {name: str(number) for number, name in enumerate(version.class_names)}
    values = {split: str(split.value) for split in Split}
    for start in range(0, len(images), _AT_ONCE):
        part = images[start : start + _AT_ONCE]
        chosen = {
            "version": str(version.pk),
            "images": _array(str(image.id) for image in part),
            "classes": _array(index[image.class_name] for image in part),
            "splits": _array(values[splits[image.id]] for image in part),
        }
        with connection.cursor() as cursor:
            cursor.execute(_INSERT, chosen)


def _array(values: Iterable[str]) -> str:
    """Return an array as Postgres reads it; as one text it is parsed at once."""
    return "{" + ",".join(values) + "}"
