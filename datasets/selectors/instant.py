"""What there is to say of a dataset's instant model, and what it lacks."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from django.db.models import Count

from datasets.models import Dataset, Image, InstantModel
from datasets.selectors.vectors import vector_source

# With fewer, or of one class alone, nothing is suggested.
LEAST_LABELLED = 6
MOST_CLASSES = 1_000


class InstantStatus(StrEnum):
    """How far an instant model is."""

    OFF = "off"
    NO_VECTORS = "no_vectors"
    EMBEDDING = "embedding"
    NEEDS_LABELS = "needs_labels"
    FITTING = "fitting"
    READY = "ready"


@dataclass(frozen=True)
class InstantState:
    """`detail` says what it needs, empty when it is ready. The figures are the last fit's.

    `labelled` images had a class, `learned_from` taught it, `held_out` are kept for tests.
    `interval` is the 95 % one of the cross-validated accuracy; None both until it is measured.
    """

    status: InstantStatus
    detail: str
    method: str | None
    labelled: int
    learned_from: int
    held_out: int
    accuracy: float | None
    interval: tuple[float, float] | None
    updated_at: datetime | None


def instant_state(dataset: Dataset, *, embedding: bool) -> InstantState:
    """Return what is known; `embedding`: whether a job makes vectors of the dataset's images."""
    row = InstantModel.objects.without_arrays().filter(dataset=dataset).first()
    if row is None or not row.class_ids:
        return _before_a_fit(dataset, row, embedding)
    current = row.seen == row.wanted
    measured = row.accuracy is not None
    return InstantState(
        status=InstantStatus.READY if current else InstantStatus.FITTING,
        detail="" if current else "It learns from the latest labels.",
        method=row.method,
        labelled=row.labelled,
        learned_from=row.learned_from,
        held_out=row.held_out,
        accuracy=row.accuracy,
        interval=(row.accuracy_low or 0.0, row.accuracy_high or 0.0) if measured else None,
        updated_at=row.fitted_at,
    )


def _before_a_fit(dataset: Dataset, row: InstantModel | None, embedding: bool) -> InstantState:
    counts = (
        Image.objects.alive()
        .filter(dataset=dataset)
        .aggregate(labelled=Count("class_label"), classes=Count("class_label", distinct=True))
    )
    if not dataset.instant_model:
        status, detail = InstantStatus.OFF, "Suggestions are switched off for this dataset."
    elif (source := vector_source(dataset)).is_descriptor:
        status, detail = _without_vectors(source.embedded, source.images, embedding)
    else:
        status, detail = _without_labels(row, counts["labelled"], counts["classes"])
    return InstantState(
        status=status,
        detail=detail,
        method=None,
        labelled=counts["labelled"],
        learned_from=0,
        held_out=row.held_out if row else 0,
        accuracy=None,
        interval=None,
        updated_at=None,
    )


def _without_vectors(done: int, images: int, embedding: bool) -> tuple[InstantStatus, str]:
    if not embedding:
        return InstantStatus.NO_VECTORS, "The images have no vectors. Compute them on the Map page."
    return (
        InstantStatus.EMBEDDING,
        f"Vectors are being computed: {done:,} of {images:,} images have one.",
    )


def _without_labels(
    row: InstantModel | None, labelled: int, classes: int
) -> tuple[InstantStatus, str]:
    held_out = row.held_out if row else 0
    if classes > MOST_CLASSES:
        detail = f"It tells at most {MOST_CLASSES:,} classes apart; there are {classes:,}."
        return InstantStatus.NEEDS_LABELS, detail
    if (more := LEAST_LABELLED - (labelled - held_out)) > 0:
        images = f"{more} more image{'s' if more > 1 else ''}"
        detail = f"Label {images}, of two classes or more, and it suggests the rest."
        return InstantStatus.NEEDS_LABELS, detail
    if classes < 2 or (row is not None and row.seen == row.wanted):
        return InstantStatus.NEEDS_LABELS, "Label images of a second class, and it suggests."
    return InstantStatus.FITTING, "It learns from the first labels."
