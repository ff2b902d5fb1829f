"""Reading what was, or can be, exported of model versions."""

import uuid
from dataclasses import dataclass
from typing import Any, TypedDict

from accounts.models import User
from accounts.querysets import TenantQuerySet
from classifier.engine.formats.exports import FORMATS, ExportFormat
from classifier.engine.formats.facts import FOREIGN_FILE, KERAS_FILE
from classifier.engine.presets.registry import PRESETS
from classifier.models import EvaluationReport, ModelExport, ModelVersion
from classifier.models.fast_mode import FAST_FILE
from datasets.models import DatasetVersion


class File(TypedDict):
    """A file's content hash (hexadecimal) and size."""

    sha256: str
    bytes: int


def visible_exports(user: User) -> TenantQuerySet:
    """Return the exports that `user` may see, newest first."""
    exports = ModelExport.objects.for_user(user).select_related("job", "model_version__model")
    return exports.order_by("-created_at", "-id")


def visible_export(user: User, export_id: uuid.UUID) -> ModelExport:
    """Return one export; raises `NotFound` for one that `user` may not see."""
    return visible_exports(user).get_visible(export_id)


def files_of(version: ModelVersion) -> dict[str, File]:
    """Return what can be downloaded by name: the registered files, and those made on request."""
    exports = version.exports.all()
    made = {each.file["name"]: _facts(each.file) for each in exports if each.file is not None}
    fast = getattr(version, "fast_mode", None)
    if fast is not None and fast.file is not None:
        made[FAST_FILE] = _facts(fast.file)
    return {**made, **version.files}


def makeable(version: ModelVersion) -> list[str]:
    """Return the formats that the version can be exported in."""
    images = images_of(version)
    return [name for name, each in FORMATS.items() if not _why_not(version, each, images)]


def why_not_exported(version: ModelVersion, format: ExportFormat) -> str:
    """Return why there can be no such file of the version, in a sentence; empty where it can be."""
    return _why_not(version, format, images_of(version))


def _why_not(version: ModelVersion, format: ExportFormat, images: DatasetVersion | None) -> str:
    if version.model.built_in:
        return f"{version} comes with Loupe: its files can be downloaded as they are."
    if version.served_file is None or images is None:
        return (
            f"An export is measured on images, and {version} was not measured on any yet: evaluate "
            "it first. Its own files can be downloaded as they are."
        )
    size = version.served_file["bytes"]
    if format.most_bytes is not None and size > format.most_bytes:
        return (
            f"{format.title}: a model of up to {format.most_bytes >> 20} MiB; this one has "
            f"{size >> 20} MiB."
        )
    if format.chosen and not _has_other_images(images):
        return (
            "Its numbers are chosen with other images than those that it is measured on, train "
            f"images among them: {images} has too few splits."
        )
    return _why_no_network(version) if format.of_network else ""


def _has_other_images(images: DatasetVersion) -> bool:
    counts = {split: sum(by_class.values()) for split, by_class in images.sample_counts.items()}
    return bool(counts.get("train") and (counts.get("test") or counts.get("validation")))


def images_of(version: ModelVersion) -> DatasetVersion | None:
    """Return the images that exports of a version are measured on.

    Those that it learned from, else those of its newest report; None where there are neither.
    """
    if version.dataset_version is not None:
        return version.dataset_version
    reports = EvaluationReport.objects.as_it_answers().filter(
        model_version=version, metrics__isnull=False
    )
    report = reports.select_related("dataset_version").defer("metrics").order_by("-created_at")
    newest: EvaluationReport | None = report.first()
    return newest.dataset_version if newest is not None else None


def _why_no_network(version: ModelVersion) -> str:
    if FOREIGN_FILE in version.files:
        return (
            f"{version} came as {FOREIGN_FILE}, and a file from elsewhere is not opened again: "
            "download that one, or its ONNX file."
        )
    preset = PRESETS.get(version.preset)
    of_run = version.training_run_id is not None
    is_head = of_run and preset is not None and preset.kind == "transfer"
    if KERAS_FILE in version.files or is_head:
        return ""
    return f"{version} ({version.preset}) is no network of Keras."


@dataclass(frozen=True)
class Offer:
    """A format of a version: `export` is what was asked for last, `why_not` why it cannot be."""

    format: ExportFormat
    export: ModelExport | None
    why_not: str


def offers_of(version: ModelVersion) -> list[Offer]:
    """Return every format, with what there is of it."""
    rows = ModelExport.objects.filter(model_version=version).select_related("job", "created_by")
    exports = {each.format: each for each in rows}
    images = images_of(version)
    return [
        Offer(each, exports.get(name), _why_not(version, each, images))
        for name, each in FORMATS.items()
    ]


def _facts(file: dict[str, Any]) -> File:
    return {"sha256": file["sha256"], "bytes": file["bytes"]}
