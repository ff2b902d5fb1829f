"""Train the same without what treats rare classes or few labels, to see what that is worth."""

from django.db import transaction

from accounts.models import User
from accounts.policies import require_role
from accounts.roles import Role
from classifier.engine.presets.treatments import without_treatments
from classifier.evaluation.selectors.with_and_without import settings_today, with_and_without
from classifier.models import TrainingRun
from classifier.training.services.start_training import clone_training
from common.errors import Conflict


@transaction.atomic
def train_without(*, user: User, run: TrainingRun) -> TrainingRun:
    """Queue the run's twin: the same version, preset, settings and seed, with all treatments off.

    Raises `NotFound` or `Forbidden` as roles say, `Conflict`: `no_treatment` where there is none,
    `has_twin` where such a run is there or under way, `other_organization` where it would not be
    of the run's; otherwise as `start_training`.
    """
    require_role(user=user, organization=run.organization, role=Role.EDITOR)
    # Asked twice at once, the second finds the twin of the first.
    TrainingRun.objects.select_for_update(of=("self",)).get(pk=run.pk)
    found, config = with_and_without(run, 0), settings_today(run)
    if not found.treatments or config is None:
        raise Conflict(
            f"{run.name} treats all images alike: it has no class weights, balanced sampling, "
            "focal loss, synthetic examples or self-training.",
            code="no_treatment",
        )
    if found.twin is not None:
        raise Conflict(
            f"{found.twin.name} is the same run without {found.words}, and is "
            f"{found.twin.job.get_status_display().lower()}.",
            code="has_twin",
            hint=f"GET /api/v1/training-runs/{found.twin.pk}/ shows it.",
        )
    name = f"{run.name[:80]} without {found.words}"
    twin = clone_training(
        user=user, run=run, changes={"config": without_treatments(config), "name": name[:120]}
    )
    if twin.organization_id != run.organization_id:
        # The images are shared with several organizations of the person's, or are another's.
        raise Conflict(
            f"The same run without {found.words} would be of {twin.organization.name}, and "
            f"{run.name} is of {run.organization.name}: the two could not be compared.",
            code="other_organization",
        )
    return twin
