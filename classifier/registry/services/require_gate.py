"""The gate as a condition of a use case: raise what refuses a version."""

from classifier.models import ModelVersion, RegisteredModel
from classifier.registry.errors import GateRefused
from classifier.registry.selectors.gate import gate_of
from common.errors import FieldError


def require_gate(*, model: RegisteredModel, version: ModelVersion, compared: bool = True) -> None:
    """Raise `GateRefused`, with an entry of `errors` for each rule, where the gate refuses.

    Without `compared`, the rules that compare it with the live version are left out: a rollback is
    for when the live one is what must go. In the caller's transaction: the lock keeps the live
    version as it is between the judgement and the move.
    """
    model.lock()
    result = gate_of(version)
    if result is not None and not compared:
        result = result.uncompared
    if result is not None and not result.passed:
        raise GateRefused(
            f"Version {version.number} of {model.name} may not go live. {result.reason}",
            errors=[
                FieldError("/version", refusal.rule, refusal.detail) for refusal in result.refusals
            ],
        )
