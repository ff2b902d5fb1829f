"""Train the settings that a search has found, as a run like any other."""

from django.db import transaction

from accounts.models import User
from classifier.engine.presets.registry import PRESETS
from classifier.experiments import kinds
from classifier.experiments.selectors.trials import Trial, trials_of
from classifier.models import Experiment, RegisteredModel, TrainingRun
from classifier.training.services.start_training import start_training
from common.errors import Conflict, FieldError, Invalid
from datasets.policies import require_editable


@transaction.atomic
def retrain(
    *,
    user: User,
    experiment: Experiment,
    trial: int | None = None,
    name: str = "",
    model: RegisteredModel | None = None,
) -> TrainingRun:
    """Queue a run with the settings of the best trial, or of another one, and return it.

    It is registered and judged on the test split as any run. Raises `NotFound`, `Forbidden`,
    `Conflict` (`no_trials`) where there is no trial with a figure yet, `Invalid`, and as
    `start_training`.
    """
    require_editable(user=user, dataset=experiment.dataset_version.dataset)
    if experiment.kind != kinds.SEARCH.name:
        raise Conflict(
            "Only a search has trials to retrain; this experiment is of the kind "
            f"{experiment.kind}.",
            code="no_trials",
        )
    chosen = _chosen(experiment, trial)
    preset = PRESETS[experiment.settings["preset"]]
    return start_training(
        user=user,
        dataset_version=experiment.dataset_version,
        preset=preset.name,
        config=preset.stored_config(chosen.config),
        name=name or f"{experiment.name[:90]} · trial {chosen.number + 1} again",
        model=model,
    )


def _chosen(experiment: Experiment, number: int | None) -> Trial:
    trials = [each for each in trials_of(experiment) if each.score is not None]
    if not trials:
        raise Conflict(
            f"{experiment.name} has no trial with a figure yet.",
            code="no_trials",
            hint="Wait for the first one to end.",
        )
    if number is None:
        return max(trials, key=lambda each: (each.score or 0.0, -each.number))
    found = next((each for each in trials if each.number == number), None)
    if found is None:
        there = ", ".join(str(each.number) for each in trials[:20])
        more = f" and {len(trials) - 20} more" if len(trials) > 20 else ""
        detail = f"trial must be one that has a figure: {there}{more}; received {number}."
        raise Invalid(detail, errors=[FieldError("/trial", "invalid", detail)])
    return found
