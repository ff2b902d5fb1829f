"""Foreign models made by hand, honest and hostile, without Keras: a zip, JSON, and HDF5."""

import io
import json
import zipfile
from typing import Any

import h5py
import numpy as np

from classifier.engine.foreign.package import CONFIG, METADATA, WEIGHTS

COLOURS = ["red", "green", "blue"]


def layer(kind: str, module: str = "keras.layers", **config: Any) -> dict[str, Any]:
    """Return a layer as Keras writes it."""
    return {
        "module": module,
        "class_name": kind,
        "config": {"name": kind.lower(), **config},
        "registered_name": None,
    }


def initializer() -> dict[str, Any]:
    """Return how weights began, as Keras writes it."""
    found = layer("GlorotUniform", "keras.initializers")
    return {**found, "config": {"seed": None}}


def policy(name: str = "float32") -> dict[str, Any]:
    """Return a precision as Keras writes it."""
    return layer("DTypePolicy", "keras", name=name) | {"config": {"name": name}}


def sequential(*layers: dict[str, Any], shape: Any = (None, 16, 16, 3), **more: Any) -> dict:
    """Return a Sequential of these behind an input of this shape."""
    first = layer("InputLayer", batch_shape=list(shape), dtype="float32", sparse=False)
    return {
        "module": "keras",
        "class_name": "Sequential",
        "config": {
            "name": "net",
            "trainable": True,
            "dtype": policy(),
            "layers": [first, *layers],
            "build_input_shape": list(shape),
        },
        "registered_name": None,
        "build_config": {"input_shape": list(shape)},
        "compile_config": {"optimizer": "adam"},
        **more,
    }


def colour_layers(activation: str = "linear", units: int = 3) -> list[dict[str, Any]]:
    """Return layers that tell an image's mean colour; the weights are ``colour_weights``."""
    return [
        layer("GlobalAveragePooling2D", data_format="channels_last", keepdims=False),
        layer(
            "Dense",
            units=units,
            activation=activation,
            use_bias=True,
            kernel_initializer=initializer(),
            dtype=policy(),
        ),
    ]


def colour_network(activation: str = "linear", units: int = 3) -> dict[str, Any]:
    """Return a network that tells red, green and blue; it takes 16 × 16 pixels."""
    return sequential(*colour_layers(activation, units))


def hdf5(write: Any) -> bytes:
    """Return a file of HDF5 that ``write`` fills."""
    stream = io.BytesIO()
    with h5py.File(stream, "w") as file:
        write(file)
    return stream.getvalue()


def colour_weights() -> bytes:
    """Return the weights of ``colour_network``: the brighter a colour, the more its class."""

    def write(file: h5py.File) -> None:
        file["layers/dense/vars/0"] = 8 * np.eye(3, dtype=np.float32)
        file["layers/dense/vars/1"] = np.zeros(3, np.float32)

    return hdf5(write)


def keras_file(
    config: Any = None,
    weights: bytes | None = None,
    metadata: Any = None,
    more: dict[str, bytes] | None = None,
    compression: int = zipfile.ZIP_STORED,
) -> bytes:
    """Return a `.keras` file of these; what is left out is a small honest network's."""
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", compression) as archive:
        said = metadata if metadata is not None else {"keras_version": "3.12.0"}
        archive.writestr(METADATA, json.dumps(said))
        archive.writestr(CONFIG, json.dumps(config if config is not None else colour_network()))
        archive.writestr(WEIGHTS, weights if weights is not None else colour_weights())
        for name, content in (more or {}).items():
            archive.writestr(name, content)
    return stream.getvalue()
