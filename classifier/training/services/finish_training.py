"""End a training with the best epoch that it has."""

from django.db import transaction

from accounts.models import User
from accounts.policies import require_role
from accounts.roles import Role
from accounts.services import audit
from classifier.models import EpochMetrics, TrainingRun
from classifier.models.training_run import Finish
from common.errors import Conflict
from jobs.models import Status


@transaction.atomic
def finish_training(*, user: User, run: TrainingRun, when: Finish) -> TrainingRun:
    """Ask the worker to end after this epoch or now, and to register the best epoch so far.

    Asking twice is fine; `now` may follow `epoch`. Raises `Forbidden` for a viewer, `Conflict`
    where the run does not train epochs, is not running, or (`now`) has no epoch to keep.
    """
    require_role(user=user, organization=run.organization, role=Role.EDITOR)
    if not run.planned_epochs:
        raise Conflict(f"{run.preset} has no epochs to finish.", code="no_epochs")
    job = run.job.lock()
    if job.status != Status.RUNNING:
        raise Conflict(
            f"A run can be finished while its status is running; this one's is {job.status}.",
            code="not_running",
        )
    if when == Finish.NOW and not EpochMetrics.objects.filter(run=run).exists():
        raise Conflict(
            "No epoch has ended yet, so there is nothing to keep.",
            code="no_epoch_yet",
            hint='Send {"when": "epoch"} to end after the first one, or cancel the run.',
        )
    if run.finish != Finish.NOW:
        run.finish = when
        run.save(update_fields=["finish"])
        audit.record(actor=user, action="training_run.finish", target=run, when=when)
    return run
