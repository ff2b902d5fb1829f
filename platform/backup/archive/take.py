"""An archive into an organization: files first, then all rows in one transaction."""

import json
import logging
import shutil
import zipfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.files.storage import FileSystemStorage, storages
from django.db import transaction
from django.db.models import Model

from accounts.models import Organization
from accounts.services import audit
from backup.archive.contents import MODELS
from backup.archive.open import Archive, open_archive
from backup.archive.people import stand_ins
from backup.archive.remap import Remap
from backup.archive.require_files import require_files
from backup.archive.require_rows import require_ended, require_rows
from backup.archive.take_files import remove_files, require_sound_models, take_files
from backup.archive.take_images import take_images
from backup.errors import Refused
from classifier.models import Decision, FastMode, ModelExport, ModelVersion
from classifier.models.model_version import SERVED_FILE
from common.copy_rows import copy_rows
from datasets.models import Dataset, Forgetting
from datasets.services.intake.adopt_files import hold_files
from jobs.models import Job
from jobs.services.figures import leave_out
from storage import durable

logger = logging.getLogger(__name__)

_BATCH = 20_000
# COPY builds its text in memory, a few bytes for each of these.
_BATCH_BYTES = 16 << 20
# What zipfile and a value of another type than its place's raise.
_MALFORMED = (
    LookupError, TypeError, ValueError, AttributeError, RuntimeError, EOFError, zlib.error,
    zipfile.BadZipFile,
)  # fmt: skip
# They need files that are not taken of an archive that is not trusted.
_WITH_FILES = (Decision, FastMode, ModelExport)


def take_archive(
    path: Path,
    *,
    organization: Organization,
    trusted: bool,
    same_people: bool,
    say: Callable[[str], object],
) -> list[Dataset]:
    """Take an archive into an organization and return its datasets.

    Without `trusted` a model comes with its served file alone, after that was looked at behind
    glass. Raises `Refused`, and `OSError`; then nothing has changed.
    """
    with _malformed(path):
        archive = open_archive(path)
        _require_space(archive)
        remap = Remap(archive, organization)
        require_files(archive, remap, trusted=trusted)
        if not trusted:
            say("Looking at the models …")
            require_sound_models(archive, list(archive.named_rows(ModelVersion)))
        return _take(archive, remap, same_people, trusted, say)


def _take(
    archive: Archive,
    remap: Remap,
    same_people: bool,
    trusted: bool,
    say: Callable[[str], object],
) -> list[Dataset]:
    stored: list[str] = []
    try:
        say(f"Storing {len(archive.files):,} files …")
        stored.extend(take_images(archive, trusted=trusted))
        stored.extend(take_files(archive, remap, trusted=trusted))
        with transaction.atomic():
            remap.people = stand_ins(archive.people, remap.organization, same_people=same_people)
            datasets = _take_rows(archive, remap, trusted, say)
            # Last, as everyone's uploads wait for deletions, and those for this.
            hold_files()
            # What a sweep has taken for needless since.
            stored.extend(take_images(archive, trusted=trusted, again=True))
            return datasets
    except BaseException:
        remove_files(stored)
        raise


def _take_rows(
    archive: Archive,
    remap: Remap,
    trusted: bool,
    say: Callable[[str], object],
) -> list[Dataset]:
    for model in MODELS:
        if not archive.columns(model) or (not trusted and model in _WITH_FILES):
            continue
        say(f"{model._meta.label} …")
        rows = remap.rows(model)
        if model is ModelVersion and not trusted:
            rows = map(_with_served_file, rows)
        _copy(model, rows)
    leave_out(job_ids=remap.ids(Job))
    datasets = list(Dataset.objects.filter(pk__in=remap.ids(Dataset)))
    require_rows(datasets)
    require_ended(remap.ids(Forgetting))
    for dataset in datasets:
        audit.record(
            actor=None,
            action="dataset.take_archive",
            target=dataset,
            by="the operator, at the command line",
            source=archive.organization,
        )
    return datasets


def _copy(model: type[Model], rows: Iterator[dict[str, Any]]) -> None:
    columns = {field.attname: str(field.column) for field in model._meta.concrete_fields}
    for batch in _batches(rows):
        names = list(batch[0])
        copy_rows(
            model, [columns[name] for name in names], ([row[n] for n in names] for row in batch)
        )


def _batches(rows: Iterator[dict[str, Any]]) -> Iterator[list[dict[str, Any]]]:
    batch: list[dict[str, Any]] = []
    size = 0
    for row in rows:
        batch.append(row)
        size += sum(len(value) for value in row.values() if isinstance(value, str | bytes))
        if len(batch) == _BATCH or size > _BATCH_BYTES:
            yield batch
            batch, size = [], 0
    if batch:
        yield batch


def _with_served_file(values: dict[str, Any]) -> dict[str, Any]:
    files = json.loads(values["files"])
    return {**values, "files": json.dumps({k: v for k, v in files.items() if k == SERVED_FILE})}


def _require_space(archive: Archive) -> None:
    if not isinstance(storages[durable.ALIAS], FileSystemStorage):
        return
    free = shutil.disk_usage(settings.MEDIA_ROOT).free
    if archive.size > free:
        raise Refused(f"The archive takes {archive.size:,} bytes, and {free:,} are free.")


@contextmanager
def _malformed(path: Path) -> Iterator[None]:
    """Say of an archive that is malformed in a way that no check names that it is."""
    try:
        yield
    except _MALFORMED as error:
        logger.exception("archive %s", path)
        raise Refused(f"{path} is no archive that Loupe can read: {error!r}.") from error
