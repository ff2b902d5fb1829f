"""What the page of thresholds works with: the validation answers, without their images."""

from typing import Any

import numpy as np

from classifier.engine.measure.decision_answers import unpacked
from classifier.models import Decision


def thresholds_data(decision: Decision) -> dict[str, Any]:
    """Return classes with their thresholds, and a column for each fact of an answer."""
    rows = unpacked(bytes(decision.answers or b""))
    distance = (decision.rule or {}).get("distance")
    far = np.zeros(len(rows), bool) if distance is None else rows["distance"] > distance
    held = decision.held
    return {
        "classes": [each.class_name for each in held.per_class] if held else [],
        "thresholds": [each.threshold for each in held.per_class] if held else [],
        "truth": rows["truth"].tolist(),
        "predicted": rows["predicted"].tolist(),
        "probability": rows["probability"].tolist(),
        "unknown": far.astype(int).tolist(),
        "unknown_rate": decision.asked.unknown_rate,
    }
