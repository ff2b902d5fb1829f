"""Rename, archive and delete training runs."""

from functools import partial

from django.db import transaction
from django.utils import timezone

from accounts.models import User
from accounts.policies import require_role
from accounts.roles import Role
from accounts.services import audit
from classifier.models import TrainingRun
from classifier.training.selectors.dependents import dependents_of_run
from common.errors import Conflict, FieldError
from common.names import require_readable
from jobs.services.forget import forget
from storage import durable
from storage.names import run_folder


@transaction.atomic
def edit_run(
    *, user: User, run: TrainingRun, name: str | None = None, archived: bool | None = None
) -> TrainingRun:
    """Set what is given; an archived run leaves the lists.

    Raises `NotFound`, `Forbidden`, `Invalid`.
    """
    require_role(user=user, organization=run.organization, role=Role.EDITOR)
    given: dict[str, str | bool] = {}
    if name is not None:
        given["name"] = run.name = require_readable(name)
    if archived is not None and archived != (run.archived_at is not None):
        given["archived"] = archived
        run.archived_at = timezone.now() if archived else None
    run.save(update_fields=["name", "archived_at"])
    if given:
        audit.record(actor=user, action="training_run.edit", target=run, **given)
    return run


@transaction.atomic
def delete_run(*, user: User, run: TrainingRun) -> None:
    """Delete a run that made no version, with its curves, jobs and checkpoint.

    Raises `NotFound`, `Forbidden` below admin, `Conflict` (`has_dependents`) while it runs and
    where a version came of it.
    """
    require_role(user=user, organization=run.organization, role=Role.ADMIN)
    run = (
        TrainingRun.objects.select_for_update(of=("self",))
        .select_related("job", "organization", "model_version__model")
        .get(pk=run.pk)
    )
    dependents = dependents_of_run(run)
    if dependents.bars:
        raise Conflict(
            f"{run.name} cannot be deleted. {' '.join(dependents.bars)}",
            code="has_dependents",
            errors=[FieldError("", "has_dependents", bar) for bar in dependents.bars],
        )
    audit.record(actor=user, action="training_run.delete", target=run, name=run.name)
    lineage = run.job.lineage
    transaction.on_commit(partial(durable.delete_folder, run_folder(run.pk)), robust=True)
    run.delete()
    forget(lineages=[lineage])
