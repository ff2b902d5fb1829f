"""The reports that the gate judges by, of many versions in a few queries."""

import uuid
from collections.abc import Collection, Mapping
from dataclasses import dataclass

from django.db.models import F

from classifier.engine.measure.report import SummaryByClass, SummaryBySlice
from classifier.models import EvaluationReport, ModelVersion
from classifier.models.evaluation_report import read_part, stored_part
from datasets.models import DatasetVersion, Split
from jobs.models import TERMINAL


@dataclass(frozen=True)
class StoredReport:
    """What the gate needs of a report on a test split; not its confusion matrix."""

    pk: uuid.UUID
    dataset_version: uuid.UUID
    figures: SummaryBySlice
    digest: str | None
    correct: bytes | None

    def same_images(self, other: "StoredReport") -> bool:
        """Whether both keep what was answered to the same images."""
        known = self.correct is not None and other.correct is not None
        return known and bool(self.digest) and self.digest == other.digest


@dataclass(frozen=True)
class Grounds:
    """What the facts of several versions are told from.

    `reports` are the finished ones by version, newest first: those that cannot be read are left
    out, so a version that has no others has an empty list. `pending` are the pairs of version and
    dataset version that are being measured; `images` the dataset versions of all of these.
    """

    reports: Mapping[uuid.UUID, list[StoredReport]]
    pending: Collection[tuple[uuid.UUID, uuid.UUID]]
    images: Mapping[uuid.UUID, DatasetVersion]

    def on(self, dataset_version: uuid.UUID) -> str:
        """Return how people call the test images of a dataset version."""
        return f"the test split of {self.images[dataset_version]}"


def grounds_of(
    versions: Collection[ModelVersion],
    *,
    judged_on: Collection[uuid.UUID] = (),
    with_slices: bool = False,
) -> Grounds:
    """Return what there is of these versions; three queries.

    `judged_on` are further dataset versions, that a gate names; subgroups are read `with_slices`.
    """
    ids = {version.pk for version in versions}
    reports = _reports_of(ids, with_slices)
    pending = set(
        _on_test_splits(ids)
        .filter(metrics__isnull=True)
        .exclude(job__status__in=TERMINAL)
        .values_list("model_version_id", "dataset_version_id")
    )
    asked = {each.dataset_version for rows in reports.values() for each in rows}
    asked |= {*judged_on, *(v.dataset_version_id for v in versions if v.dataset_version_id)}
    rows = DatasetVersion.objects.filter(pk__in=asked).select_related("dataset")
    rows = rows.only("number", "class_names", "sample_counts", "dataset__name")
    return Grounds(reports, pending, {row.pk: row for row in rows})


def _on_test_splits(version_ids: Collection[uuid.UUID]):  # type: ignore[no-untyped-def]
    reports = EvaluationReport.objects.as_it_answers()
    return reports.filter(model_version__in=version_ids, split=Split.TEST)


def _reports_of(
    version_ids: Collection[uuid.UUID], with_slices: bool
) -> dict[uuid.UUID, list[StoredReport]]:
    rows = (
        _on_test_splits(version_ids)
        .filter(metrics__isnull=False)
        .order_by("-created_at", "-id")
        .values_list(
            "pk",
            "model_version_id",
            "dataset_version_id",
            stored_part(SummaryBySlice if with_slices else SummaryByClass),
            F("answers__samples_digest"),
            F("answers__correct"),
        )
    )
    found: dict[uuid.UUID, list[StoredReport]] = {}
    for pk, version_id, dataset_version_id, values, digest, correct in rows:
        reports = found.setdefault(version_id, [])
        figures = read_part(SummaryBySlice, values, pk)
        if figures is not None:
            kept = bytes(correct) if correct is not None else None
            reports.append(StoredReport(pk, dataset_version_id, figures, digest, kept))
    return found
