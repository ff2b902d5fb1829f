"""What a report can be compared with: other versions, with their report on the same images."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import Case, IntegerField, Q, Value, When

from accounts.models import User
from classifier.evaluation.errors import CannotEvaluate
from classifier.evaluation.selectors.reports import visible_reports
from classifier.evaluation.services.require_mapping import require_mapping
from classifier.models import EvaluationReport, ModelVersion, ReportAnswers
from classifier.registry.selectors.availability import why_unavailable
from classifier.registry.selectors.models import visible_versions
from jobs.models import TERMINAL

SHOWN = 50


@dataclass(frozen=True)
class Candidate:
    """A version, its newest report on the same images, and what it takes to get one.

    `state` is `measured`, `under_way`, `startable`, `other_classes` or `unavailable`, `reason` why.
    """

    version: ModelVersion
    report: EvaluationReport | None
    state: str
    reason: str = ""


@dataclass(frozen=True)
class Candidates:
    """Up to `SHOWN` candidates; `more` match besides."""

    rows: list[Candidate]
    query: str
    more: int

    @property
    def groups(self) -> list[tuple[str, list[Candidate]]]:
        """The rows under headings: of the same model, of others, ready-made ones."""
        named: dict[str, list[Candidate]] = {}
        for row in self.rows:
            named.setdefault(row.version.group, []).append(row)  # type: ignore[attr-defined]
        return list(named.items())


def candidates(user: User, report: EvaluationReport, query: str = "") -> Candidates:
    """Return what `user` may compare the report with: its organization's versions, ready-made ones.

    Those of the same model first, then those that have a report; `query` is in a model's name.
    """
    model = report.model_version.model
    own = Q(model__organization=report.organization_id) | Q(model__organization=None)
    everything = (
        visible_versions(user)
        .filter(own, model__archived_at=None)
        .exclude(pk=report.model_version_id)
    )
    if query:
        everything = everything.filter(model__name__icontains=query)
    rank = Case(
        When(model=model.pk, then=Value(0)),
        When(model__organization=None, then=Value(2)),
        default=Value(1),
        output_field=IntegerField(),
    )
    ranked = everything.annotate(rank=rank).order_by("rank", "-created_at", "-id")
    versions = list(ranked[:SHOWN])
    # However many versions there are, the ready-made ones are offered.
    if len(versions) == SHOWN:
        ready = list(everything.filter(model__organization=None)[:5])
        versions = [each for each in versions if each not in ready][: SHOWN - len(ready)] + ready
    reports = _reports(user, report, versions)
    rows = []
    for version in versions:
        version.group = _heading(version, report)
        rows.append(_candidate(version, report, reports.get(version.pk)))
    return Candidates(rows, query, max(0, everything.count() - len(rows)))


def _heading(version: ModelVersion, report: EvaluationReport) -> str:
    if version.model_id == report.model_version.model_id:
        return f"Other versions of {version.model.name}"
    return "Ready-made models" if version.model.organization_id is None else "Other models"


def _reports(
    user: User, report: EvaluationReport, versions: Sequence[ModelVersion]
) -> dict[Any, EvaluationReport]:
    """Return the best report of each version on the same images: measured before under way."""
    digest = ReportAnswers.objects.filter(report=report).values("samples_digest")
    same = Q(dataset_version=report.dataset_version_id, split=report.split)
    found: dict[Any, EvaluationReport] = {}
    rows = visible_reports(user).filter(model_version__in=versions).summarized()
    for each in rows.filter(same | Q(answers__samples_digest__in=digest)):
        kept = found.get(each.model_version_id)
        if kept is None or (each.measured and not kept.measured):
            found[each.model_version_id] = each
    return found


def _candidate(
    version: ModelVersion, report: EvaluationReport, found: EvaluationReport | None
) -> Candidate:
    if found is not None and found.measured:
        return Candidate(version, found, "measured")
    if found is not None and found.job.status not in TERMINAL:
        return Candidate(version, found, "under_way")
    if reason := why_unavailable(version.model):
        return Candidate(version, None, "unavailable", reason)
    try:
        require_mapping(report.dataset_version.class_names, version.class_names, {})
    except CannotEvaluate:
        return Candidate(version, None, "other_classes")
    return Candidate(version, None, "startable")
