"""A short program: write a backbone for ONNX Runtime.

    python -m classifier.engine.backbones.conversion NAME WEIGHTS OUTPUT

A process of its own, so that TensorFlow's gigabyte goes when it is done, and weights are read where
no secret is.
"""

import json
import sys
from pathlib import Path

from classifier.engine.backbones.registry import BACKBONES
from classifier.engine.errors import EngineError

if __name__ == "__main__":
    try:
        backbone = BACKBONES[sys.argv[1]]
        backbone.write_onnx(backbone.image_size, Path(sys.argv[2]), Path(sys.argv[3]))
        print("{}", flush=True)
    except EngineError as error:
        print(json.dumps({"error": error.to_dict()}), flush=True)
