"""How the layers of a functional network are joined."""

from typing import Any

from classifier.engine.foreign import limits
from classifier.engine.foreign.values import Json, Values, precision, refused, unknown_object

_HISTORY_LENGTH = 3


def checked_nodes(nodes: Json, values: Values, where: str) -> list[Any]:
    """Return the calls of a layer: ``[{args, kwargs}]`` of tensors and plain values."""
    if not isinstance(nodes, list) or len(nodes) > limits.LAYERS:
        raise refused("damaged_file", f"{where} does not say what it is joined to.")
    kept = []
    for node in nodes:
        if not isinstance(node, dict) or node.keys() - {"args", "kwargs"}:
            raise refused("damaged_file", f"{where} does not say what it is joined to.")
        kwargs = node.get("kwargs") or {}
        if not isinstance(kwargs, dict):
            raise refused("damaged_file", f"{where} does not say what it is joined to.")
        kept.append(
            {
                "args": _argument(node.get("args") or [], values, where, 0),
                "kwargs": {
                    str(values.plain(name, where)): _argument(value, values, where, 0)
                    for name, value in kwargs.items()
                },
            }
        )
    return kept


def checked_places(places: Json, where: str, depth: int = 0) -> Json:
    """Return input or output places ``[name, node, tensor]``, one or a list or dict of them."""
    if depth > limits.VALUE_DEPTH:
        raise refused("config_too_large", f"{where} is nested too deeply.")
    if isinstance(places, dict):
        return {
            str(name)[:200]: checked_places(each, where, depth + 1) for name, each in places.items()
        }
    if isinstance(places, list) and places and all(isinstance(each, list) for each in places):
        return [checked_places(each, where, depth + 1) for each in places]
    return _history(places, where)


def _argument(value: Json, values: Values, where: str, depth: int) -> Json:
    if depth > limits.VALUE_DEPTH:
        raise refused("config_too_large", f"{where} is nested too deeply.")
    if isinstance(value, list):
        if len(value) > limits.LIST_LENGTH:
            raise refused("config_too_large", f"{where} has a list of {len(value):,} values.")
        return [_argument(each, values, where, depth + 1) for each in value]
    if not isinstance(value, dict):
        return values.plain(value, where)
    kind, config = value.get("class_name"), value.get("config")
    if kind == "__ellipsis__":
        return {"class_name": kind, "config": {}}
    if kind not in ("__keras_tensor__", "__tensor__", "__numpy__", "__slice__"):
        raise unknown_object(value, where)
    if not isinstance(config, dict):
        raise refused("damaged_file", f"{where} does not say what it is joined to.")
    if kind == "__keras_tensor__":
        inner = {
            "shape": values.plain(config.get("shape"), where),
            "dtype": "float32",
            "keras_history": _history(config.get("keras_history"), where),
        }
    elif kind == "__slice__":
        inner = {name: values.plain(config.get(name), where) for name in ("start", "stop", "step")}
    else:
        inner = {
            "value": values.plain(config.get("value"), where),
            "dtype": precision(config.get("dtype"), where),
        }
        # A tensor that is no weight would become an input of the served graph.
        kind = "__numpy__"
    return {"class_name": kind, "config": inner}


def _history(value: Json, where: str) -> list[Any]:
    """Return ``[layer's name, node, tensor]``."""
    if (
        not isinstance(value, list)
        or len(value) != _HISTORY_LENGTH
        or not isinstance(value[0], str)
        or not all(isinstance(each, int) and 0 <= each < limits.LAYERS for each in value[1:])
    ):
        raise refused("damaged_file", f"{where} does not say what it is joined to.")
    return value
