"""Move an alias and write it down, for services that have checked that it may move."""

from collections.abc import Sequence
from typing import Any

from accounts.models import User
from accounts.services import audit
from classifier.engine.measure.gate import RuleResult
from classifier.models import ChangeKind, ModelAlias, ModelVersion, RegisteredModel
from classifier.registry.services.end_challenge import end_with_alias
from classifier.registry.services.history import add_change
from classifier.registry.services.override import as_kept


def move_alias(
    *,
    model: RegisteredModel,
    alias: str,
    version: ModelVersion,
    reason: str,
    user: User | None,
    kind: ChangeKind = ChangeKind.SET,
    action: str = "model_alias.set",
    overridden: Sequence[RuleResult] = (),
    **told: Any,
) -> ModelAlias:
    """Move the pointer, and write the history and the audit log, in the caller's transaction.

    Where it points there already, the history stays as it is. `overridden` are the rules of the
    gate that were against it; `told` goes into the audit entry of `action`, too.
    """
    kept = as_kept(overridden)
    pointer = _moved(
        model=model,
        alias=alias,
        version=version,
        reason=reason,
        user=user,
        kind=kind,
        overridden=kept or None,
    )
    if kept:
        told["overridden"] = kept
    audit.record(
        actor=user,
        action=action,
        target=model,
        alias=alias,
        version=version.number,
        reason=reason,
        **told,
    )
    return pointer


def _moved(
    *, model: RegisteredModel, alias: str, version: ModelVersion, **change: Any
) -> ModelAlias:
    model.lock()
    pointer = ModelAlias.objects.select_related("version").filter(model=model, alias=alias).first()
    if pointer is None or pointer.version != version:
        end_with_alias(model=model, alias=alias, version=version, user=change.get("user"))
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
        alias=alias,
        version_number=version.number,
        previous_number=previous.number if previous else None,
        **change,
    )
    return pointer
