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
    A report of mapped classes stands where the version has no other.
    """

    heading: str
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
            named.setdefault(row.heading, []).append(row)
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
    rows = [_candidate(version, report, reports.get(version.pk)) for version in versions]
    return Candidates(rows, query, max(0, everything.count() - len(rows)))


def _heading(version: ModelVersion, report: EvaluationReport) -> str:
    if version.model_id == report.model_version.model_id:
        return f"Other versions of {version.model.name}"
    return "Ready-made models" if version.model.organization_id is None else "Other models"


def _reports(
    user: User, report: EvaluationReport, versions: Sequence[ModelVersion]
) -> dict[Any, EvaluationReport]:
    """Return the best report of each version on the same images.

    One with kept answers before one under way, of the classes as they are before mapped ones.
    """
    digest = ReportAnswers.objects.filter(report=report).values("samples_digest")
    same = Q(dataset_version=report.dataset_version_id, split=report.split)
    found: dict[Any, EvaluationReport] = {}
    rows = visible_reports(user).filter(model_version__in=versions).summarized()
    of_these = rows.filter(same | Q(answers__samples_digest__in=digest))
    usable = of_these.filter(Q(metrics__isnull=True) | Q(answers__isnull=False))
    for each in usable:
        kept = found.get(each.model_version_id)
        if kept is None or _rank(each) > _rank(kept):
            found[each.model_version_id] = each
    return found


def _rank(report: EvaluationReport) -> tuple[bool, bool]:
    return report.measured, not report.is_mapped


def report_under_way(
    user: User, report: EvaluationReport, version: ModelVersion
) -> EvaluationReport | None:
    """Return the version's evaluation on the same images that has not ended, if there is one."""
    rows = visible_reports(user).as_it_answers().exclude(job__status__in=TERMINAL)
    same = {"dataset_version": report.dataset_version_id, "split": report.split}
    return rows.filter(model_version=version, metrics__isnull=True, **same).first()


def _candidate(
    version: ModelVersion, report: EvaluationReport, found: EvaluationReport | None
) -> Candidate:
    heading = _heading(version, report)
    if found is not None and found.measured:
        return Candidate(heading, version, found, "measured")
    if found is not None and found.job.status not in TERMINAL:
        return Candidate(heading, version, found, "under_way")
    if reason := why_unavailable(version.model):
        return Candidate(heading, version, None, "unavailable", reason)
    try:
        require_mapping(report.dataset_version.class_names, version.class_names, {})
    except CannotEvaluate:
        return Candidate(heading, version, None, "other_classes")
    return Candidate(heading, version, None, "startable")
