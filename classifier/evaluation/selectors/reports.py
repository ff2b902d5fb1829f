"""Reading evaluation reports."""

import uuid

from accounts.models import User
from classifier.models import EvaluationReport
from classifier.models.evaluation_report import EvaluationReportQuerySet


def visible_reports(user: User) -> EvaluationReportQuerySet:
    """Return the reports that `user` may see, newest first."""
    return (
        EvaluationReport.objects.for_user(user)
        .select_related(
            "job",
            "model_version__model__organization",
            "model_version__training_run__dataset_version",
            "model_version__fast_mode",
            "dataset_version__dataset",
            "created_by",
        )
        .order_by("-created_at", "-id")
    )


def visible_report(user: User, report_id: uuid.UUID) -> EvaluationReport:
    """Return one report; raises `NotFound` for one that `user` may not see."""
    return visible_reports(user).get_visible(report_id)
