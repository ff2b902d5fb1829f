"""A short program: build the built-in model's files and print their facts as one line of JSON.

    python -m classifier.prediction.serving.build_built_in OUTPUT_DIR [WEIGHTS_DIR]

The files are looked for before TensorFlow is imported, so that a machine without them says so in
seconds.
"""

import json
import sys
from dataclasses import asdict
from pathlib import Path
from typing import Any

from classifier.engine.backbones.weights import CLASS_INDEX, CLASSIFIER, find_weights
from classifier.engine.errors import EngineError


def main(output_dir: str, weights_dir: str | None = None) -> None:
    """Print `{class_names, image_size, preset, files, libraries, parity}` or `{error: {…}}`."""
    answer: dict[str, Any]
    try:
        answer = _build(Path(output_dir), Path(weights_dir) if weights_dir else None)
    except EngineError as error:
        answer = {"error": error.to_dict()}
    print(json.dumps(answer), flush=True)


def _build(output_dir: Path, weights_dir: Path | None) -> dict[str, Any]:
    for file in (CLASSIFIER, CLASS_INDEX):
        find_weights(file, weights_dir)
    from classifier.engine.backbones.built_in import build_imagenet_model

    return asdict(build_imagenet_model(weights_dir, output_dir))


if __name__ == "__main__":
    main(*sys.argv[1:3])
