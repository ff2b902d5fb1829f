"""Withdraw what a decision promised, where feedback says that it does not hold."""

from collections.abc import Mapping

from accounts.services import audit
from classifier.models import Decision
from classifier.registry.services.decision import apply_wish


def withdraw_promise(*, decision: Decision, reasons: Mapping[str, str]) -> None:
    """Accept no answer of these classes from the next prediction on; in the caller's transaction.

    `reasons` says why, by class name, in a sentence; "" stands for all classes. What would have
    been accepted is to be reviewed, until a person sets the decision again. The caller has locked
    `decision`.
    """
    decision.withdrawn = {**decision.withdrawn, **reasons}
    apply_wish(decision, decision.model_version)
    decision.save()
    audit.record(
        actor=None,
        action="model_version.decision.withdraw",
        target=decision.model_version,
        reasons=dict(reasons),
    )
