"""The gate as a condition of a use case: raise what refuses a version."""

from classifier.engine.measure.gate import RuleResult
from classifier.models import ModelVersion, RegisteredModel
from classifier.registry.errors import GateRefused
from classifier.registry.selectors.gate import gate_of
from common.errors import FieldError


def require_gate(
    *, model: RegisteredModel, version: ModelVersion, compared: bool = True, override: bool = False
) -> list[RuleResult]:
    """Raise `GateRefused`, with an entry of `errors` for each rule, where the gate refuses.

    With `override` return the rules that do instead: the caller has checked that the person may,
    and keeps them. Without `compared`, those that compare it with the live version are left out: a
    rollback is for when the live one is what must go. In the caller's transaction: the lock keeps
    the live version and the gate as they are between the judgement and the move.
    """
    model.lock()
    result = gate_of(version)
    if result is None:
        return []
    if not compared:
        result = result.uncompared
    if override or result.passed:
        return result.refusals
    raise GateRefused(
        f"Version {version.number} of {model.name} may not go live. {result.reason}",
        number=version.number,
        errors=[
            FieldError("/version", refusal.rule, refusal.detail) for refusal in result.refusals
        ],
        hint="An admin may override the gate, with a reason: `override`.",
    )
