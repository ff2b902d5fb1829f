"""Reading evaluation reports."""

import uuid

from accounts.models import Organization, User
from classifier.models import EvaluationReport
from classifier.models.evaluation_report import EvaluationReportQuerySet


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
