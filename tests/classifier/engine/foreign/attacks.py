"""Files that would do something when they are opened; each payload would write a canary."""

import base64
import io
import json
import marshal
import pickle
import zipfile
from collections.abc import Callable
from pathlib import Path
from types import CodeType
from typing import Any

import h5py
import numpy as np

from tests.classifier.engine.foreign.crafted import (
    colour_layers,
    hdf5,
    keras_file,
    layer,
    sequential,
)


class _Writes:
    """What, unpickled, writes the canary."""

    def __init__(self, canary: Path) -> None:
        self._canary = str(canary)

    def __reduce__(self) -> Any:
        return (open, (self._canary, "w"))


def lambda_config(code: CodeType) -> dict[str, Any]:
    """Return a Lambda layer with a program, as Keras writes it."""
    program = {
        "class_name": "__lambda__",
        "config": {
            "code": base64.b64encode(marshal.dumps(code)).decode(),
            "defaults": None,
            "closure": None,
        },
    }
    return layer("Lambda", function=program, output_shape=None, arguments={})


def program_of(canary: Path) -> CodeType:
    """Return the code of a function of a tensor that writes the canary."""
    source = f"def run(x):\n    open({str(canary)!r}, 'w')\n    return x"
    whole = compile(source, "<payload>", "exec")
    return next(each for each in whole.co_consts if isinstance(each, CodeType))


def configs(canary: Path) -> dict[str, tuple[dict[str, Any], str]]:
    """Return networks by what they try, each with a part of the sentence that refuses it."""
    run = {"module": "os", "class_name": "system", "config": {"command": f"touch {canary}"}}
    served = layer("TFSMLayer", filepath=str(canary))
    execute = {**run, "module": "builtins", "class_name": "exec"}
    nested = sequential(*colour_layers())
    nested["config"]["layers"].insert(1, sequential(lambda_config(program_of(canary))))
    return {
        "lambda": (with_layer(lambda_config(program_of(canary))), "holds a program"),
        "lambda in a network in the network": (nested, "holds a program"),
        "TFSMLayer": (with_layer(served), "keras.layers.TFSMLayer"),
        "unknown module": (with_layer(layer("Dense", "evil.layers", units=3)), "evil.layers.Dense"),
        "builtins": (with_layer(execute), "builtins.exec"),
        "os": (with_layer(run), "os.system"),
        "another module of Keras": (
            with_layer(layer("get_file", "keras.utils", origin="file:///etc/passwd")),
            "keras.utils.get_file",
        ),
        "custom object": (
            with_layer({**layer("Dense", units=3), "registered_name": "evil>Layer"}),
            "evil>Layer",
        ),
        "custom network": (
            {**sequential(*colour_layers()), "class_name": "Evil", "registered_name": "me>Evil"},
            "me>Evil",
        ),
        "initializer": (
            with_layer(layer("Dense", units=3, kernel_initializer=run)), "os.system"
        ),
        "regularizer of one's own": (
            with_layer(
                layer(
                    "Dense",
                    units=3,
                    kernel_regularizer={
                        **layer("L2", "keras.regularizers"), "registered_name": "me>L2"
                    },
                )
            ),
            "me>L2",
        ),
        "activation": (with_layer(layer("Dense", units=3, activation="os.system")), "os.system"),
        "activation as a function": (
            with_layer(
                layer("Dense", units=3, activation={**run, "class_name": "function"})
            ),
            "os.function",
        ),
        "precision": (with_layer(layer("Dense", units=3, dtype=run)), "os.system"),
        "vocabulary file": (
            with_layer(layer("StringLookup", vocabulary="/etc/passwd")), "StringLookup"
        ),
        "a path in a setting": (with_layer(layer("Flatten", data_format="../etc")), "../etc"),
        "a setting that is not Keras's": (with_layer(layer("Flatten", hook="x")), "hook"),
        "operation of a graph": (
            functional(layer("Load", "keras.src.ops.numpy")), "keras.src.ops.numpy.Load"
        ),
        "an object in a call": (
            functional(layer("Add", "keras.src.ops.numpy"), argument=run), "os.system"
        ),
        "a lambda in a call": (
            functional(
                layer("Add", "keras.src.ops.numpy"),
                argument={"class_name": "__lambda__", "config": {"value": ["", None, None]}},
            ),
            "__lambda__",
        ),
    }  # fmt: skip


