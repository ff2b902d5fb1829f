"""Go back to the version that was live before."""

from accounts.models import User
from classifier.models import ChangeKind, ModelAlias, RegisteredModel
from classifier.models.alias import CHAMPION
from classifier.registry.policies import require_editable_model
from classifier.registry.selectors.gate import live_version
from classifier.registry.selectors.history import version_before
from classifier.registry.services.announce_registry import refusals_announced
from classifier.registry.services.locked import locked_model
from classifier.registry.services.move_alias import move_alias
from classifier.registry.services.override import require_override
from classifier.registry.services.require_gate import require_gate
from classifier.registry.services.set_alias import require_in_use
from common.errors import Conflict


def roll_back(
    *,
    user: User,
    model: RegisteredModel,
    reason: str = "",
    previous: int | None = None,
    override: bool = False,
) -> ModelAlias:
    """Make the version live that was live before; a second rollback goes back further.

    It must pass the gate, but is not compared with the live version: that is what must go.
    `previous` is the version that the caller takes to be live; with `override` an admin passes by
    the gate, with a reason. Raises `NotFound`, `Forbidden`, `Invalid` (`/reason`), `GateRefused`,
    which is announced, `Conflict` (`archived`, `nothing_before`; `moved_meanwhile` where another
    version is live than the caller believes).
    """
    with refusals_announced(user=user, model=model):
        return _roll_back(
            user=user, model=model, reason=reason, previous=previous, override=override
        )


def _roll_back(
    *, user: User, model: RegisteredModel, reason: str, previous: int | None, override: bool
) -> ModelAlias:
    require_editable_model(user=user, model=model)
    if override:
        require_override(user=user, model=model, alias=CHAMPION, reason=reason)
    model = locked_model(model)
    require_in_use(model)
    live = _live_number(model, previous)
    version = version_before(model)
    if version is None:
        raise Conflict(
            f"No other version of {model.name} was live before that is still there."
            if live is not None
            else f"No version of {model.name} is live.",
            code="nothing_before",
        )
    overridden = require_gate(model=model, version=version, compared=False, override=override)
    return move_alias(
        model=model,
        alias=CHAMPION,
        version=version,
        reason=reason,
        user=user,
        kind=ChangeKind.ROLLED_BACK,
        action="model_alias.roll_back",
        overridden=overridden,
        previous=live,
    )


def _live_number(model: RegisteredModel, previous: int | None) -> int | None:
    """Return what is live, None for nothing; raises `Conflict` where the caller believes else."""
    version = live_version(model)
    live = version.number if version is not None else None
    if previous is not None and previous != live:
        raise Conflict(
            f"{_named(live)} is live by now, not version {previous}: look again, then decide.",
            code="moved_meanwhile",
        )
    return live


def _named(number: int | None) -> str:
    return f"Version {number}" if number is not None else "No version"
