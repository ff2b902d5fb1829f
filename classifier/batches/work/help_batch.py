"""The job that asks about chunks of another job's batch."""

from functools import partial

from classifier.batches import kinds
from classifier.batches.work.crew import BatchCrew
from classifier.batches.work.predict_batch import batch_of, open_asker
from classifier.failures import engine_failures
from classifier.models import BatchPrediction
from jobs.crew import processors
from jobs.handlers import JobContext, handles
from jobs.models import Job
from jobs.services.chunks import is_wanted

# A worker of the queue `io` runs two jobs at a time.
JOBS_PER_WORKER = 2


@handles(kinds.HELP_BATCH)
def help_batch(context: JobContext) -> None:
    """Ask about chunks without a holder, until none is left or the worker is needed elsewhere."""
    context.keep_share()
    crew = None
    if BatchPrediction.objects.filter(pk=context.payload["batch"]).exists():
        batch = batch_of(context)
        if _is_wanted(context, batch):
            with engine_failures(context):
                crew = BatchCrew(batch, context.job, open_asker(context, batch))
                crew.work(partial(_tick, context, batch, crew))
    if crew is None:
        # The batch has ended since, or was deleted.
        context.log("There is nothing left to do.")
    with context.finish("batch_prediction", context.payload["batch"]) as result:
        result["chunks"] = crew.chunks_done if crew else 0


def _is_wanted(context: JobContext, batch: BatchPrediction) -> bool:
    leader = Job.objects.filter(batch_prediction=batch).first()
    return is_wanted(leader=leader, helper=context.job)


def _tick(context: JobContext, batch: BatchPrediction, crew: BatchCrew) -> int:
    context.check()
    # The job that does the last chunk ends the batch.
    context.keep_share()
    context.progress(crew.under_way(set()), None, "images", "Asking about images")
    return max(1, processors() // JOBS_PER_WORKER) if _is_wanted(context, batch) else 0
