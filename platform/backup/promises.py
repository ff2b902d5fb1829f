"""The durable files that rows promise: what must be in a backup of these rows."""

from collections.abc import Iterable, Iterator
from typing import Any
from uuid import UUID

from django.db.models import Q, QuerySet

from backup.manifest import FileLine
from classifier.models import (
    BatchPrediction,
    Decision,
    FastMode,
    KeptPrediction,
    ModelExport,
    ModelImport,
    ModelVersion,
)
from classifier.models.decision import REFERENCES_FILE
from classifier.models.fast_mode import FAST_FILE
from datasets.models import Image, Import
from jobs.models import Status
from storage.names import (
    blob_name,
    content_hash,
    model_file_name,
    model_upload_name,
    upload_name,
)

_ROWS = 10_000


class Promises:
    """The files that the rows of this moment name, with their hashes; they are ticked off.

    A million images take about 100 MB.
    """

    def __init__(self) -> None:
        rows = Image.objects.filter(forgetting=None).values_list("sha256", flat=True)
        self._contents = {bytes.fromhex(each) for each in rows.iterator(_ROWS)}
        self._files = dict(_model_files())
        self._files.update(_kept_files())
        self._uploads = set(_uploads())

    def names(self, name: str) -> bool:
        """Whether a row names this file."""
        return self.sha256(name) is not None or name in self._uploads

    def sha256(self, name: str) -> str | None:
        """Return the hash that the file of this name must have; None where no row tells one."""
        content = content_hash(name)
        if content is not None and bytes.fromhex(content) in self._contents:
            return content
        return self._files.get(name)

    def keep(self, line: FileLine) -> bool:
        """Tick a file off; return whether it is as promised, or was not promised at all."""
        content = content_hash(line.name)
        if content is not None:
            self._contents.discard(bytes.fromhex(content))
        self._uploads.discard(line.name)
        promised = self._files.pop(line.name, line.sha256)
        return promised == line.sha256

    def open(self) -> list[str]:
        """Return the names of what has not been ticked off."""
        blobs = (blob_name(each.hex()) for each in self._contents)
        return sorted([*blobs, *self._files, *self._uploads])


def _model_files() -> Iterator[tuple[str, str]]:
    for pk, files in ModelVersion.objects.values_list("pk", "files").iterator(_ROWS):
        for name, facts in files.items():
            yield model_file_name(pk, name), facts["sha256"]
    facts = ("model_version_id", "file")
    yield from _told(FastMode.objects.exclude(file=None).values_list(*facts), FAST_FILE)
    yield from _told(ModelExport.objects.exclude(file=None).values_list(*facts))
    decisions = Decision.objects.exclude(references=None)
    yield from _told(decisions.values_list("model_version_id", "references"), REFERENCES_FILE)


def _told(rows: Iterable[tuple[UUID, Any]], name: str = "") -> Iterator[tuple[str, str]]:
    """Yield the file that each row tells of: {sha256}, and {name} where it is not given."""
    for pk, file in rows:
        yield model_file_name(pk, name or file["name"]), file["sha256"]


def _kept_files() -> Iterator[tuple[str, str]]:
    for kept in KeptPrediction.objects.filter(deleted_at=None).iterator(_ROWS):
        for image in kept.files:
            yield image.file, image.sha256


def _uploads() -> Iterator[str]:
    yield from map(upload_name, _waiting(Import.objects.all()))
    yield from map(upload_name, _waiting(BatchPrediction.objects.all()))
    yield from map(model_upload_name, _waiting(ModelImport.objects.all()))


def _waiting(rows: QuerySet[Any]) -> Iterator[str]:
    """Yield the uploads of jobs that have not ended, or wait for an answer or a retry."""
    over = Q(job__status__in=(Status.SUCCEEDED, Status.CANCELLED))
    over |= Q(job__tidied_at__isnull=False) | Q(job__released_at__isnull=False)
    yield from rows.exclude(over).exclude(upload="").values_list("upload", flat=True)
