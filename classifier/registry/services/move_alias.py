"""Move an alias and write it down, for services that have checked that it may move."""

from typing import Any

from accounts.models import User
from classifier.models import ChangeKind, ModelAlias, ModelVersion, RegisteredModel
from classifier.registry.services.history import add_change


def move_alias(
    *,
    model: RegisteredModel,
    alias: str,
    version: ModelVersion,
    reason: str,
    user: User | None,
    kind: ChangeKind = ChangeKind.SET,
    **further: Any,
) -> ModelAlias:
    """Move the pointer and write the history, in the caller's transaction, which has checked.

    Where it points there already, nothing changes. `further` are columns of the change.
    """
    model.lock()
    pointer = ModelAlias.objects.select_related("version").filter(model=model, alias=alias).first()
    previous = pointer.version if pointer else None
    if pointer is None:
        pointer = ModelAlias.objects.create(model=model, alias=alias, version=version)
    elif previous == version:
        return pointer
    else:
        pointer.version = version
        pointer.save(update_fields=["version"])
    add_change(
        model=model,
        kind=kind,
        user=user,
        reason=reason,
        alias=alias,
        version_number=version.number,
        previous_number=previous.number if previous else None,
        **further,
    )
    return pointer
