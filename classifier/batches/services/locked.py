"""Hold a batch, so that it is not deleted while work on its results begins."""

from classifier.models import BatchPrediction
from common.errors import NotFound


def locked_batch(batch: BatchPrediction) -> BatchPrediction:
    """Return the batch as it stands, held to the end of the caller's transaction.

    Raises `NotFound` for one that was deleted, or whose days are over.
    """
    rows = BatchPrediction.objects.select_for_update(of=("self",)).filter(deleted_at=None)
    related = ("job", "organization", "model_version__model", "dataset__organization")
    found: BatchPrediction | None = rows.select_related(*related).filter(pk=batch.pk).first()
    if found is None:
        raise NotFound("This batch was deleted, or its days are over.")
    return found
