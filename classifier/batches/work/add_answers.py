"""The job that puts answers of a batch into a dataset."""

from classifier.batches import kinds
from classifier.batches.services.add_answers import add_portion, answer_count, counts_of
from classifier.models import BatchAddition
from jobs.errors import domain_failures
from jobs.handlers import JobContext, handles


@handles(kinds.ADD_BATCH)
def add_answers(context: JobContext) -> None:
    """Do it in portions, each in a transaction with its counts: none is done twice."""
    addition = BatchAddition.objects.select_related(
        "batch__organization",
        "batch__model_version__model",
        "batch__dataset__organization",
        "dataset__organization",
        "created_by",
    ).get(pk=context.payload["addition"])
    total, is_going_on = answer_count(addition), True
    tell = context.step("images", "Putting answers into the dataset")
    with domain_failures():
        while is_going_on:
            tell(sum(counts_of(addition).values()), total)
            with context.guard():
                is_going_on = add_portion(addition=addition)
    url = f"/api/v1/batch-predictions/{addition.batch_id}/additions/"
    with context.finish("batch_addition", addition.pk, url=url) as result:
        result |= counts_of(addition)
