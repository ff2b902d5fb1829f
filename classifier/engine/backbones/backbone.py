"""The backbone that embeds images, for ONNX Runtime: converted once, kept by its weights' hash.

    python -m classifier.engine.backbones.backbone WEIGHTS OUTPUT

is the conversion, a process of its own so that TensorFlow's gigabyte goes when it is done.
"""

import json
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from classifier.engine.backbones.weights import BACKBONE, checked_weights_at_hand
from classifier.engine.errors import BadModelFile, EngineError, WeightsUnavailable
from classifier.engine.files import sha256_of
from classifier.engine.runtime.predictor import Predictor
from programs.launch import FOR_WEIGHTS, Program

IMAGE_SIZE = 224
_CONVERSION_SECONDS = 300
# TensorFlow reads the processor's features in /proc.
CONVERSION = Program(
    module="classifier.engine.backbones.backbone", inherits=FOR_WEIGHTS, sees_processes=True
)


@dataclass(frozen=True)
class Backbone:
    """Ready to embed: ``predictor.predict`` returns (n, 1280); ``name`` goes with each vector."""

    name: str
    predictor: Predictor


def open_backbone(weights_dir: Path | None, folder: Path) -> Backbone:
    """Return MobileNetV2 with the ImageNet weights at hand, converted into ``folder`` if need be.

    Its name carries the weights' hash, and its file's name the file's own, which is verified.
    Raises WeightsUnavailable; nothing is downloaded.
    """
    weights = checked_weights_at_hand(BACKBONE, weights_dir)
    if weights is None:
        raise WeightsUnavailable(
            f"The ImageNet weights file {BACKBONE.name} is not on this worker.",
            f"Put {BACKBONE.name} into the folder that LOUPE_WEIGHTS_DIR names, on every worker.",
        )
    name = f"MobileNetV2-{IMAGE_SIZE}-{sha256_of(weights)[:8]}"
    for path in folder.glob(f"{name}-*.onnx"):
        try:
            return Backbone(name, Predictor.load(path, path.stem.removeprefix(f"{name}-")))
        except BadModelFile:
            path.unlink(missing_ok=True)
    path = _converted(weights, folder, name)
    return Backbone(name, Predictor.load(path, path.stem.removeprefix(f"{name}-")))


def _converted(weights: Path, folder: Path, name: str) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder) as part:
        output = Path(part) / "backbone.onnx"
        finished = CONVERSION.run(str(weights), str(output), timeout=_CONVERSION_SECONDS)
        answer = json.loads((finished.stdout.splitlines() or ["{}"])[-1])
        if "error" in answer:
            raise EngineError(**answer["error"])
        finished.check_returncode()
        path = folder / f"{name}-{sha256_of(output)}.onnx"
        return output.replace(path)


def convert(weights: Path, output: Path) -> None:
    """Write the backbone for ONNX Runtime; raises WeightsUnavailable, ExportFailed."""
    from classifier.engine.backbones.mobilenet_v2 import load_features
    from classifier.engine.formats.export import ModelFacts, check_parity, write_onnx

    network = load_features(IMAGE_SIZE, weights)
    facts = ModelFacts(class_names=(), image_size=IMAGE_SIZE, preset="features")
    write_onnx(network, facts, output)
    noise = np.random.default_rng(0).integers(0, 256, (4, IMAGE_SIZE, IMAGE_SIZE, 3), np.uint8)
    check_parity(network, output, list(noise))


if __name__ == "__main__":
    try:
        convert(Path(sys.argv[1]), Path(sys.argv[2]))
        print("{}", flush=True)
    except EngineError as error:
        print(json.dumps({"error": error.to_dict()}), flush=True)
