"""What is known of a version's classes: how precise it is, what people noted, what is related."""

import uuid
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from classifier.engine.measure.confusion import ConfusionMatrix
from classifier.engine.measure.intervals import wilson
from classifier.engine.measure.related import RelatedClass, alike, mistaken_for, related
from classifier.engine.runtime.decider import unit_rows
from classifier.models import Decision, EvaluationReport, ModelVersion
from classifier.models.decision import REFERENCES_FILE
from datasets.models import Split
from datasets.selectors.classes import ClassNote, notes_of
from datasets.selectors.vectors import vectors_of_contents
from datasets.selectors.versions import samples_of
from storage import durable
from storage.names import model_file_name

# Of the training images of a version whose own vectors are not kept: enough for their means.
_MOST_VECTORS = 2_000


@dataclass(frozen=True, kw_only=True)
class ClassFacts:
    """What goes with an answer of one class.

    `precision`: of the `precision_images` images of the version's own test split that were answered
    so, the share that was right, with its 95 % interval (Wilson's); None where none was measured.
    """

    precision: float | None = None
    precision_images: int | None = None
    precision_interval: tuple[float, float] | None = None
    note: ClassNote | None = None
    related: tuple[RelatedClass, ...] = ()


NOTHING_KNOWN = ClassFacts()


def class_facts(version_id: uuid.UUID) -> Mapping[str, ClassFacts]:
    """Return what is known of a version's classes, by the names that it was trained with.

    Classes of which nothing is known are left out. It reads the report and thousands of vectors:
    `classifier.prediction.services.known_classes` remembers it.
    """
    rows = ModelVersion.objects.select_related("dataset_version__dataset__space", "model")
    version = rows.get(pk=version_id)
    matrix = _own_matrix(version)
    precisions = _precisions(matrix) if matrix else {}
    mistaken = mistaken_for(matrix) if matrix else {}
    # What other organizations share is no longer looked at once the training has ended.
    learned = version.dataset_version
    own = learned is not None and learned.dataset.organization_id == version.model.organization_id
    near = _alike(version) if own else {}
    notes = notes_of(learned) if own and learned is not None else {}
    return {
        name: ClassFacts(
            **precisions.get(name, {}),
            note=notes.get(name),
            related=related(mistaken.get(name, {}), near.get(name, {})),
        )
        for name in {*precisions, *mistaken, *near, *notes}
    }


def told_to_readers(known: Mapping[str, ClassFacts]) -> Mapping[str, ClassFacts]:
    """Return what readers of a shared model are told: the notes, not what its owners measured."""
    return {name: ClassFacts(note=facts.note) for name, facts in known.items() if facts.note}


def _own_matrix(version: ModelVersion) -> ConfusionMatrix | None:
    """Return what the newest report on the version's own test split has counted."""
    if version.dataset_version_id is None:
        return None
    reports = EvaluationReport.objects.as_it_answers().filter(
        model_version=version,
        dataset_version=version.dataset_version_id,
        split=Split.TEST,
        metrics__isnull=False,
    )
    report = reports.order_by("-created_at", "-id").first()
    return report.figures.confusion_matrix if report and report.figures else None


def _precisions(matrix: ConfusionMatrix) -> dict[str, dict]:
    answered, right = ([0] * len(matrix.class_names) for _ in range(2))
    for true, predicted, count in matrix.cells:
        answered[predicted] += count
        right[predicted] += count * (true == predicted)
    return {
        name: {
            "precision": right[index] / answered[index],
            "precision_images": answered[index],
            "precision_interval": wilson(right[index], answered[index]),
        }
        for index, name in enumerate(matrix.class_names)
        if answered[index]
    }


def _alike(version: ModelVersion) -> dict[str, dict[str, float]]:
    """Compare classes by the version's own training vectors, else by those of the dataset."""
    decision = Decision.objects.filter(model_version=version, references__isnull=False).first()
    if decision is not None and decision.references is not None:
        name = model_file_name(version.pk, REFERENCES_FILE)
        path = durable.local_content(name, decision.references["sha256"])
        try:
            vectors = np.load(path, mmap_mode="r")
        except OSError:
            return {}
        rows = np.arange(len(vectors))
        labels = np.searchsorted(np.array(decision.starts), rows, side="right") - 1
        return alike(vectors, labels.astype(np.int64), version.class_names)
    learned = version.dataset_version
    if learned is None or learned.dataset.space is None:
        return {}
    samples = samples_of(learned, Split.TRAIN, first=_MOST_VECTORS)
    found = vectors_of_contents(
        learned.dataset.organization_id, [sha256 for sha256, _ in samples], learned.dataset.space
    )
    there = found.values.any(axis=1)
    classes = np.array([index for _, index in samples], np.int64)
    return alike(unit_rows(found.values[there]), classes[there], version.class_names)
