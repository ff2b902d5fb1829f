"""What the handlers of all kinds of experiments share."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from classifier.experiments.services.members import advance, revive_members, wait_for_any
from classifier.models import Experiment
from jobs.handlers import JobContext


def begun(context: JobContext) -> Experiment:
    """Return the job's experiment; what a person resumes goes on where it was stopped."""
    experiment = Experiment.objects.select_related(
        "dataset_version__dataset", "organization", "created_by", "job"
    ).get(pk=context.payload["experiment"])
    if context.job.retry_of_id is not None:
        with context.guard():
            revive_members(experiment=experiment)
    return experiment


def wait_for_members(
    context: JobContext,
    experiment: Experiment,
    message: str,
    *,
    any_end: bool = False,
    planned: int | None = None,
) -> None:
    """Let go of the job until its members have ended, or any of them; the handler returns then.

    `planned` is how many there will be, where more may follow.
    When they have, the handler is called again and finds what they left in their rows.
    """
    total = planned or experiment.members.count()
    done = experiment.members.filter(result__isnull=False).count()
    context.progress(done, total, "runs", message)
    with context.park():
        wait_for_any(experiment=experiment, any_end=any_end)
    # Whatever ended before the job was let go.
    advance(experiment.pk)


@contextmanager
def finish(context: JobContext, experiment: Experiment, result: dict[str, Any]) -> Iterator[None]:
    """Store the experiment's result and end its job; the block is in the same transaction."""
    url = f"/api/v1/experiments/{experiment.pk}/"
    with context.finish("experiment", experiment.pk, url=url):
        Experiment.objects.filter(pk=experiment.pk).update(result=result)
        yield
