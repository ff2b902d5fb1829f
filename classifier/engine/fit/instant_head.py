"""A short program: write the served file of an instant model.

    python -m classifier.engine.fit.instant_head TASK

`TASK` is a JSON object: `backbone` (its name), `weights_sha256` (as much of the hash as is known of
the weights behind the head's vectors), `weights_dir` (may be empty), `backbones_dir`, `head` (an
npz file with `kernel` and `bias`), `facts` (the text of `ModelFacts`) and `folder`. A process of
its own, because the web server loads no ONNX Runtime.
"""

import json
import sys
from pathlib import Path

import numpy as np

from classifier.engine.backbones.opened import open_backbone
from classifier.engine.backbones.registry import BACKBONES
from classifier.engine.errors import EngineError, WeightsUnavailable
from classifier.engine.fit.head import Head
from classifier.engine.fit.trained import TrainedHead
from classifier.engine.formats.facts import ModelFacts
from classifier.engine.libraries import library_versions

_CHECKED = 4


def write(task: dict[str, str]) -> dict[str, object]:
    """Write `model.onnx` into the task's folder; return files, parity and libraries as JSON has it.

    The file is checked on images of noise: it has to give the head's answers to whatever comes.
    Raises WeightsUnavailable where the weights are not those that the head was fitted on, and as
    `open_backbone` and `TrainedHead.write` do.
    """
    facts = ModelFacts.from_json(task["facts"])
    opened = open_backbone(
        BACKBONES[task["backbone"]],
        weights_dir=Path(task["weights_dir"]) if task["weights_dir"] else None,
        folder=Path(task["backbones_dir"]),
        image_size=facts.image_size,
        fit=facts.fit,
    )
    if not opened.weights_sha256.startswith(task["weights_sha256"]):
        raise WeightsUnavailable(
            f"The weights of {opened.backbone.title} on this machine are not those that the "
            "instant model's vectors were made with.",
            "Compute the vectors again on the Map page.",
        )
    with np.load(task["head"]) as arrays:
        head = Head(arrays["kernel"], arrays["bias"])
    shape = (_CHECKED, facts.image_size, facts.image_size, 3)
    noise = np.random.default_rng(0).integers(0, 256, shape, np.uint8)
    written = TrainedHead(opened.onnx, head).write(facts, Path(task["folder"]), list(noise))
    return {
        "files": written.files,
        "parity": written.parity,
        "libraries": library_versions(),
    }


if __name__ == "__main__":
    try:
        print(json.dumps(write(json.loads(sys.argv[1]))), flush=True)
    except EngineError as error:
        print(json.dumps({"error": error.to_dict()}), flush=True)
