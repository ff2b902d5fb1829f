"""Write down who took the results of a batch away."""

from accounts.models import User
from accounts.services import audit
from classifier.models import BatchPrediction


def record_download(*, user: User, batch: BatchPrediction, format: str) -> None:
    """Keep an entry of the audit log."""
    audit.record(actor=user, action="batch_prediction.download", target=batch, format=format)
