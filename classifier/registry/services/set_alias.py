"""Choose which version of a model answers under a name."""

from django.db import transaction

from accounts.models import User
from accounts.services import audit
from classifier.models import AliasChange, ModelAlias, ModelVersion, RegisteredModel
from classifier.models.alias import CHAMPION
from classifier.registry.policies import require_editable_model
from classifier.registry.selectors.gate import was_live
from classifier.registry.services.require_gate import require_gate
from common.errors import Conflict, FieldError, Invalid


@transaction.atomic
def set_alias(
    *, user: User, model: RegisteredModel, alias: str, number: int, reason: str = ""
) -> ModelAlias:
    """Point `alias` at the version with this number; setting it to where it points changes nothing.

    Takes effect with the next prediction. The champion must pass the gate, unless it was live
    before. Raises `NotFound`, `Forbidden`, `Invalid` (`/alias`, `/version`), `GateRefused`,
    `Conflict`.
    """
    require_editable_model(user=user, model=model)
    longest = ModelAlias._meta.get_field("alias").max_length
    if longest is not None and len(alias) > longest:
        detail = f"An alias has up to {longest} characters; this one has {len(alias)}."
        raise Invalid(detail, errors=[FieldError("/alias", "max_length", detail)])
    if alias != CHAMPION and alias.casefold() == CHAMPION:
        detail = f"Capitals count in aliases: did you mean “{CHAMPION}”? Received “{alias}”."
        raise Invalid(detail, errors=[FieldError("/alias", "like_champion", detail)])
    if model.archived_at is not None:
        raise Conflict(f"{model.name} is archived: take it back first.", code="archived")
    version = (
        ModelVersion.objects.select_related("model", "dataset_version__dataset")
        .filter(model=model, number=number)
        .first()
    )
    if version is None:
        detail = f"{model.name} has no version {number}."
        raise Invalid(detail, errors=[FieldError("/version", "does_not_exist", detail)])
    if alias == CHAMPION and not was_live(version):
        require_gate(model=model, version=version)
    pointer = move_alias(model=model, alias=alias, version=version, reason=reason, user=user)
    audit.record(
        actor=user,
        action="model_alias.set",
        target=model,
        alias=alias,
        version=number,
        reason=reason,
    )
    return pointer


def move_alias(
    *, model: RegisteredModel, alias: str, version: ModelVersion, reason: str, user: User | None
) -> ModelAlias:
    """Move the pointer and write the history, in the caller's transaction, which has checked."""
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
    AliasChange.objects.create(
        model=model,
        alias=alias,
        version=version,
        previous=previous,
        reason=reason,
        created_by=user,
    )
    return pointer
