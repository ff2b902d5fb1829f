"""Whether a built-in model can answer here: it comes without its weights, which have a licence
and a size of their own."""

from django.conf import settings

from classifier.engine.backbones.weights import CLASS_INDEX, CLASSIFIER, weights_at_hand
from classifier.models import ModelVersion, RegisteredModel
from classifier.models.alias import CHAMPION
from storage import durable

INSTALL = "manage.py install_built_in"


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
    files = (CLASSIFIER, CLASS_INDEX)
    missing = [file.name for file in files if weights_at_hand(file, settings.WEIGHTS_DIR) is None]
    if not missing:
        return None
    return (
        f"{model.name} is not installed: {' and '.join(missing)} "
        f"{'is' if len(missing) == 1 else 'are'} missing. Who runs this Loupe installs it: with "
        f"internet by “{INSTALL}”, without by putting the files into the folder that "
        "LOUPE_WEIGHTS_DIR names."
    )


def _has_file(version: ModelVersion) -> bool:
    return version.served_file is not None and durable.exists(version.served_name)
