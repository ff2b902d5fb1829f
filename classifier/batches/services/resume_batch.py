"""Let a batch go on that failed or was cancelled."""

from accounts.models import User
from accounts.selectors.sharing import may_read
from classifier.batches.errors import CannotPredict
from classifier.models import BatchPrediction, BatchSource
from common.errors import Forbidden
from jobs.services.retry import retry


def resume_batch(*, user: User, batch: BatchPrediction) -> BatchPrediction:
    """Ask about the images that have no result yet, by a new job.

    Raises `Forbidden` below editor and where the model or the dataset is shared no longer,
    `Conflict` where there is nothing to resume.
    """
    subjects = [batch.model_version.model.subject]
    if batch.dataset is not None:
        subjects.append(batch.dataset.subject)
    elif batch.source != BatchSource.ARCHIVE:
        raise CannotPredict(f"{batch.source_name} was deleted, with its images.", code="no_images")
    for subject in subjects:
        if not may_read(batch.organization, subject):
            raise Forbidden(
                f"{subject.name} is no longer shared with {batch.organization}.",
                code="share_ended",
            )
    retry(user=user, job=batch.job)
    return BatchPrediction.objects.select_related(
        "job", "organization", "model_version__model", "dataset"
    ).get(pk=batch.pk)
