"""The numbers that versions of a model get: from 1 up, each once, even where one was deleted."""

from django.db.models import Max

from classifier.models import ModelVersion, RegisteredModel


def next_number(model: RegisteredModel) -> int:
    """Return the next version's number and keep it from being given again.

    In the caller's transaction, which inserts the version: the model is locked until it ends.
    """
    locked = model.lock()
    number = max(locked.versions_made, _highest(model)) + 1
    _keep(model, number)
    return number


def keep_numbers(model: RegisteredModel) -> None:
    """Write down the highest number before its version is deleted; the model must be locked."""
    _keep(model, max(model.lock().versions_made, _highest(model)))


def _highest(model: RegisteredModel) -> int:
    found = ModelVersion.objects.filter(model=model).aggregate(highest=Max("number"))["highest"]
    return found or 0


def _keep(model: RegisteredModel, number: int) -> None:
    RegisteredModel.objects.filter(pk=model.pk).update(versions_made=number)
