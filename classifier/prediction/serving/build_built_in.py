"""A short program: write the built-in model's file and print its facts as one line of JSON.

python -m classifier.prediction.serving.build_built_in OUTPUT_DIR
"""

import json
import sys
from dataclasses import asdict
from pathlib import Path
from typing import Any

from classifier.engine.backbones.built_in import build_imagenet_model
from classifier.engine.errors import EngineError


def main(output_dir: str) -> None:
    """Print `{class_names, files, libraries}` or `{error: {…}}`."""
    answer: dict[str, Any]
    try:
        answer = asdict(build_imagenet_model(Path(output_dir)))
    except EngineError as error:
        answer = {"error": error.to_dict()}
    print(json.dumps(answer), flush=True)


if __name__ == "__main__":
    main(sys.argv[1])
