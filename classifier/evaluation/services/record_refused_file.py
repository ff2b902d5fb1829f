"""Write down that a model file was refused."""

from accounts.models import User
from accounts.services import audit
from classifier.models import ModelVersion


def record_refused_file(*, version: ModelVersion, actor: User | None, reason: str) -> None:
    """Write to the audit log that a model file is not the one that was registered."""
    audit.record(actor=actor, action="model_version.file_refused", target=version, reason=reason)
