"""What a checked network says of itself: what goes in, what comes out, what it does to pixels."""

import json
import re
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from itertools import islice
from typing import Any, Literal

from classifier.engine.foreign import limits
from classifier.engine.foreign.errors import ForeignRefused
from classifier.engine.foreign.steps import pixel_steps

Answers = Literal["softmax", "logits", "sigmoid", "unknown"]
# What may stand between the last activation and the answers without changing a number.
_PASSES_ON = frozenset(
    {"Flatten", "Reshape", "Dropout", "Identity", "ActivityRegularization", "GaussianNoise",
     "GaussianDropout", "AlphaDropout", "SpatialDropout2D", "GlobalAveragePooling2D",
     "GlobalMaxPooling2D"}
)  # fmt: skip
_ADDS_UP = frozenset({"Add", "Average", "BatchNormalization", "Rescaling"})
_VERSION = re.compile(r"[0-9][0-9A-Za-z.+-]{0,30}")


@dataclass(frozen=True, kw_only=True)
class Stated:
    """What the file says.

    ``size`` is the side of the square that goes in, None where the network takes any; ``outputs``
    the number of answers, None where only the opened network says it; ``answers`` what they are;
    ``steps`` what the network itself does to pixels, in words; ``rescales`` whether that includes
    scaling; ``layers`` how many there are, ``kinds`` of which classes.
    """

    size: int | None
    outputs: int | None
    answers: Answers
    activation: str
    steps: tuple[str, ...]
    rescales: bool
    layers: int
    kinds: tuple[str, ...]

    def to_dict(self) -> dict[str, Any]:
        """Return it as JSON values."""
        return {**asdict(self), "steps": list(self.steps), "kinds": list(self.kinds)}


def read_stated(network: dict[str, Any]) -> Stated:
    """Return what a checked network says; raises ForeignRefused for one that takes no image.

    Refused are several inputs or outputs, and inputs that are no square of three channels.
    """
    layers = list(_flat(network))
    activation, outputs = _last(network)
    steps, rescales = pixel_steps(layers)
    return Stated(
        size=_size(_input_shape(network)),
        outputs=outputs,
        answers=_answers(activation, outputs),
        activation=activation,
        steps=steps,
        rescales=rescales,
        layers=len(layers),
        kinds=tuple(sorted({layer.get("was", layer["class_name"]) for layer in layers})),
    )


def read_keras_version(metadata: bytes) -> str:
    """Return the Keras that saved the file, empty where it does not say; refuses Keras 2."""
    try:
        values = json.loads(metadata)
        version = str(values.get("keras_version", ""))
    except (ValueError, AttributeError, RecursionError) as error:
        raise ForeignRefused("damaged_file", "metadata.json is not readable JSON.") from error
    if version and not _VERSION.fullmatch(version):
        raise ForeignRefused("damaged_file", "metadata.json names no version of Keras.")
    if version.startswith(("1.", "2.")):
        raise ForeignRefused(
            "keras_2",
            f"The file was saved by Keras {version}; files of Keras 3 are opened.",
            "Open it with Keras 3 (or build the network there and load the weights), save again.",
        )
    return version


def _flat(network: dict[str, Any]) -> Iterator[dict[str, Any]]:
    for layer in network["config"]["layers"]:
        if "layers" in layer["config"]:
            yield from _flat(layer)
        else:
            yield layer


def _input_shape(network: dict[str, Any]) -> list[int | None]:
    config = network["config"]
    if "input_layers" in config:
        places = _places(config["input_layers"])
        if len(places) != 1:
            raise ForeignRefused(
                "several_inputs",
                f"The network has {len(places)} inputs; Loupe gives it one image.",
            )
        first = _by_name(config["layers"]).get(places[0][0])
        if first is None:
            raise ForeignRefused("damaged_file", "config.json has no layer for what goes in.")
    else:
        first = config["layers"][0]
    shape = _shape_of(first)
    if shape is None and "build_input_shape" in config:
        shape = config["build_input_shape"]
    if shape is None:
        raise ForeignRefused(
            "no_input_shape",
            "The network does not say what goes into it.",
            "Call it once on an image, or give it an Input layer, and save it again.",
        )
    return shape


def _shape_of(layer: dict[str, Any]) -> list[int | None] | None:
    config = layer["config"]
    if "layers" in config:
        return _input_shape(layer)
    shape: list[int | None] | None = config.get("batch_shape") or config.get("batch_input_shape")
    if shape is None and config.get("shape"):
        shape = [None, *config["shape"]]
    return shape


