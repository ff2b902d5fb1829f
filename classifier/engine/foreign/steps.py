"""What a network itself does to pixels, in words."""

from collections.abc import Sequence
from itertools import takewhile
from typing import Any

_WITH_WEIGHTS = {"filters", "units", "depth_multiplier"}
_RANDOM = "Random"
_CALCULATES = frozenset({"Add", "Subtract", "Multiply", "Divide", "TrueDivide"})
_MOST_STEPS = 20


def pixel_steps(layers: Sequence[dict[str, Any]]) -> tuple[tuple[str, ...], bool]:
    """Return the steps of checked layers, and whether scaling is one of them.

    What stands behind the first weights is done to features, not to pixels.
    """
    pixels = list(takewhile(lambda layer: not layer["config"].keys() & _WITH_WEIGHTS, layers))
    steps = [step for layer in pixels if (step := _step(layer))]
    return tuple(steps[:_MOST_STEPS]), any(_rescales(layer) for layer in pixels)


def _step(layer: dict[str, Any]) -> str | None:
    kind, config = layer.get("was", layer["class_name"]), layer["config"]
    if kind == "Rescaling":
        added = f" + {_short(config['offset'])}" if config.get("offset") else ""
        return f"Rescaling: x × {_short(config.get('scale'))}{added}"
    if kind == "Normalization":
        return "Normalization: (x − mean) / deviation, as learned from its images"
    if kind in ("Resizing", "CenterCrop"):
        return f"{kind} to {config.get('height')} × {config.get('width')}"
    if kind in _CALCULATES and (number := _argument(layer)) is not None:
        return f"{kind} {number}"
    if kind.startswith(_RANDOM) and kind != "RandomCrop":
        return f"{kind}: in training alone"
    return None


def _rescales(layer: dict[str, Any]) -> bool:
    kind = layer["class_name"]
    return kind in ("Rescaling", "Normalization") or (
        kind in _CALCULATES and _argument(layer) is not None
    )


def _argument(layer: dict[str, Any]) -> str | None:
    """Return the numbers that an operation of the graph calculates with, None for tensors alone."""
    for node in layer.get("inbound_nodes") or []:
        for each in node["args"]:
            if isinstance(each, int | float):
                return _short(each)
            if isinstance(each, dict) and each["class_name"] == "__numpy__":
                return _short(_innermost(each["config"]["value"]))
    return None


def _innermost(value: Any) -> Any:
    """Return the numbers of an array that has one row of them: its outer lists taken off."""
    while isinstance(value, list) and len(value) == 1 and isinstance(value[0], list):
        value = value[0]
    return value


def _short(value: Any) -> str:
    if isinstance(value, list):
        return f"[{', '.join(_short(each) for each in value[:3])}]"
    return f"{value:.6g}" if isinstance(value, int | float) else str(value)
