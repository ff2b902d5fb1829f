"""The network in a `.keras` file's `config.json`: checked layer by layer, and written again."""

import json
from typing import Any

from classifier.engine.foreign import limits
from classifier.engine.foreign.allowed import (
    LAYER_MODULES,
    LAYERS,
    LEFT_OUT,
    MODEL_MODULES,
    MUST_BE_NULL,
    OF_NETWORKS,
    OPERATIONS,
)
from classifier.engine.foreign.nodes import checked_nodes, checked_places
from classifier.engine.foreign.values import (
    Json,
    Values,
    check_name,
    precision,
    refused,
    unknown_object,
)

# What stands for a layer that works in training alone.
IN_TRAINING = "Identity"
_COUNTS = ("units", "filters")
_ENTRY_KEYS = {
    "module", "class_name", "config", "registered_name", "build_config", "compile_config",
    "name", "inbound_nodes", "shared_object_id",
}  # fmt: skip
_SEQUENTIAL_KEYS = {"name", "trainable", "dtype", "layers", "build_input_shape"}
_FUNCTIONAL_KEYS = {"name", "trainable", "dtype", "layers", "input_layers", "output_layers"}


def read_architecture(content: bytes) -> dict[str, Any]:
    """Return the network of a `config.json`, made of allowed layers and settings alone.

    Raises ForeignRefused naming the layer at fault.
    """
    try:
        config = json.loads(content)
    except (ValueError, RecursionError) as error:
        raise refused("damaged_file", "config.json is not readable JSON.") from error
    if not isinstance(config, dict) or "class_name" not in config:
        raise refused("no_network", "config.json describes no network.")
    if config["class_name"] not in MODEL_MODULES:
        _refuse_model(config)
    network: dict[str, Any] = _Walk().entry(config, depth=0)
    return network


def _refuse_model(config: Json) -> None:
    check_name(config, "The network")
    raise refused(
        "no_network",
        f"The file holds {str(config.get('class_name'))[:60]}; allowed are the networks of layers "
        f"that Keras calls {' and '.join(sorted(MODEL_MODULES))}.",
        "A subclass of Model keeps its code outside the file. Build the network with "
        "keras.Sequential or keras.Model(inputs, outputs) and save that.",
    )


