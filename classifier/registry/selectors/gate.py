"""Whether a version may go live: the facts for `classifier.engine.measure.gate`.

A version is judged by its newest report on the test split of the dataset version that it was
trained on; where that has none, by its newest report on another test split that holds none of the
images it learned from. It is compared with the live version on the same test images: both reports
keep what was answered to each. Built-in models are exempt, and so is a version that was live
before: going back must always be possible.
"""

import uuid
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from django.db.models import F

from classifier.engine.measure.gate import GateFacts, GateResult, Measured, judge
from classifier.engine.measure.mcnemar import compare
from classifier.engine.measure.report import SummaryByClass
from classifier.models import AliasChange, EvaluationReport, ModelAlias, ModelVersion
from classifier.models.alias import CHAMPION
from classifier.models.evaluation_report import read_part, stored_part
from datasets.models import DatasetVersion, Split


@dataclass(frozen=True)
class _Report:
    """What the gate needs of a report on a test split; not its confusion matrix."""

    dataset_version: uuid.UUID
    figures: SummaryByClass
    digest: str | None
    correct: bytes | None


def gate_of(version: ModelVersion) -> GateResult | None:
    """Return what the gate says of one version; None where it does not apply."""
    return gates_of([version]).get(version.pk)


def gates_of(versions: Sequence[ModelVersion]) -> dict[uuid.UUID, GateResult]:
    """Return what the gate says, by version; built-in ones are left out. Three queries."""
    versions = [version for version in versions if not version.model.built_in]
    live = {
        pointer.model_id: pointer.version
        for pointer in ModelAlias.objects.filter(
            alias=CHAMPION, model__in={version.model_id for version in versions}
        ).select_related("version")
    }
    reports = _reports_of({*(v.pk for v in versions), *(v.pk for v in live.values())})
    return {
        version.pk: judge(_facts(version, live.get(version.model_id), reports))
        for version in versions
    }


def with_gates(versions: list[ModelVersion]) -> list[ModelVersion]:
    """Return the versions with what the gate says of each as its `gate`, for serializers."""
    gates = gates_of(versions)
    for version in versions:
        version.gate = gates.get(version.pk)  # type: ignore[attr-defined]
    return versions


def was_live(version: ModelVersion) -> bool:
    """Whether the version is live or was live before."""
    changes = AliasChange.objects.filter(model=version.model_id, alias=CHAMPION)
    return changes.filter(version_number=version.number).exists()


def has_report_on(version: ModelVersion, digest: str) -> bool:
    """Whether the version's answers to the test images with this digest are kept."""
    reports = EvaluationReport.objects.as_it_answers()
    return reports.filter(model_version=version, answers__samples_digest=digest).exists()


def _reports_of(version_ids: Iterable[uuid.UUID]) -> dict[uuid.UUID, list[_Report]]:
    """Return the finished reports on test splits, by version, newest first.

    Those that cannot be read are left out: a version that has no others has an empty list.
    """
    rows = (
        EvaluationReport.objects.as_it_answers()
        .filter(model_version__in=version_ids, split=Split.TEST, metrics__isnull=False)
        .order_by("-created_at", "-id")
        .values_list(
            "pk",
            "model_version_id",
            "dataset_version_id",
            stored_part(SummaryByClass),
            F("answers__samples_digest"),
            F("answers__correct"),
        )
    )
    found: dict[uuid.UUID, list[_Report]] = {}
    for pk, version_id, dataset_version_id, values, digest, correct in rows:
        reports = found.setdefault(version_id, [])
        figures = read_part(SummaryByClass, values, pk)
        if figures is not None:
            kept = bytes(correct) if correct is not None else None
            reports.append(_Report(dataset_version_id, figures, digest, kept))
    return found


def _facts(
    version: ModelVersion, live: ModelVersion | None, reports: dict[uuid.UUID, list[_Report]]
) -> GateFacts:
    own = reports.get(version.pk)
    report = _judged_by(version, own or [])
    if report is None:
        live_name = f"version {live.number}" if live else ""
        return GateFacts(measured=None, why_not_measured=_why_not(version, own), live=live_name)
    name, support = report.figures.largest
    measured = Measured(
        images=report.figures.sample_count,
        accuracy=report.figures.accuracy,
        largest_class=name,
        largest_share=support / max(1, report.figures.sample_count),
    )
    if live is None or live.pk == version.pk:
        return GateFacts(measured=measured)
    return _compared(measured, report, live, reports.get(live.pk, []))


def _judged_by(version: ModelVersion, reports: list[_Report]) -> _Report | None:
    own = [each for each in reports if each.dataset_version == version.dataset_version_id]
    others = [each for each in reports if each.figures.seen_in_training == 0]
    return next(iter([*own, *others]), None)


def _why_not(version: ModelVersion, reports: list[_Report] | None) -> str:
    if reports:
        return (
            "It has been measured only on images that it learned from, or may have. Freeze a "
            "version with a test split, and train on it."
        )
    if version.instant_model is not None:
        return (
            "It has not been measured yet: evaluate it on a test split that was frozen before it "
            "was registered. Where there is none, freeze a version: the instant model then leaves "
            "its test images out and can be registered again."
        )
    dataset_version = version.dataset_version
    if dataset_version is None or not _test_images(dataset_version):
        return (
            "It cannot be judged: it was trained on a version without a test split. Freeze one "
            "with test images, then train on it, or evaluate this version on images that it did "
            "not learn from."
        )
    why = "has not been measured yet"
    if reports is not None:
        why = "has only a report that another version of Loupe wrote and this one cannot read"
    return f"It {why}: evaluate it on the test split of {dataset_version}."


def _compared(
    measured: Measured, report: _Report, live: ModelVersion, reports: list[_Report]
) -> GateFacts:
    name = f"version {live.number}"
    other = next((each for each in reports if each.digest and each.digest == report.digest), None)
    if report.correct is not None and other is not None and other.correct is not None:
        found = compare(report.correct, other.correct)
        return GateFacts(measured=measured, live=name, comparison=found)
    asked = {each.class_name for each in report.figures.per_class if each.support}
    unknown = sorted(asked - set(live.class_names))
    if unknown:
        return GateFacts(
            measured=measured,
            live=name,
            comparable=False,
            why_not_compared=f"It is not compared with {name}, which is live and does not know "
            f"the class “{unknown[0]}”.",
        )
    which = f"{name}, which is live," if report.correct is not None else "this version"
    split = DatasetVersion.objects.select_related("dataset").get(pk=report.dataset_version)
    return GateFacts(
        measured=measured,
        live=name,
        why_not_compared=f"It cannot be compared with {name}, which is live, until both are "
        f"measured on the same test images: evaluate {which} on the test split of {split}.",
    )


def _test_images(version: DatasetVersion) -> int:
    return sum(version.sample_counts.get("test", {}).values())
