"""What the card of a version's decision shows."""

from typing import Any

from classifier.engine.measure.decision import Wish
from classifier.models import ModelVersion
from classifier.pages.forms import DecisionForm
from classifier.registry.selectors.decision import (
    assumptions_of,
    decision_of,
    obstacle_to_decision,
)


def decision_context(version: ModelVersion) -> dict[str, Any]:
    """Return what the card of a version's decision shows."""
    row = decision_of(version)
    obstacle = obstacle_to_decision(version)
    asked = row.asked if row is not None else Wish(precision=0.95)
    return {
        "decision": row,
        "decision_form": DecisionForm.of(asked),
        "assumptions": assumptions_of(row) if row is not None else [],
        "no_decision_because": obstacle.detail if obstacle else "",
    }
