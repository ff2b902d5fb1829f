"""Models and versions under the lock of their model, as they stand now."""

from classifier.models import ModelVersion, RegisteredModel
from common.errors import NotFound


def locked_model(model: RegisteredModel) -> RegisteredModel:
    """Lock a model until the caller's transaction ends; `NotFound` where it was deleted."""
    try:
        return model.lock()
    except RegisteredModel.DoesNotExist as error:
        raise NotFound(f"{model.name} was deleted.") from error


def locked_version(version: ModelVersion) -> ModelVersion:
    """Lock a version's model, and return the version; `NotFound` where it was deleted."""
    locked_model(version.model)
    rows = ModelVersion.objects.select_related("model__organization", "note")
    found = rows.filter(pk=version.pk).first()
    if found is None:
        raise NotFound(f"{version} was deleted.")
    return found
