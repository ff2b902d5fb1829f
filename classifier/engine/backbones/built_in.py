"""The built-in "ImageNet (MobileNetV2)" model: 1,000 classes, served like any other."""

import json
from dataclasses import dataclass
from pathlib import Path

import keras
import numpy as np

from classifier.engine.backbones.weights import CLASS_INDEX, CLASSIFIER, find_weights
from classifier.engine.errors import WeightsUnavailable
from classifier.engine.formats.export import ModelFacts, write_model_files
from classifier.engine.libraries import library_versions
from classifier.engine.outcome import FileFacts, Parity

IMAGE_SIZE = 224
PRESET = "mobilenet_v2"


@dataclass(frozen=True)
class ImagenetFiles:
    """Where the weights (HDF5) and the class index (JSON) are."""

    weights: Path
    class_index: Path


@dataclass(frozen=True, kw_only=True)
class BuiltIn:
    """A written built-in model, with what its ModelVersion must say."""

    class_names: list[str]
    image_size: int
    preset: str
    files: dict[str, FileFacts]
    libraries: dict[str, str]
    parity: Parity


def imagenet_files(weights_dir: Path | None) -> ImagenetFiles:
    """Return the two files, downloading what is missing; raises WeightsUnavailable offline."""
    return ImagenetFiles(
        weights=find_weights(CLASSIFIER, weights_dir),
        class_index=find_weights(CLASS_INDEX, weights_dir),
    )


def build_imagenet_model(weights_dir: Path | None, output_dir: Path) -> BuiltIn:
    """Write the ImageNet model's ``model.keras`` and ``model.onnx`` into ``output_dir``.

    Raises WeightsUnavailable, ExportFailed.
    """
    found = imagenet_files(weights_dir)
    names = _class_names(found.class_index)
    model = _network(found.weights)
    facts = ModelFacts(class_names=tuple(names), image_size=IMAGE_SIZE, preset=PRESET)
    noise = np.random.default_rng(0).integers(0, 256, (4, IMAGE_SIZE, IMAGE_SIZE, 3), np.uint8)
    files, parity = write_model_files(model, facts, output_dir, list(noise))
    return BuiltIn(
        class_names=names,
        image_size=IMAGE_SIZE,
        preset=PRESET,
        files=files,
        libraries=library_versions(),
        parity=parity,
    )


def _network(weights: Path) -> keras.Model:
    size = (IMAGE_SIZE, IMAGE_SIZE, 3)
    image = keras.Input(size, name="image")
    x = keras.layers.Rescaling(1 / 127.5, offset=-1.0)(image)
    try:
        network = keras.applications.MobileNetV2(input_shape=size, weights=str(weights))
    except (OSError, ValueError, KeyError) as error:
        raise _damaged(weights) from error
    return keras.Model(image, network(x), name="imagenet_mobilenet_v2")


def _class_names(path: Path) -> list[str]:
    """Return the 1,000 names; a name that ImageNet gives to two classes gets its WordNet id."""
    try:
        index: dict[str, list[str]] = json.loads(path.read_text())
        pairs = [(index[str(number)][0], index[str(number)][1]) for number in range(1000)]
    except (ValueError, KeyError, IndexError, TypeError) as error:
        raise _damaged(path) from error
    names = [name.replace("_", " ") for _, name in pairs]
    return [
        f"{name} ({pair[0]})" if names.count(name) > 1 else name
        for name, pair in zip(names, pairs, strict=True)
    ]


def _damaged(path: Path) -> WeightsUnavailable:
    return WeightsUnavailable(
        f"The file {path.name} is damaged.", f"Replace it with Keras's own {path.name}."
    )