def with_layer(attack: dict[str, Any]) -> dict[str, Any]:
    """Return a small network with this layer in it."""
    return sequential(attack, *colour_layers())


def functional(operation: dict[str, Any], argument: Any = 1) -> dict[str, Any]:
    """Return a functional network that calls an operation on its input and an argument."""
    first = layer("InputLayer", batch_shape=[None, 16, 16, 3])
    tensor = {
        "class_name": "__keras_tensor__",
        "config": {
            "shape": [None, 16, 16, 3], "dtype": "float32", "keras_history": ["inputlayer", 0, 0]
        },
    }  # fmt: skip
    called = {"args": [tensor, argument], "kwargs": {}}
    return {
        "module": "keras.src.models.functional",
        "class_name": "Functional",
        "config": {
            "name": "graph",
            "trainable": True,
            "layers": [
                {**first, "name": "inputlayer", "inbound_nodes": []},
                {**operation, "name": "called", "inbound_nodes": [called]},
            ],
            "input_layers": [["inputlayer", 0, 0]],
            "output_layers": [["called", 0, 0]],
        },
        "registered_name": "Functional",
    }


def archives(canary: Path) -> dict[str, tuple[bytes, str]]:
    """Return files that are no honest zip, each with a part of the sentence that refuses it."""
    honest = keras_file()
    twice = io.BytesIO(honest)
    with zipfile.ZipFile(twice, "a") as archive:
        archive.writestr("config.json", json.dumps({}))
    bomb = keras_file(weights=bytes(50 << 20), compression=zipfile.ZIP_DEFLATED)
    renamed = bytearray(honest)
    place = renamed.index(b"config.json")
    renamed[place : place + 11] = b"Config.json"
    return {
        "path traversal": (keras_file(more={"../../canary": b"x"}), "../../canary is not allowed"),
        "absolute path": (keras_file(more={str(canary): b"x"}), "is not allowed"),
        "assets": (keras_file(more={"assets/vocabulary.txt": b"x"}), "assets/vocabulary.txt"),
        "an entry twice": (twice.getvalue(), "config.json is there twice"),
        "zip bomb": (bomb, "like a zip bomb"),
        "another name in place": (bytes(renamed), "is called otherwise where it stands"),
        "bytes before the zip": (b"PK\x03\x04" + bytes(20) + honest, "belong to no entry"),
        "cut off": (honest[:-40], "cannot be read to its end"),
    }


def other_formats(canary: Path) -> dict[str, tuple[bytes, str]]:
    """Return files of other formats, each with what the refusal calls it."""
    saved_model = io.BytesIO()
    with zipfile.ZipFile(saved_model, "w") as archive:
        archive.writestr("saved_model.pb", b"\x08\x01")
        archive.writestr("variables/variables.index", b"")
    torch = io.BytesIO()
    with zipfile.ZipFile(torch, "w") as archive:
        archive.writestr("archive/data.pkl", pickle.dumps(_Writes(canary)))
    images = io.BytesIO()
    with zipfile.ZipFile(images, "w") as archive:
        archive.writestr("cat/1.png", b"")
    return {
        "h5": (hdf5(lambda file: file.create_group("layers")), "an HDF5 file (.h5)"),
        "pickle": (pickle.dumps(_Writes(canary)), "a Python pickle"),
        "SavedModel": (saved_model.getvalue(), "a zipped SavedModel"),
        "torch": (torch.getvalue(), "a file of PyTorch"),
        "a zip of something else": (images.getvalue(), "a zip without config.json"),
        "onnx": (b"\x08\x08\x12\x07pytorch", "an ONNX or TensorFlow graph"),
        "gzip": (b"\x1f\x8b\x08\x00rest", "a compressed file (gzip)"),
        "text": (b"#!/bin/sh\ntouch canary\n", "no zip"),
        "empty": (b"", "empty"),
    }


