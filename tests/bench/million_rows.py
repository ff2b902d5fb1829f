"""The rows of `tests.bench.million`: images of many classes, and vectors with planted neighbours.

Made by COPY, some thousands at a time, the same for the same seed; what is there already is left.
"""

import io
import uuid
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import numpy as np
from django.db import connection, transaction
from django.utils import timezone

from accounts.models import User
from common.copy_rows import copy_rows
from datasets.models import (
    ClassLabel,
    Dataset,
    FindingKind,
    Image,
    QualityItem,
    QualityMember,
    QualityReport,
)
from datasets.services.image_counts import add_up_image_counts
from tests import factories

SEED = 0
WIDTH = 1_280
AT_ONCE = 20_000
# Of each hundred images one has a twin: the image after it, whose vector hardly differs.
TWINS = 100
FINDINGS = 100
_SPACE = "EfficientNetLite0"
# How much less a number of a vector varies than the one before: 128 of 1,280 hold four fifths.
_DECAY = 0.6
_WITHIN, _BETWEEN_TWINS = 0.7, 0.1
_VECTOR = np.dtype(
    [
        ("fields", ">i2"),
        *(("organization length", ">i4"), ("organization", "S16")),
        *(("sha256 length", ">i4"), ("sha256", "S64")),
        *(("space length", ">i4"), ("space", ">i8")),
        *(("vector length", ">i4"), ("vector", "<f2", (WIDTH,))),
    ]
)
_COLUMNS = (
    "id", "dataset_id", "sha256", "name", "class_label_id", "split", "width", "height", "format",
    "bytes", "metadata", "created_at", "labelled_by_id", "excluded_at", "deleted_at",
)  # fmt: skip
_TABLES = (
    "datasets_image", "datasets_imagecount", "datasets_vector", "datasets_qualityitem",
    "datasets_qualitymember", "datasets_classlabel",
)  # fmt: skip
_HEADER, _TRAILER = b"PGCOPY\n\xff\r\n\x00" + bytes(8), b"\xff\xff"


def dataset_of(images: int, classes: int, name: str = "A million") -> Dataset:
    """Return the dataset with so many images and classes, made or filled up where it is not."""
    user = User.objects.filter(username="million").first() or factories.make_user("million")
    dataset = Dataset.objects.filter(name=name).first()
    if dataset is None:
        dataset = factories.make_dataset(user=user, name=name)
        dataset.space = factories.make_space(backbone=_SPACE, width=WIDTH)
        dataset.save()
        names = (f"species {number:04d}" for number in range(classes))
        ClassLabel.objects.bulk_create(
            ClassLabel(dataset=dataset, name=name, position=place)
            for place, name in enumerate(names)
        )
    labels = list(dataset.classes.order_by("position").values_list("pk", flat=True))
    there = Image.objects.filter(dataset=dataset).count()
    for start in range(there, images, AT_ONCE):
        _add(dataset, user, labels, start, min(AT_ONCE, images - start))
        print(f"{start + AT_ONCE:,} images", flush=True)
    if there < images:
        _add_findings(dataset)
        add_up_image_counts()  # As the clock does.
        with connection.cursor() as cursor:
            for table in _TABLES:
                cursor.execute(f"VACUUM ANALYZE {table}")
    return dataset


def class_centres(classes: int) -> np.ndarray:
    """Return the middle of each class (c, WIDTH), by what numbers of a vector vary."""
    random = np.random.default_rng(SEED)
    return random.normal(size=(classes, WIDTH)).astype(np.float32) * _spread()


def _spread() -> np.ndarray:
    return (np.arange(1, WIDTH + 1) ** -_DECAY).astype(np.float32)


@transaction.atomic
def _add(dataset: Dataset, user: User, labels: list, start: int, count: int) -> None:
    random = np.random.default_rng([SEED, len(labels), start])
    hashes = [random.bytes(32).hex() for _ in range(count)]
    copy_rows(Image, _COLUMNS, _images(dataset, user, labels, start, hashes))
    classes = np.arange(start, start + count) % len(labels)
    noise = random.standard_normal(size=(count, WIDTH), dtype=np.float32) * _spread()
    vectors = class_centres(len(labels))[classes] + _WITHIN * noise
    for first in range(0, count - 1, TWINS):
        vectors[first + 1] = vectors[first] + _BETWEEN_TWINS * noise[first + 1]
    _copy_vectors(dataset, hashes, vectors)


def _images(
    dataset: Dataset, user: User, labels: list, start: int, hashes: list[str]
) -> Iterator[tuple[Any, ...]]:
    now: datetime = timezone.now()
    for number, sha256 in enumerate(hashes, start):
        metadata = {"camera": f"cam-{number % 7}", "site": f"site-{number % 400}"}
        yield (
            uuid.uuid4(), dataset.pk, sha256, f"folder/IMG_{number:07d}.jpg",
            labels[number % len(labels)] if number % 16 else None,
            ("train", "validation", "test")[number % 3], 32, 32, "JPEG", 1000, metadata,
            now + timedelta(microseconds=number), user.pk if number % 50 == 1 else None,
            now if number % 200 == 2 else None, now if number % 301 == 3 else None,
        )  # fmt: skip


def _copy_vectors(dataset: Dataset, hashes: list[str], vectors: np.ndarray) -> None:
    rows = np.zeros(len(hashes), _VECTOR)
    rows["fields"] = 4
    for name, length in (("organization", 16), ("sha256", 64), ("space", 8)):
        rows[f"{name} length"] = length
    rows["vector length"] = 2 * WIDTH
    # NumPy's strings end at a zero byte, which the array itself keeps.
    rows["organization"] = np.frombuffer(dataset.organization_id.bytes, "S16")[0]
    rows["sha256"] = [each.encode() for each in hashes]
    rows["space"] = dataset.space_id
    rows["vector"] = vectors.astype("<f2")
    stream = io.BytesIO(_HEADER + rows.tobytes() + _TRAILER)
    with connection.cursor() as cursor:
        cursor.copy_expert(
            "COPY datasets_vector (organization_id, sha256, space_id, vector)"
            " FROM STDIN (FORMAT binary)",
            stream,
            size=1 << 20,
        )


def _add_findings(dataset: Dataset) -> None:
    """Put each hundredth image among the blurred ones."""
    QualityReport.objects.filter(dataset=dataset).delete()
    report = QualityReport.objects.create(dataset=dataset, checked_at=timezone.now())
    ids = Image.objects.filter(dataset=dataset).order_by("created_at").values_list("pk", flat=True)
    found = list(ids.iterator())[::FINDINGS]
    items = QualityItem.objects.bulk_create(
        (
            QualityItem(report=report, kind=FindingKind.BLURRED, rank=rank, fact=f"{rank:064d}")
            for rank in range(len(found))
        ),
        batch_size=5_000,
    )
    QualityMember.objects.bulk_create(
        (
            QualityMember(item=item, image_id=image_id, position=0)
            for item, image_id in zip(items, found, strict=True)
        ),
        batch_size=5_000,
    )
