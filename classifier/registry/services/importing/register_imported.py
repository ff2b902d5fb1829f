"""Make a model version of a foreign model, and tidy up after imports."""

import time
from pathlib import Path
from typing import Any, NamedTuple

from django.db import transaction

from accounts.services import audit
from classifier.engine.foreign.scaling import SCALINGS
from classifier.engine.formats.facts import IMPORTED
from classifier.models import ModelImport, ModelVersion
from classifier.registry.services.code_version import code_version
from classifier.registry.services.register import move_files, new_model
from classifier.registry.services.version_numbers import next_number
from storage import durable
from storage.names import MODEL_UPLOADS, model_upload_name

_RESIDUE_SECONDS = 24 * 3600


class ImportedFiles(NamedTuple):
    """What was written: `files` as `ModelVersion.files`; what was found while it was opened."""

    folder: Path
    files: dict[str, Any]
    parity: dict[str, Any]
    libraries: dict[str, str]
    answers: str
    parameters: int
    remarks: list[str]
    trial: dict[str, Any] | None


@transaction.atomic
def register_imported(*, row: ModelImport, written: ImportedFiles) -> ModelVersion:
    """Register the files as a version under the import's own id; called in the job's last step.

    The caller holds the lock of the import's job, so it is registered once.
    """
    model = row.model or new_model(row.organization, row.name, row.created_by)
    version = ModelVersion.objects.create(
        id=row.pk,
        model=model,
        number=next_number(model),
        class_names=row.class_names,
        preset=IMPORTED,
        config={
            "image_size": row.input["size"],
            **{name: row.input[name] for name in ("fit", "scaling", "channels")},
        },
        libraries=written.libraries,
        code_version=code_version(),
        files=written.files,
        parity=written.parity,
        imported=_facts(row, written),
        created_by=row.created_by,
    )
    row.model, row.remarks, row.trial = model, written.remarks, written.trial
    row.save(update_fields=["model", "remarks", "trial"])
    audit.record(
        actor=row.created_by,
        action="model_version.register",
        target=version,
        imported=row.file_name,
        sha256=row.file_sha256,
        files=written.files,
    )
    move_files(written.folder, version, list(written.files))
    return version


def _facts(row: ModelImport, written: ImportedFiles) -> dict[str, Any]:
    return {
        "file_name": row.file_name,
        "sha256": row.file_sha256,
        "bytes": row.file_bytes,
        "keras_version": row.keras_version,
        "scaling": row.input["scaling"],
        "formula": SCALINGS[row.input["scaling"]].formula,
        "channels": row.input["channels"],
        "size": row.input["size"],
        "answers": written.answers,
        "parameters": written.parameters,
        "layers": row.stated["layers"],
        "steps": row.stated["steps"],
        "remarks": written.remarks,
    }


def sweep_model_uploads() -> None:
    """Remove day-old files of foreign models that no import needs: a killed web process's."""
    earliest = time.time() - _RESIDUE_SECONDS
    found = [file for file in durable.files_in(MODEL_UPLOADS) if file.modified < earliest]
    keys = {file.name.removeprefix(MODEL_UPLOADS) for file in found}
    waiting = ModelImport.objects.filter(upload__in=keys, job__tidied_at=None)
    for key in keys - set(waiting.values_list("upload", flat=True)):
        durable.delete(model_upload_name(key))
