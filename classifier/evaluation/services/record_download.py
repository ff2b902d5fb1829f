"""Write down who took a report away."""

from accounts.models import User
from accounts.services import audit
from classifier.models import EvaluationReport


def record_download(*, user: User, report: EvaluationReport, file_type: str) -> None:
    """Add an entry to the audit log."""
    audit.record(
        actor=user, action="evaluation_report.download", target=report, file_type=file_type
    )
