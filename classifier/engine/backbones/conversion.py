"""A short program: write a backbone for ONNX Runtime.

    python -m classifier.engine.backbones.conversion NAME WEIGHTS OUTPUT

A process of its own, so that TensorFlow's gigabyte goes when it is done.
"""

import json
import sys
from pathlib import Path

import numpy as np

from classifier.engine.backbones.backbone import Backbone
from classifier.engine.backbones.registry import BACKBONES
from classifier.engine.errors import EngineError


def convert(backbone: Backbone, weights: Path, output: Path) -> None:
    """Write the backbone as ONNX to ``output``; raises WeightsUnavailable, ExportFailed."""
    from classifier.engine.formats.export import ModelFacts, check_parity, write_onnx

    size = backbone.image_size
    network = backbone.network(size, weights)
    facts = ModelFacts(class_names=(), image_size=size, preset="features")
    write_onnx(network, facts, output)
    noise = np.random.default_rng(0).integers(0, 256, (4, size, size, 3), np.uint8)
    check_parity(network, output, list(noise))


if __name__ == "__main__":
    try:
        convert(BACKBONES[sys.argv[1]], Path(sys.argv[2]), Path(sys.argv[3]))
        print("{}", flush=True)
    except EngineError as error:
        print(json.dumps({"error": error.to_dict()}), flush=True)