def weights(folder: Path) -> dict[str, tuple[bytes, str]]:
    """Return files of weights that reach elsewhere or lie, each with a part of the sentence."""
    secret = folder / "secret.h5"
    with h5py.File(secret, "w") as file:
        file["numbers"] = np.arange(9.0)
    outside = folder / "raw.bin"
    outside.write_bytes(bytes(72))

    def external(file: h5py.File) -> None:
        file["layers/dense/vars/0"] = h5py.ExternalLink(str(secret), "/numbers")

    def soft(file: h5py.File) -> None:
        file["layers/dense/vars/1"] = np.zeros(3)
        file["layers/dense/vars/0"] = h5py.SoftLink("/layers/dense/vars/1")

    def hard(file: h5py.File) -> None:
        file["layers/a"] = np.zeros(3)
        file["layers/b"] = file["layers/a"]

    def circle(file: h5py.File) -> None:
        file.create_group("layers/a")
        file["layers/a/again"] = file["layers"]

    def virtual(file: h5py.File) -> None:
        layout = h5py.VirtualLayout(shape=(9,), dtype="f8")
        layout[:] = h5py.VirtualSource(str(secret), "numbers", shape=(9,))
        file.create_virtual_dataset("layers/dense/vars/0", layout)

    def stored_outside(file: h5py.File) -> None:
        file.create_dataset("layers/0", (9,), "f8", external=[(str(outside), 0, 72)])

    def giant(file: h5py.File) -> None:
        file.create_dataset("layers/0", (1 << 40,), "f4", chunks=(1 << 16,))

    def giant_whole(file: h5py.File) -> None:
        file.create_dataset("layers/0", (1 << 20, 1 << 20), "f4")

    def chunk(file: h5py.File) -> None:
        file.create_dataset("layers/0", (10,), "f4", chunks=(1 << 28,), maxshape=(None,))

    def bomb(file: h5py.File) -> None:
        file.create_dataset("layers/0", data=np.zeros(30 << 20, "u1"), compression="gzip")

    def packed(file: h5py.File) -> None:
        file.create_dataset("layers/0", data=np.zeros(9), chunks=(9,), compression="lzf")

    def texts(file: h5py.File) -> None:
        file["layers/0"] = ["a", "b"]

    def reference(file: h5py.File) -> None:
        file["layers/0"] = np.zeros(3)
        file["layers"].attrs.create("to", file["layers/0"].ref, dtype=h5py.ref_dtype)

    def kind(file: h5py.File) -> None:
        file["kind"] = np.dtype("f4")

    written: dict[str, tuple[Callable[[h5py.File], None], str]] = {
        "external link": (external, "is an external link, to another file"),
        "soft link": (soft, "is a soft link"),
        "second hard link": (hard, "is linked twice"),
        "circle": (circle, "is linked twice"),
        "virtual dataset": (virtual, "is virtual"),
        "external storage": (stored_outside, "keeps its numbers in another file"),
        "giant shape": (giant, "declares 1,099,511,627,776 numbers"),
        "giant shape without numbers": (giant_whole, "declares 1,099,511,627,776 numbers"),
        "giant chunk": (chunk, "is cut into chunks of"),
        "bomb": (bomb, "more than the file"),
        "filter": (packed, "is packed by a filter not allowed"),
        "texts": (texts, "holds something else than numbers"),
        "reference": (reference, "has an attribute that is no number"),
        "stored type": (kind, "is neither a group nor numbers"),
    }
    found = {name: (hdf5(write), said) for name, (write, said) in written.items()}
    honest = bytearray(keras_weights())
    honest[len(honest) // 2 :] = bytes(len(honest) - len(honest) // 2)
    return {**found, "damaged": (bytes(honest), "damaged"), "no HDF5": (b"x" * 99, "damaged")}


def keras_weights() -> bytes:
    """Return an honest file of weights with several groups."""

    def write(file: h5py.File) -> None:
        for number in range(40):
            file[f"layers/dense_{number}/vars/0"] = np.ones((3, 3))

    return hdf5(write)
