"""A Keras network as the code that builds it: one line for each layer, by Keras's own record."""

import inspect
import json
from collections.abc import Iterator, Mapping
from itertools import count
from typing import Any

import keras

_NAMES = "xyzuvw"
# What a layer's record holds beyond what its constructor has to be told.
_UNTOLD = frozenset({"name", "trainable", "dtype", "data_format"})
Layer = Mapping[str, Any]


def network_text(model: keras.Model, *, precision: str) -> str:
    """Return the function ``network`` that builds the untrained network: pixels → logits.

    In bfloat16 it takes the numbers to compute with as ``dtype``, since the same layers in float32
    measure. Raises ValueError for a layer that is not Keras's own, or stands in two places.
    """
    record = model.get_config()
    takes = "dtype" if precision == "bfloat16" else ""
    lines = [f"def network({takes}):", '    """Return the untrained network: pixels to logits."""']
    names = _Names(record)
    for layer in record["layers"]:
        if layer["class_name"] == "InputLayer":
            shape = tuple(layer["config"]["batch_shape"][1:])
            lines.append(f"    {names.given(layer)} = image = keras.Input({shape})")
            continue
        inputs = names.taken(layer)
        call = f"layers.{layer['class_name']}({', '.join(_told(layer, with_dtype=bool(takes)))})"
        lines.append(f"    {names.given(layer)} = {call}({inputs})")
    [output, *_] = record["output_layers"]
    lines.append(f"    return keras.Model(image, {names.of(str(output))})")
    return "\n\n" + "\n".join(lines) + "\n\n"


class _Names:
    """What the results of layers are called: a name is free again once no layer takes it."""

    def __init__(self, record: Layer) -> None:
        [output, *_] = record["output_layers"]
        self._waiting: dict[str, int] = {str(output): 1}
        for layer in record["layers"]:
            for source in _sources(layer):
                self._waiting[source] = self._waiting.get(source, 0) + 1
        self._held: dict[str, str] = {}

    def of(self, layer: str) -> str:
        """Return what the result of the layer of this name is called."""
        return self._held[layer]

    def taken(self, layer: Layer) -> str:
        """Return the arguments of the layer's call; a result not taken after it loses its name."""
        sources = _sources(layer)
        text = _arguments(layer["inbound_nodes"][0]["args"], self._held)
        for source in sources:
            self._waiting[source] -= 1
            if not self._waiting[source]:
                del self._held[source]
        return text

    def given(self, layer: Layer) -> str:
        """Return a free name for the layer's result."""
        held = set(self._held.values())
        name = next(each for each in _every_name() if each not in held)
        self._held[layer["name"]] = name
        return name


def _every_name() -> Iterator[str]:
    yield from _NAMES
    yield from (f"x{number}" for number in count(1))


def _sources(layer: Layer) -> list[str]:
    """Return the names of the layers whose results this one takes, as often as it does."""
    if len(layer["inbound_nodes"]) > 1 or layer["module"] != "keras.layers":
        raise ValueError(f"The layer {layer['name']} cannot be written as one line of Keras.")
    return [name for node in layer["inbound_nodes"] for name in _tensors(node["args"])]


def _tensors(value: Any) -> list[str]:
    if isinstance(value, list | tuple):
        return [name for each in value for name in _tensors(each)]
    return [str(value["config"]["keras_history"][0])]


def _arguments(value: Any, names: Mapping[str, str], *, outer: bool = True) -> str:
    if isinstance(value, list | tuple):
        text = ", ".join(_arguments(each, names, outer=False) for each in value)
        return text if outer else f"[{text}]"
    return names[str(value["config"]["keras_history"][0])]


def _told(layer: Layer, *, with_dtype: bool) -> list[str]:
    """Return the arguments of the layer's constructor that differ from its defaults."""
    settings = layer["config"]
    kind = getattr(keras.layers, layer["class_name"])
    parameters = list(inspect.signature(kind.__init__).parameters.values())[1:]
    told, by_place = [], True
    for parameter in parameters:
        name = parameter.name
        if name not in settings or name in _UNTOLD:
            by_place = False
            continue
        value, default = _plain(settings[name]), _plain(parameter.default)
        needed = parameter.default is inspect.Parameter.empty
        if not needed and (_is_default(value, default) or _is_implied(name, settings)):
            by_place = False
            continue
        by_place = by_place and (needed or name == "kernel_size")
        told.append(_written(value) if by_place else f"{name}={_written(value)}")
    if with_dtype:
        policy = settings["dtype"]["config"]["name"]
        told.append('dtype="float32"' if policy == "float32" else "dtype=dtype")
    return told


def _is_default(value: Any, default: Any) -> bool:
    same = {"linear": None, (-1,): -1}
    return bool(value == default) or (value in same and same[value] == default)


def _is_implied(name: str, settings: Mapping[str, Any]) -> bool:
    """Whether Keras takes the value from another setting by itself."""
    implied = {"strides": "pool_size", "value_dim": "key_dim"}
    other = implied.get(name, "")
    return other in settings and settings[name] == settings[other]


def _plain(value: Any) -> Any:
    """Return a recorded value as a person writes it: 3 for [3, 3], an initializer's own name."""
    if isinstance(value, dict) and value.get("module") == "keras.initializers":
        known = {key: each for key, each in value["config"].items() if each is not None}
        if known:
            raise ValueError(f"The initializer {value['class_name']} has settings of its own.")
        return _snake(value["class_name"])
    if not isinstance(value, list | tuple):
        return value
    parts = tuple(tuple(each) if isinstance(each, list) else each for each in value)
    alike = len(parts) == 2 and parts[0] == parts[1]
    return parts[0] if alike else parts


def _written(value: Any) -> str:
    """Return a value as code; a small share as one by a number, if it is exactly that."""
    if isinstance(value, str):
        return json.dumps(value)
    if isinstance(value, float) and 0 < value < 0.1:
        inverse = round(1 / value, 6)
        return f"1 / {inverse:g}" if 1 / inverse == value else repr(value)
    return repr(value)


def _snake(name: str) -> str:
    return "".join(f"_{letter.lower()}" if letter.isupper() else letter for letter in name)[1:]
