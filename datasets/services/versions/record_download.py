"""Write down who took a whole version away."""

from accounts.models import User
from accounts.services import audit
from datasets.models import DatasetVersion


def record_download(*, user: User, version: DatasetVersion) -> None:
    """Add an entry to the audit log before the first byte goes out."""
    audit.record(
        actor=user, action="dataset_version.download", target=version, number=version.number
    )
