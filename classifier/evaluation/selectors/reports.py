"""Reading evaluation reports."""

import uuid

from accounts.models import Organization, User
from accounts.selectors.sharing import may_read
from classifier.models import EvaluationReport
from classifier.models.evaluation_report import EvaluationReportQuerySet
from common.errors import Forbidden


def visible_reports(user: User) -> EvaluationReportQuerySet:
    """Return the reports that `user` may see, newest first."""
    return _in_full(EvaluationReport.objects.for_user(user))


def reports_in(organization: Organization) -> EvaluationReportQuerySet:
    """Return the reports of an organization, newest first: the caller has checked who may see."""
    return _in_full(EvaluationReport.objects.filter(organization=organization))


def _in_full(reports: EvaluationReportQuerySet) -> EvaluationReportQuerySet:
    return reports.select_related(
        "job",
        "model_version__model__organization",
        "model_version__training_run__dataset_version",
        "model_version__fast_mode",
        "dataset_version__dataset",
        "created_by",
    ).order_by("-created_at", "-id")


def visible_report(user: User, report_id: uuid.UUID) -> EvaluationReport:
    """Return one report; raises `NotFound` for one that `user` may not see."""
    return visible_reports(user).get_visible(report_id)


def shows_images(report: EvaluationReport) -> bool:
    """Whether its organization may see the images now: not where another one shared them, and no
    longer does."""
    dataset = report.dataset_version.dataset
    if not report.of_shared_images:
        return True
    return dataset.deleted_at is None and may_read(report.organization, dataset.subject)


def require_images(report: EvaluationReport) -> None:
    """Let pass a report whose images its organization may see now; raises `Forbidden`."""
    dataset = report.dataset_version.dataset
    if not shows_images(report):
        raise Forbidden(
            f"The images of this report are {dataset.organization.name}'s, which no longer shares "
            "them. Its figures stay.",
            code="share_ended",
        )


def require_own_images(report: EvaluationReport) -> None:
    """Let pass a report on images of its own organization; raises `Forbidden`."""
    if report.of_shared_images:
        owner = report.dataset_version.dataset.organization.name
        raise Forbidden(
            f"The images of this report are {owner}'s: how they are labelled now, and what is done "
            f"with them, only members of {owner} see. The report's figures are yours.",
            code="shared_read_only",
        )
