"""Choose which version of a model answers under a name."""

from accounts.models import User
from classifier.engine.measure.gate import RuleResult
from classifier.models import ModelAlias, ModelVersion, RegisteredModel
from classifier.models.alias import CHAMPION
from classifier.registry.policies import require_editable_model
from classifier.registry.selectors.gate import is_live, was_live
from classifier.registry.services.alias_names import check_alias_name
from classifier.registry.services.announce_registry import refusals_announced
from classifier.registry.services.locked import locked_model
from classifier.registry.services.move_alias import move_alias
from classifier.registry.services.override import require_override
from classifier.registry.services.require_gate import require_gate
from common.errors import Conflict, FieldError, Invalid

# Of one model, `champion` and `challenger` among them.
MOST_ALIASES = 20


def set_alias(
    *,
    user: User,
    model: RegisteredModel,
    alias: str,
    number: int,
    reason: str = "",
    override: bool = False,
) -> ModelAlias:
    """Point `alias` at the version with this number; setting it to where it points changes nothing.

    Takes effect with the next prediction. The champion must pass the gate; a version that was live
    before is not compared with the live one. With `override` an admin makes it live whatever the
    gate says; a reason is needed then, and the history keeps what was overridden. Raises
    `NotFound`, `Forbidden`, `Invalid` (`/alias`, `/version`, `/override`, `/reason`),
    `GateRefused`, which is announced, `Conflict` (`archived`, `too_many_aliases`).
    """
    with refusals_announced(user=user, model=model):
        return _set_alias(
            user=user, model=model, alias=alias, number=number, reason=reason, override=override
        )


def _set_alias(
    *, user: User, model: RegisteredModel, alias: str, number: int, reason: str, override: bool
) -> ModelAlias:
    require_editable_model(user=user, model=model)
    if override:
        require_override(user=user, model=model, alias=alias, reason=reason)
    # The lock keeps the version from being deleted, and another alias from being the last allowed.
    model = locked_model(model)
    require_in_use(model)
    _require_name(model, alias)
    version = _version_of(model, number)
    overridden: list[RuleResult] = []
    if alias == CHAMPION and not is_live(version):
        compared = not was_live(version)
        overridden = require_gate(
            model=model, version=version, compared=compared, override=override
        )
    return move_alias(
        model=model,
        alias=alias,
        version=version,
        reason=reason,
        user=user,
        action="model_alias.override" if overridden else "model_alias.set",
        overridden=overridden,
    )


def require_in_use(model: RegisteredModel) -> None:
    """Raise `Conflict` for an archived model: it answers under no name."""
    if model.archived_at is not None:
        raise Conflict(f"{model.name} is archived: take it back first.", code="archived")


def _require_name(model: RegisteredModel, alias: str) -> None:
    """Check what a new alias is called; one that is there may move, whatever it is called."""
    there = list(ModelAlias.objects.filter(model=model).values_list("alias", flat=True))
    if alias in there:
        return
    check_alias_name(alias, there)
    if len(there) >= MOST_ALIASES:
        raise Conflict(
            f"A model has up to {MOST_ALIASES} aliases, and {model.name} has them: remove one "
            "first.",
            code="too_many_aliases",
        )


def _version_of(model: RegisteredModel, number: int) -> ModelVersion:
    version = (
        ModelVersion.objects.select_related("model", "dataset_version__dataset")
        .filter(model=model, number=number)
        .first()
    )
    if version is None:
        detail = f"{model.name} has no version {number}."
        raise Invalid(detail, errors=[FieldError("/version", "does_not_exist", detail)])
    return version
