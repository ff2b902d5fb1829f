"""Reading decisions: what holds, what keeps a version from having one, and what it rests on."""

from classifier.engine.measure.decision_words import assumptions
from classifier.engine.presets.registry import PRESETS
from classifier.models import Decision, ExperimentMember, ModelVersion
from classifier.registry.selectors.fast_mode import Obstacle

NO_IMAGES = Obstacle(
    "no_validation_images",
    "Decisions are told from the validation images of the dataset version that a model learned "
    "from; this model has none.",
)
_HEAVY = ("answers", "contents", "rule")


def decision_of(version: ModelVersion) -> Decision | None:
    """Return the version's decision, None until one was asked for; without its answers."""
    rows = Decision.objects.filter(model_version=version).select_related("job", "changed_by")
    return rows.defer(*_HEAVY).first()


def obstacle_to_decision(version: ModelVersion) -> Obstacle | None:
    """Return what keeps a version from having one, None where nothing does."""
    learned = version.dataset_version
    if learned is None or version.served_file is None:
        return NO_IMAGES
    if not sum(learned.sample_counts.get("validation", {}).values()):
        return Obstacle(
            "no_validation_images",
            f"Decisions are told from validation images; the validation split of {learned} has "
            "none.",
        )
    return None


def assumptions_of(decision: Decision) -> list[str]:
    """Return what the decision promises, each with what it assumes, in sentences."""
    if decision.held is None:
        return []
    version = decision.model_version
    preset = PRESETS.get(version.preset)
    return assumptions(
        decision.asked,
        decision.held,
        chose_epoch=preset is not None and preset.kind != "classic",
        fast=bool(version.fast_sha256),
        chosen_among=chosen_among(version),
    )


def chosen_among(version: ModelVersion) -> int:
    """Return among how many models Auto chose this one by its validation images; 0: by none."""
    registered = ExperimentMember.objects.filter(run__model_version=version, keeps_model=True)
    among = ExperimentMember.objects.filter(
        experiment__in=registered.values("experiment"), spec__has_key="stage"
    )
    return among.count()
