"""Make a version live although the gate refuses it: who may, and what is kept of it."""

from collections.abc import Sequence

from accounts.models import User
from classifier.engine.measure.gate import RuleResult
from classifier.models import RegisteredModel
from classifier.models.alias import CHAMPION
from classifier.registry.policies import require_gate_keeper
from common.errors import FieldError, Invalid


def require_override(*, user: User, model: RegisteredModel, alias: str, reason: str) -> None:
    """Raise `Forbidden` below admin, `Invalid` without a reason and where there is no gate."""
    require_gate_keeper(user=user, model=model)
    if alias != CHAMPION:
        detail = f"Only “{CHAMPION}” has a gate to override; received “{alias}”."
        raise Invalid(detail, errors=[FieldError("/override", "does_not_apply", detail)])
    if not reason.strip():
        detail = "Overriding the gate needs a reason: it stays in the history."
        raise Invalid(detail, errors=[FieldError("/reason", "required", detail)])


def as_kept(overridden: Sequence[RuleResult]) -> list[dict[str, str]]:
    """Return what the history and the audit log keep of the rules that were overridden."""
    return [{"rule": each.rule, "detail": each.detail} for each in overridden]
