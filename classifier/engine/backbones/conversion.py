"""A short program: write a backbone for ONNX Runtime.

    python -m classifier.engine.backbones.conversion NAME SIZE WEIGHTS OUTPUT

A process of its own, so that TensorFlow's gigabyte goes when it is done, and weights are read where
no secret is.
"""

import json
import sys
from pathlib import Path

from classifier.engine.backbones.registry import BACKBONES
from classifier.engine.errors import EngineError, WeightsUnavailable

# What the image of the web server leaves out (docker/requirements-web.txt).
OF_WORKERS = ("keras", "tensorflow", "tf2onnx")

if __name__ == "__main__":
    try:
        name, size, weights, output = sys.argv[1:]
        BACKBONES[name].write_onnx(int(size), Path(weights), Path(output))
        print("{}", flush=True)
    except ModuleNotFoundError as error:
        if (error.name or "").partition(".")[0] not in OF_WORKERS:
            raise
        missing = WeightsUnavailable(
            f"To write {name} for ONNX Runtime takes {error.name}, which a web server may lack.",
            "Compute the vectors again on the Map page: a worker writes it then.",
        )
        print(json.dumps({"error": missing.to_dict()}), flush=True)
    except EngineError as error:
        print(json.dumps({"error": error.to_dict()}), flush=True)
