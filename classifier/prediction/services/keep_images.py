"""Rows of images that are kept with their prediction, where the organization wants that."""

import uuid
from collections import Counter
from collections.abc import Sequence
from datetime import datetime, timedelta
from threading import Lock
from typing import Any, NamedTuple

from django.db.models import F
from msgspec import UnsetType

from classifier.engine.runtime.answer import CleanFile, ImageResult
from classifier.engine.target import ImageAnswer
from classifier.models import PredictionKeeping
from classifier.prediction.services.answers import NamedImage
from classifier.prediction.services.delete_kept import make_room
from storage.names import kept_name

KEPT_COLUMNS = (
    "id",
    "created_at",
    "prediction_id",
    "organization_id",
    "model_version_id",
    "images",
    "contents",
    "bytes",
    "class_name",
    "confidence",
    "decision",
    "expires_at",
)
_LONGEST_CLASS = 200
_LONGEST_NAME = 255
# Of what an organization may keep: after each such part that came, the oldest make room.
_PART = 100


class Keeping(NamedTuple):
    """What an organization that keeps predictions has said: as `PredictionKeeping` has it."""

    days: int
    max_bytes: int


def keeping_for(organization: uuid.UUID) -> Keeping | None:
    """Return what an organization has said about keeping, None where it keeps no predictions."""
    rows = PredictionKeeping.objects.filter(organization=organization, enabled=True)
    found = rows.values_list("days", "max_bytes").first()
    return Keeping(*found) if found else None


class KeptRow(NamedTuple):
    """A row for COPY, and the bytes of its files."""

    values: tuple[Any, ...]
    bytes: int


class Account(NamedTuple):
    """On whose account an image is kept, and what answered."""

    organization: uuid.UUID
    version: uuid.UUID
    keeping: Keeping


def names_for(keeping: Keeping | None, images: int, *, combine: bool = False) -> tuple[str, ...]:
    """Return under which names a request's images are kept: none where they are not.

    Each is of a prediction of its own; with `combine` all are of one.
    """
    if keeping is None:
        return ()
    if combine:
        one = uuid.uuid4()
        return tuple(kept_name(one, place) for place in range(images))
    return tuple(kept_name(uuid.uuid4(), 0) for _ in range(images))


def kept_row(
    number: uuid.UUID,
    account: Account,
    images: Sequence[NamedImage],
    results: Sequence[ImageResult],
    answer: ImageAnswer,
    now: datetime,
) -> KeptRow | None:
    """Return the row of a prediction about these images; None where one of them is not stored."""
    files: list[CleanFile] = []
    for result in results:
        if isinstance(result.clean, UnsetType):
            return None
        files.append(result.clean)
    size = sum(file.bytes for file in files)
    best = answer.classes[0]
    values = (
        uuid.uuid4(),
        now,
        number,
        account.organization,
        account.version,
        [_said_of(image, file) for image, file in zip(images, files, strict=True)],
        # As Postgres reads an array: hashes need no quotes.
        "{" + ",".join(file.sha256 for file in files) + "}",
        size,
        best.class_name[:_LONGEST_CLASS],
        best.probability,
        answer.decision or "",
        now + timedelta(days=account.keeping.days),
    )
    return KeptRow(values, size)


def _said_of(image: NamedImage, file: CleanFile) -> dict[str, Any]:
    return {
        "name": image.name[:_LONGEST_NAME],
        "sha256": file.sha256,
        "width": file.width,
        "height": file.height,
        "format": file.format,
        "bytes": file.bytes,
    }


def count_missed(organization: uuid.UUID, images: int) -> None:
    """Have the organization's page say that so many images could not be kept."""
    rows = PredictionKeeping.objects.filter(organization=organization)
    rows.update(missed=F("missed") + images)


class Rooms:
    """What came for each organization since the oldest last made room; safe to use from threads.

    To add up all that an organization keeps takes milliseconds, so it is not done for each answer:
    all together go past the limit by a hundredth of it for each web process, and for moments.
    """

    def __init__(self) -> None:
        self._lock = Lock()
        self._came: Counter[uuid.UUID] = Counter()

    def take(self, organization: uuid.UUID, size: int, keeping: Keeping) -> None:
        """Say that so many bytes came; now and then this lets the oldest go."""
        with self._lock:
            self._came[organization] += size
            if self._came[organization] * _PART < keeping.max_bytes:
                return
            del self._came[organization]
        make_room(organization)


rooms = Rooms()
