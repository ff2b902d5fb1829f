"""Rename, describe, archive and delete models."""

from django.db import IntegrityError, transaction
from django.utils import timezone

from accounts.models import User
from accounts.policies import require_role
from accounts.roles import Role
from accounts.services import audit
from classifier.models import (
    AliasChange,
    ChangeKind,
    ModelAlias,
    ModelGate,
    ModelVersion,
    RegisteredModel,
    TrainingRun,
)
from classifier.registry.policies import require_editable_model
from classifier.registry.selectors.dependents import dependents_of_model
from classifier.registry.services.delete_rows import delete_versions, let_go
from classifier.registry.services.history import add_change
from classifier.registry.services.locked import locked_model
from common.errors import Conflict, FieldError, Invalid
from common.names import require_readable


@transaction.atomic
def edit_model(
    *,
    user: User,
    model: RegisteredModel,
    name: str | None = None,
    description: str | None = None,
    archived: bool | None = None,
) -> RegisteredModel:
    """Set what is given. An archived model leaves the lists and answers nothing until it is back.

    Raises `NotFound`, `Forbidden`, `Invalid` for a name that cannot be or that is taken.
    """
    require_editable_model(user=user, model=model)
    given: dict[str, str | bool] = {}
    was_archived = locked_model(model).archived_at is not None
    if name is not None:
        given["name"] = model.name = require_readable(name)
    if description is not None:
        given["description"] = model.description = description
    if archived is not None and archived != was_archived:
        given["archived"] = archived
        model.archived_at = timezone.now() if archived else None
        kind = ChangeKind.ARCHIVED if archived else ChangeKind.TAKEN_BACK
        add_change(model=model, kind=kind, user=user)
    columns = ["archived_at" if each == "archived" else each for each in given]
    try:
        with transaction.atomic():
            model.save(update_fields=columns)
    except IntegrityError as error:
        detail = f"Another model of {model.organization} is called {name!r}."
        raise Invalid(detail, errors=[FieldError("/name", "taken", detail)]) from error
    if given:
        audit.record(actor=user, action="model.edit", target=model, **given)
    return model


@transaction.atomic
def delete_model(*, user: User, model: RegisteredModel) -> None:
    """Delete an archived model with its versions, reports, predictions, history and files.

    Its runs stay, without a version. Raises `NotFound`, `Forbidden` below admin, `Conflict`
    (`has_dependents`, one entry of `errors` for each reason) while it is in use.
    """
    require_role(user=user, organization=model.organization, role=Role.ADMIN)
    model = locked_model(model)
    dependents = dependents_of_model(model)
    if dependents.bars:
        raise Conflict(
            f"{model.name} cannot be deleted. {' '.join(dependents.bars)} With it would go: "
            f"{'; '.join(dependents.goes)}.",
            code="has_dependents",
            errors=[FieldError("", "has_dependents", bar) for bar in dependents.bars],
        )
    audit.record(
        actor=user, action="model.delete", target=model, name=model.name, goes=dependents.goes
    )
    _delete_rows(model)


def _delete_rows(model: RegisteredModel) -> None:
    let_go("deleted_model", model.pk)
    ids = list(ModelVersion.objects.filter(model=model).values_list("pk", flat=True))
    ModelAlias.objects.filter(model=model).delete()
    AliasChange.objects.filter(model=model).delete()
    ModelGate.objects.filter(model=model).delete()
    TrainingRun.objects.filter(model=model).update(model=None)
    delete_versions(ids)
    model.delete()
