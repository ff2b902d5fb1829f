"""Delete experiments."""

from functools import partial

from django.db import transaction

from accounts.models import User
from accounts.policies import require_role
from accounts.roles import Role
from accounts.services import audit
from classifier.experiments.selectors.dependents import dependents_of_experiment
from classifier.models import Experiment, TrainingRun
from common.errors import Conflict, FieldError
from jobs.services.forget import forget
from storage import durable
from storage.names import run_folder


@transaction.atomic
def delete_experiment(*, user: User, experiment: Experiment) -> None:
    """Delete an experiment that has ended, with its runs, their curves, jobs and checkpoints.

    Raises `NotFound`, `Forbidden` below admin, `Conflict` (`has_dependents`) while it is under way
    and where a version came of one of its runs.
    """
    require_role(user=user, organization=experiment.organization, role=Role.ADMIN)
    experiment = (
        Experiment.objects.select_for_update(of=("self",))
        .select_related("job", "organization")
        .get(pk=experiment.pk)
    )
    dependents = dependents_of_experiment(experiment)
    if dependents.bars:
        raise Conflict(
            f"{experiment.name} cannot be deleted. {' '.join(dependents.bars)}",
            code="has_dependents",
            errors=[FieldError("", "has_dependents", bar) for bar in dependents.bars],
        )
    audit.record(actor=user, action="experiment.delete", target=experiment, name=experiment.name)
    runs = list(TrainingRun.objects.filter(member__experiment=experiment).select_related("job"))
    lineages = [experiment.job.lineage, *(run.job.lineage for run in runs)]
    for run in runs:
        transaction.on_commit(partial(durable.delete_folder, run_folder(run.pk)), robust=True)
    experiment.delete()
    TrainingRun.objects.filter(pk__in=[run.pk for run in runs]).delete()
    forget(lineages=lineages)
