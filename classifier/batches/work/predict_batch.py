"""The job that asks a model version about all images of a batch."""

import time
from functools import partial

from django.conf import settings

from classifier.batches import kinds
from classifier.batches.selectors.turns import another_waits
from classifier.batches.services.end_batch import ask_for_help, close_batch, tidy_batch
from classifier.batches.work.asker import Asker
from classifier.batches.work.crew import BatchCrew
from classifier.engine.errors import BadModelFile
from classifier.evaluation.services.preparing import prepare_file
from classifier.evaluation.services.record_refused_file import record_refused_file
from classifier.failures import engine_failures, require_shared
from classifier.models import BatchPrediction, BatchSource
from jobs.crew import TICK_SECONDS, processors
from jobs.errors import JobFailed, JobInterrupted
from jobs.handlers import JobContext, cleans_up, handles
from jobs.models import Job
from jobs.services.chunks import standing


@handles(kinds.BATCH)
def predict_batch(context: JobContext) -> None:
    """Ask about every image that has no result yet; helping jobs do so, too."""
    context.keep_share()
    batch = batch_of(context)
    context.progress(0, batch.image_count, "images", "Opening the model")
    with engine_failures(context):
        work = _Work(context, batch, open_asker(context, batch))
        work.run()
    url = f"/api/v1/batch-predictions/{batch.pk}/"
    with context.finish("batch_prediction", batch.pk, url=url) as result:
        result |= close_batch(batch=batch) | {"images_per_second": work.rate}
        context.progress(batch.image_count, batch.image_count, "images", "Done")


@cleans_up(kinds.BATCH)
def tidy(job: Job) -> None:
    """Remove the archive of an ended batch, and files of chunks that no result came of."""
    for batch in BatchPrediction.objects.filter(job=job):
        tidy_batch(batch=batch)


def batch_of(context: JobContext) -> BatchPrediction:
    """Return the batch with what its work reads; ends the job where it is no longer shared."""
    batch = BatchPrediction.objects.select_related(
        "job", "organization", "model_version__model__organization", "dataset__organization"
    ).get(pk=context.payload["batch"])
    subjects = [batch.model_version.model.subject]
    if batch.dataset is not None:
        subjects.append(batch.dataset.subject)
    elif batch.source != BatchSource.ARCHIVE:
        raise JobFailed("bad_data", f"{batch.source_name} was deleted, with its images.")
    require_shared(batch.organization, *subjects)
    return batch


def open_asker(context: JobContext, batch: BatchPrediction) -> Asker:
    """Open the version's file, which a built-in one makes first; a changed one is audited."""
    version = batch.model_version
    if version.model.built_in:
        context.progress(0, None, "", f"Preparing {version.model}")
        prepare_file(version.pk)
        version.refresh_from_db(fields=["files", "class_names"])
    try:
        return Asker(batch)
    except BadModelFile as error:
        record_refused_file(version=version, actor=batch.created_by, reason=error.detail)
        raise


class _Work:
    def __init__(self, context: JobContext, batch: BatchPrediction, asker: Asker) -> None:
        self._context, self._batch = context, batch
        self._crew = BatchCrew(batch, context.job, asker)
        self._sizes = dict(batch.chunks.values_list("number", "size"))
        self._unasked = batch.image_count - sum(self._sizes.values())
        done = batch.chunks.filter(done=True).values_list("size", flat=True)
        self._at_first = self._unasked + sum(done)
        self._began = time.monotonic()
        self._finished = False

    @property
    def rate(self) -> float:
        """The images a second since this attempt began, those of helping jobs among them."""
        seconds = max(0.001, time.monotonic() - self._began)
        return round((self._batch.image_count - self._at_first) / seconds, 1)

    def run(self) -> None:
        """Work until every chunk is done, here or elsewhere."""
        with self._context.guard():
            ask_for_help(batch=self._batch)
        self._on_tick()
        while not self._finished:
            self._crew.work(self._on_tick)
            self._on_tick()
            if not self._finished:
                # What others still have at hand comes back free if they die over it.
                time.sleep(TICK_SECONDS)

    def _on_tick(self) -> int:
        self._context.check()
        self._context.keep_share()
        asked = partial(standing, source=self._batch, job=self._context.job)
        now = self._crew.patiently(asked)
        done = sum(self._sizes[number] for number in now.done)
        self._finished = len(now.done) == now.total
        total = self._batch.image_count
        reached = self._unasked + done + self._crew.under_way(now.done)
        self._context.progress(min(reached, total), total, "images", "Asking about images")
        if not self._finished:
            self._let_others_have_a_turn()
        # Half of the machine is the helper's, who may as well sit on another one.
        return max(1, processors() // 2) if now.has_help else processors()

    def _let_others_have_a_turn(self) -> None:
        if time.monotonic() - self._began < settings.JOB_TURN_SECONDS:
            return
        if self._crew.patiently(lambda: another_waits(self._context.job)):
            self._context.log("Another person's batch has its turn; this one goes on after it.")
            raise JobInterrupted
