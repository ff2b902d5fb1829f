"""The job that puts answers of a batch into a dataset."""

from classifier.batches import kinds
from classifier.batches.services import add_answers as service
from classifier.models import BatchAddition
from jobs.errors import domain_failures
from jobs.handlers import JobContext, handles


@handles(kinds.ADD_BATCH)
def add_answers(context: JobContext) -> None:
    """Do it in one transaction with the job's end: all of it, or nothing."""
    addition = BatchAddition.objects.select_related(
        "batch__organization",
        "batch__model_version__model",
        "batch__dataset__organization",
        "dataset__organization",
        "created_by",
    ).get(pk=context.payload["addition"])
    context.progress(0, None, "images", "Putting answers into the dataset")
    url = f"/api/v1/batch-predictions/{addition.batch_id}/additions/"
    with (
        domain_failures(),
        context.finish("batch_addition", addition.pk, url=url) as result,
    ):
        result |= service.add_answers(addition=addition)._asdict()
