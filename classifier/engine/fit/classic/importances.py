"""Which numbers of an image a classic method goes by, for people to see."""

from typing import Any

import numpy as np
import numpy.typing as npt

from classifier.engine.fit.classic.preparation import COMPONENTS, Preparation
from classifier.engine.formats.classic.plan import FeaturePlan
from classifier.engine.presets.classic import ClassicPreset

_SHOWN = 15
_MAP_SIDE = 32


def importances(
    preset: ClassicPreset, fitted: Any, prepared: Preparation, plan: FeaturePlan, width: int
) -> dict[str, Any] | None:
    """Return ``method``, ``top`` and ``map``; None for a method without importances.

    ``top`` are the most important numbers, ``{name, share}``, shares of all importances. ``map``
    is where they lie in the image: rows of shares of the largest, 0 to 100, None for vectors and
    principal components. Weights (coefficients) count by the deviations of their numbers, and are
    taken back through principal components.
    """
    if not preset.importance:
        return None
    found = np.asarray(preset.weights(fitted), np.float64)
    components = dict(prepared.steps).get(COMPONENTS)
    names = plan.names(width)
    if preset.importance == "coefficients":
        if components is not None:
            found = found @ components.components_
        found = np.abs(found).mean(axis=0) * prepared.deviations
    elif components is not None:
        names = [f"principal component {place + 1}" for place in range(len(found))]
    total = found.sum() or 1.0
    order = np.argsort(-found, kind="stable")[:_SHOWN]
    return {
        "method": preset.importance,
        "top": [
            {"name": names[place], "share": float(found[place] / total)}
            for place in order
            if found[place] > 0
        ],
        "map": _map(plan, found) if len(found) == len(plan.names(width)) else None,
    }


def _map(plan: FeaturePlan, values: npt.NDArray[np.float64]) -> list[list[int]] | None:
    found = plan.as_map(values)
    if found is None:
        return None
    pooled = -(-len(found) // _MAP_SIDE)
    side = -(-len(found) // pooled)
    framed = np.zeros((side * pooled, side * pooled))
    framed[: len(found), : len(found)] = found
    means = framed.reshape(side, pooled, side, pooled).mean(axis=(1, 3))
    rows: list[list[int]] = np.round(100 * means / (means.max() or 1)).astype(int).tolist()
    return rows
