"""Reading what was, or can be, exported of model versions."""

import uuid
from dataclasses import dataclass
from typing import Any, NamedTuple, TypedDict

from accounts.models import User
from accounts.querysets import TenantQuerySet
from classifier.engine.formats.exports import FORMATS, ExportFormat
from classifier.engine.formats.facts import FOREIGN_FILE, KERAS_FILE
from classifier.engine.presets.registry import PRESETS
from classifier.models import EvaluationReport, ModelExport, ModelVersion
from classifier.models.fast_mode import FAST_FILE
from common.sentences import listed
from datasets.models import DatasetVersion, Split
from datasets.selectors.versions import ordered_samples

# An export is measured on the first of these splits that has images.
_MEASURED_ON = (Split.TEST, Split.VALIDATION, Split.TRAIN)


class File(TypedDict):
    """A file's content hash (hexadecimal) and size."""

    sha256: str
    bytes: int


class Measuring(NamedTuple):
    """The images that exports of a version are measured on."""

    images: DatasetVersion
    split: Split


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
    on = measured_on(version)
    return [name for name, each in FORMATS.items() if not _why_not(version, each, on)]


def why_not_exported(version: ModelVersion, format: ExportFormat) -> str:
    """Return why there can be no such file of the version, in a sentence; empty where it can be."""
    return _why_not(version, format, measured_on(version))


def _why_not(version: ModelVersion, format: ExportFormat, on: Measuring | None) -> str:
    if version.model.built_in:
        return f"{version} comes with Loupe: its files can be downloaded as they are."
    if version.served_file is None or on is None:
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
    if format.chosen and (sentence := why_not_chosen(on)):
        return sentence
    # Of an ensemble, one for each square that its members see.
    squares = version.config.get("image_sizes", [])
    if format.one_square and len(squares) > 1:
        return (
            f"{format.title}: a model that sees one square of an image. The members of {version} "
            f"see {len(squares)} of them, {listed([f'{size} px' for size in squares])}: export "
            "one of its members."
        )
    return _why_no_network(version) if format.of_network else ""


def why_not_chosen(on: Measuring) -> str:
    """Return why no numbers of an export can be chosen; empty where they can be."""
    said = "Its numbers are chosen with train images, and it is measured on others"
    if on.split == Split.TRAIN:
        return f"{said}. {on.images} has no others, or its newest report is on these."
    return "" if _count(on.images, Split.TRAIN) else f"{said}. {on.images} has no train images."


def measured_on(version: ModelVersion) -> Measuring | None:
    """Return the images that exports of a version are measured on.

    Test images of those that it learned from, or what there is of these; else the images of its
    newest report. None where there are neither.
    """
    own = version.dataset_version
    if own is not None:
        split = next((each for each in _MEASURED_ON if _count(own, each)), Split.TRAIN)
        return Measuring(own, split)
    reports = EvaluationReport.objects.as_it_answers().filter(
        model_version=version, metrics__isnull=False
    )
    report = reports.select_related("dataset_version").defer("metrics").order_by("-created_at")
    newest: EvaluationReport | None = report.first()
    return None if newest is None else Measuring(newest.dataset_version, newest.split_enum)


def left_of(on: Measuring) -> Measuring:
    """Return another split of the images where all of this one were forgotten since the freeze."""
    splits = (on.split, *(each for each in _MEASURED_ON if each != on.split))
    left = next((each for each in splits if ordered_samples(on.images, each).exists()), on.split)
    return Measuring(on.images, left)


def splits_to_choose_by(on: Measuring) -> list[Split]:
    """Return the splits with images that exports are not measured on, the best first."""
    return [each for each in _MEASURED_ON if each != on.split and _count(on.images, each)]


def _count(images: DatasetVersion, split: Split) -> int:
    return sum(images.sample_counts.get(split.label, {}).values())


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
    on = measured_on(version)
    return [
        Offer(each, exports.get(name), _why_not(version, each, on))
        for name, each in FORMATS.items()
    ]


def _facts(file: dict[str, Any]) -> File:
    return {"sha256": file["sha256"], "bytes": file["bytes"]}