class _Walk:
    def __init__(self) -> None:
        self._values = Values(self._activation_layer)
        self._layers = 0

    def entry(self, entry: Json, depth: int) -> Json:
        """Return a layer, an operation or a network as it may be handed to Keras."""
        where = _where(entry)
        self._layers += 1
        if self._layers > limits.LAYERS or depth > limits.MODEL_DEPTH:
            raise refused(
                "config_too_large",
                f"A network may have {limits.LAYERS:,} layers, nested {limits.MODEL_DEPTH} deep.",
            )
        surplus = entry.keys() - _ENTRY_KEYS
        if surplus:
            raise refused("object_not_allowed", f"{where} has “{min(surplus)[:60]}”, unknown here.")
        check_name(entry, where)
        name, module = str(entry["class_name"]), str(entry.get("module"))
        config = entry.get("config")
        if not isinstance(config, dict):
            raise refused("damaged_file", f"{where} has no settings.")
        kept: dict[str, Any] = {"class_name": name, "module": module, "registered_name": None}
        if name in MODEL_MODULES and module in MODEL_MODULES[name]:
            kept["config"] = self._network(name, config, where, depth)
            kept["module"] = "keras" if name == "Sequential" else "keras.src.models.functional"
        elif name in OPERATIONS and module in OPERATIONS[name][0]:
            kept["module"] = OPERATIONS[name][0][0]
            kept["config"] = self._settings(config, OPERATIONS[name][1], where, depth)
            kept["config"].pop("dtype", None) if name != "Cast" else None
        else:
            kept["config"] = self._layer(entry, config, where, depth)
        if name.startswith("Random") and name != "RandomCrop":
            # It changes images in training alone; its seed has no place in a served file.
            kept |= {"class_name": IN_TRAINING, "config": {"name": kept["config"].get("name")}}
            kept["was"] = name
        if entry.get("build_config") is not None and name != "Functional":
            kept["build_config"] = self._values.plain(entry["build_config"], where)
        if "name" in entry:
            kept["name"] = _label(entry["name"], where)
        if "inbound_nodes" in entry:
            kept["inbound_nodes"] = checked_nodes(entry["inbound_nodes"], self._values, where)
        return kept

    def _layer(self, entry: Json, config: Json, where: str, depth: int) -> Json:
        name, module = str(entry["class_name"]), str(entry.get("module"))
        allowed = OF_NETWORKS.get((module, name))
        if allowed is None and (name not in LAYERS or module not in LAYER_MODULES):
            _refuse_layer(entry, where)
        settings = self._settings(config, allowed or LAYERS[name], where, depth)
        if name != "InputLayer":
            settings["dtype"] = "float32"
        return settings

    def _settings(self, config: Json, allowed: frozenset[str], where: str, depth: int) -> Json:
        kept = {}
        for key, value in config.items():
            if key not in allowed:
                raise refused(
                    "setting_not_allowed",
                    f"{where} has the setting {key.encode('unicode_escape').decode()[:60]}, which "
                    "Loupe does not know.",
                )
            if key in MUST_BE_NULL and value is not None:
                raise refused("setting_not_allowed", f"{where} has {key}, which is not allowed.")
            if key == "name":
                kept[key] = _label(value, where)
                continue
            if key in _COUNTS and (not isinstance(value, int) or isinstance(value, bool)):
                raise refused("damaged_file", f"{where} has {key} that is no whole number.")
            checked = self._values.setting(key, value, where, depth)
            if key not in LEFT_OUT:
                kept[key] = checked
        return kept

    def _activation_layer(self, entry: Json, depth: int) -> Json:
        return self.entry(entry, depth)

    def _network(self, name: str, config: Json, where: str, depth: int) -> Json:
        allowed = _SEQUENTIAL_KEYS if name == "Sequential" else _FUNCTIONAL_KEYS
        surplus = config.keys() - allowed
        if surplus:
            raise refused(
                "setting_not_allowed", f"{where} has the setting {min(surplus)[:60]}, unknown here."
            )
        layers = config.get("layers")
        if not isinstance(layers, list) or not layers:
            raise refused("no_network", f"{where} has no layers.")
        precision(config.get("dtype"), where)
        kept: dict[str, Any] = {
            "name": _label(config.get("name"), where),
            "trainable": False,
            "layers": [self.entry(_dict(each, where), depth + 1) for each in layers],
        }
        if name == "Sequential":
            shape = config.get("build_input_shape")
            if shape is not None:
                kept["build_input_shape"] = self._values.plain(shape, where)
        else:
            for key in ("input_layers", "output_layers"):
                kept[key] = checked_places(config.get(key), where)
        return kept


def _refuse_layer(entry: Json, where: str) -> None:
    name = str(entry["class_name"])
    if name == "Lambda":
        raise refused(
            "layer_not_allowed",
            f"{where} is a Lambda layer, which holds a program; it is not allowed.",
            "Write what it does with layers of Keras (Rescaling, Normalization, …), save again.",
        )
    if entry.get("module") not in LAYER_MODULES or name not in LAYERS:
        shown = f"{entry.get('module')}.{name}".encode("unicode_escape").decode()[:120]
        raise refused(
            "layer_not_allowed",
            f"{where} is {shown}, which is not among the {len(LAYERS)} kinds of layers allowed.",
        )
    raise unknown_object(entry, where)


def _where(entry: Json) -> str:
    if not isinstance(entry, dict) or not isinstance(entry.get("class_name"), str):
        raise refused("damaged_file", "config.json has a layer without a kind.")
    config = entry.get("config")
    name = entry.get("name") or (config.get("name") if isinstance(config, dict) else None)
    shown = str(name or entry["class_name"]).encode("unicode_escape").decode()[:60]
    return f"The layer “{shown}”"


def _dict(value: Json, where: str) -> Json:
    if not isinstance(value, dict):
        raise refused("damaged_file", f"{where} has a layer that is none.")
    return value


def _label(value: Json, where: str) -> str | None:
    """Return a layer's name: a label, so any text of a moderate length."""
    if value is None:
        return None
    if not isinstance(value, str) or len(value) > 200 or ("/" in value and ".." in value):
        raise refused("text_not_allowed", f"{where} has a name that is not a short text.")
    return value
