"""Start an experiment of any kind."""

from collections.abc import Mapping
from typing import Any

from django.db import transaction

from accounts.models import User
from accounts.services import audit
from classifier.engine.presets.registry import PRESETS
from classifier.experiments.services.plans.registry import PLANS
from classifier.models import Experiment
from common.errors import FieldError, Invalid
from common.names import require_readable
from datasets.models import DatasetVersion
from datasets.policies import require_editable
from jobs.services.enqueue import enqueue

NAME_LENGTH = 120


@transaction.atomic
def start_experiment(
    *,
    user: User,
    kind: str,
    dataset_version: DatasetVersion,
    values: Mapping[str, Any],
    name: str = "",
) -> Experiment:
    """Queue an experiment on `dataset_version` and return it; `values` are its kind's own.

    Raises `NotFound`, `Forbidden`, `InTrash`, `QuotaExceeded`, `Conflict` for one too many of the
    person's, and as the kind's `Plan.check`.
    """
    plan = PLANS[kind]
    dataset = dataset_version.dataset
    require_editable(user=user, dataset=dataset)
    _require_fits(values)
    settings = plan.check(dataset_version, values)
    title = f"{dataset.name[:60]} v{dataset_version.number} · {plan.about(settings)}"
    experiment = Experiment(
        organization=dataset.organization,
        dataset_version=dataset_version,
        kind=kind,
        name=(require_readable(name.strip()) or title)[:NAME_LENGTH],
        settings=settings,
        created_by=user,
    )
    experiment.job = enqueue(
        kind=plan.job,
        organization=experiment.organization,
        created_by=user,
        title=f"{plan.title}: {experiment.name}",
        payload={"experiment": str(experiment.pk)},
    )
    experiment.save()
    audit.record(
        actor=user,
        action="experiment.start",
        target=experiment,
        kind=kind,
        dataset_version=str(dataset_version.pk),
    )
    return experiment


def _require_fits(values: Mapping[str, Any]) -> None:
    """Raise `Invalid` where the preset is one that single runs train alone."""
    preset = PRESETS.get(values.get("preset") or "")
    if preset is not None and preset.single_runs:
        raise Invalid(
            preset.single_runs, errors=[FieldError("/preset", "single_runs", preset.single_runs)]
        )