def _size(shape: list[int | None]) -> int | None:
    words = " × ".join("any" if side is None else str(side) for side in shape[1:])
    if not isinstance(shape, list) or len(shape) != 4:
        raise ForeignRefused(
            "not_an_image",
            f"The network takes {words or 'nothing'}; an image is height × width × 3.",
        )
    height, width, channels = shape[1:]
    if channels == 1:
        raise ForeignRefused(
            "one_channel",
            f"The network takes grey images ({words}); Loupe gives it three channels (RGB).",
            "Put keras.layers.Conv2D(1, 1) or another layer from three channels to one in front.",
        )
    if channels != 3:
        first = shape[1] in (1, 3)
        raise ForeignRefused(
            "channels_first" if first else "not_an_image",
            f"The network takes {words}; Loupe gives it height × width × 3"
            + (", with the channels last." if first else "."),
        )
    if height != width:
        raise ForeignRefused(
            "not_square", f"The network takes {words}; Loupe gives it squares, height as width."
        )
    least, most = limits.SMALLEST_SIDE, limits.LARGEST_SIDE
    if height is not None and not least <= height <= most:
        raise ForeignRefused(
            "bad_size", f"The network takes {words}; sides may be {least} to {most}."
        )
    return height


def _last(network: dict[str, Any]) -> tuple[str, int | None]:
    """Return the last activation's name and the number of outputs, where the layers say them."""
    config = network["config"]
    layers = config["layers"]
    if "output_layers" not in config:
        return _last_of(list(reversed(layers)))
    places = _places(config["output_layers"])
    if len(places) != 1:
        raise ForeignRefused(
            "several_outputs",
            f"The network has {len(places)} outputs; Loupe reads one answer for each class.",
        )
    by_name = _by_name(layers)
    chain: dict[str, dict[str, Any]] = {}
    name: str | None = places[0][0]
    while name is not None:
        if name in chain or name not in by_name:
            raise ForeignRefused(
                "damaged_file", "config.json joins layers in a circle, or ones that are not there."
            )
        chain[name] = by_name[name]
        name = _before(by_name[name])
    return _last_of(list(chain.values()))


def _last_of(chain: list[dict[str, Any]]) -> tuple[str, int | None]:
    """Read layers from the last one back, until one says what the answers are."""
    outputs: int | None = None
    for layer in chain:
        kind, config = layer["class_name"], layer["config"]
        if "layers" in config:
            activation, count = _last(layer)
            return activation, outputs or count
        if kind == "Softmax":
            return "softmax", outputs or _count(chain)
        if kind in ("Dense", "Conv2D", "Activation", "EinsumDense"):
            outputs = outputs or config.get("units") or config.get("filters")
            activation = config.get("activation") or "linear"
            if isinstance(activation, dict):
                activation = activation["class_name"].lower()
            if kind != "Activation" or activation != "linear":
                return activation, outputs or _count(chain)
        elif kind in _ADDS_UP:
            return "linear", outputs
        elif kind not in _PASSES_ON:
            return "unknown", outputs
    return "unknown", outputs


def _count(chain: list[dict[str, Any]]) -> int | None:
    """Return how many answers the last layer with weights of the chain gives."""
    for layer in chain:
        config = layer["config"]
        if "layers" in config:
            return _last(layer)[1]
        if found := config.get("units") or config.get("filters"):
            return int(found)
    return None


def _answers(activation: str, outputs: int | None) -> Answers:
    if activation == "softmax":
        return "softmax"
    if activation == "sigmoid":
        if outputs is not None and outputs > 1:
            raise ForeignRefused(
                "many_labels",
                f"The network ends in sigmoid with {outputs} outputs: it judges each class by "
                "itself, so that an image may have several. Loupe's models choose one class.",
            )
        return "sigmoid"
    if activation == "linear":
        return "logits"
    if activation != "unknown":
        raise ForeignRefused(
            "last_activation",
            f"The network ends in {activation}; its answers must be softmax, sigmoid of one "
            "output, or logits (no activation).",
        )
    return "unknown"


def _places(value: Any) -> list[list[Any]]:
    if isinstance(value, dict):
        return [place for each in value.values() for place in _places(each)]
    if value and isinstance(value[0], list):
        return [place for each in value for place in _places(each)]
    return [value]


def _by_name(layers: list[dict[str, Any]]) -> dict[str, dict[str, Any]]:
    """Return the layers by their names in the graph; of two with one name the first."""
    found: dict[str, dict[str, Any]] = {}
    for layer in layers:
        for name in (layer.get("name"), layer["config"].get("name")):
            if name is not None:
                found.setdefault(name, layer)
    return found


def _before(layer: dict[str, Any]) -> str | None:
    """Return the name of the only layer that goes into this one; None where there are several."""
    for node in layer.get("inbound_nodes") or []:
        tensors = list(islice(_tensors(node["args"]), 2))
        if len(tensors) == 1:
            return str(tensors[0]["config"]["keras_history"][0])
    return None


def _tensors(value: Any) -> Iterator[dict[str, Any]]:
    if isinstance(value, list):
        for each in value:
            yield from _tensors(each)
    elif isinstance(value, dict) and value.get("class_name") == "__keras_tensor__":
        yield value
