"""An archive into an organization: files first, then all rows in one transaction."""

import json
import shutil
import uuid
from collections.abc import Callable, Iterator
from itertools import islice
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models import Model

from accounts.models import Organization
from accounts.services import audit
from backup.archive.contents import MODELS
from backup.archive.open import Archive, open_archive
from backup.archive.people import stand_ins
from backup.archive.remap import Remap
from backup.archive.take_files import remove_files, require_sound_models, take_files
from backup.errors import Refused
from classifier.models import Decision, FastMode, ModelExport, ModelVersion
from classifier.models.model_version import SERVED_FILE
from common.copy_rows import copy_rows
from datasets.models import Dataset, DatasetVersion
from datasets.selectors.digests import digest_of_samples
from datasets.services.intake.adopt_files import hold_files

_BATCH = 20_000
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
    archive = open_archive(path)
    free = shutil.disk_usage(settings.MEDIA_ROOT).free
    if archive.bytes > free:
        raise Refused(f"The archive takes {archive.bytes:,} bytes, and {free:,} are free.")
    remap = Remap(archive, organization)
    if not trusted:
        say("Looking at the models …")
        require_sound_models(archive, list(_versions(archive)))
    stored: list[str] = []
    try:
        say(f"Storing {len(archive.files):,} files …")
        stored.extend(take_files(archive, remap, trusted=trusted))
        with transaction.atomic():
            hold_files()
            # What a sweep has taken for needless since.
            stored.extend(take_files(archive, remap, trusted=trusted, checked=True))
            remap.people = stand_ins(archive.people, organization, same_people=same_people)
            return _take_rows(archive, remap, trusted, say)
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
    ids = [remap.id(Dataset, each) for each in _ids(archive)]
    datasets = list(Dataset.objects.filter(pk__in=[each for each in ids if each]))
    for version in DatasetVersion.objects.filter(dataset__in=datasets):
        if digest_of_samples(version) != version.digest:
            raise Refused(f"{version} has not the samples that its digest is of.")
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
    columns = {field.attname: field.column for field in model._meta.concrete_fields}
    while batch := list(islice(rows, _BATCH)):
        names = list(batch[0])
        copy_rows(
            model, [columns[name] for name in names], ([row[n] for n in names] for row in batch)
        )


def _with_served_file(values: dict[str, Any]) -> dict[str, Any]:
    files = json.loads(values["files"])
    return {**values, "files": json.dumps({k: v for k, v in files.items() if k == SERVED_FILE})}


def _versions(archive: Archive) -> Iterator[dict[str, Any]]:
    columns = archive.columns(ModelVersion)
    return (dict(zip(columns, row, strict=True)) for row in archive.rows(ModelVersion))


def _ids(archive: Archive) -> list[str]:
    columns = archive.columns(Dataset)
    if not columns:
        return []
    place = columns.index("id")
    return [str(uuid.UUID(row[place])) for row in archive.rows(Dataset)]
