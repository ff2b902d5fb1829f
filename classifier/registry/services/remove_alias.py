"""Take an alias away: nothing answers under its name any more."""

from django.db import transaction

from accounts.models import User
from accounts.services import audit
from classifier.models import ChangeKind, ModelAlias, RegisteredModel
from classifier.models.alias import CHAMPION
from classifier.registry.policies import require_editable_model
from classifier.registry.services.end_challenge import end_with_alias
from classifier.registry.services.history import add_change
from classifier.registry.services.locked import locked_model
from common.errors import Conflict, NotFound


@transaction.atomic
def remove_alias(*, user: User, model: RegisteredModel, alias: str) -> None:
    """Remove an alias; where it pointed stays in the history.

    Not `champion`: without it the next version that is measured would go live by itself, and to
    take a model out of service is to archive it. Raises `NotFound`, `Forbidden`, `Conflict`
    (`champion_stays`).
    """
    require_editable_model(user=user, model=model)
    model = locked_model(model)
    pointer = ModelAlias.objects.select_related("version").filter(model=model, alias=alias).first()
    if pointer is None:
        names = ModelAlias.objects.filter(model=model).order_by("alias")
        there = ", ".join(names.values_list("alias", flat=True))
        raise NotFound(f"{model.name} has no alias {alias!r}; its aliases are {there or 'none'}.")
    if alias == CHAMPION:
        raise Conflict(
            f"“{CHAMPION}” cannot be removed: it is what answers by default. Point it at another "
            f"version, roll back, or archive {model.name}, which takes it out of service.",
            code="champion_stays",
        )
    end_with_alias(model=model, alias=alias, version=None, user=user)
    number = pointer.version.number
    pointer.delete()
    add_change(
        model=model,
        kind=ChangeKind.REMOVED,
        user=user,
        alias=alias,
        previous_number=number,
    )
    audit.record(actor=user, action="model_alias.remove", target=model, alias=alias, version=number)
