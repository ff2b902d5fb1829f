"""The built-in ImageNet model: EfficientNet-Lite0 with its 1,000 classes, served like any other."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import onnx

from classifier.engine.backbones.efficientnet_lite0.backbone import EFFICIENTNET_LITE0, arrays_of
from classifier.engine.backbones.efficientnet_lite0.onnx_graph import classifier_model
from classifier.engine.backbones.imagenet_names import class_names
from classifier.engine.errors import ExportFailed
from classifier.engine.files import facts_of, written_whole
from classifier.engine.libraries import library_versions
from classifier.engine.outcome import FileFacts
from classifier.engine.runtime.predictor import Predictor

FILE = "model.onnx"


@dataclass(frozen=True, kw_only=True)
class BuiltIn:
    """A written built-in model, with what its ModelVersion must say."""

    class_names: list[str]
    files: dict[str, FileFacts]
    libraries: dict[str, str]


def build_imagenet_model(output_dir: Path) -> BuiltIn:
    """Write the ImageNet model's ``model.onnx`` into ``output_dir``, within seconds.

    The same weights and libraries give the same bytes. Raises WeightsUnavailable, ExportFailed.
    """
    arrays = arrays_of(EFFICIENTNET_LITE0.weights.found(None))
    names = class_names()
    model = classifier_model(EFFICIENTNET_LITE0.image_size, arrays, names)
    output_dir.mkdir(parents=True, exist_ok=True)
    with written_whole(output_dir / FILE) as part:
        part.write_bytes(model.SerializeToString(deterministic=True))
        _check(model, part)
    return BuiltIn(
        class_names=names, files={FILE: facts_of(output_dir / FILE)}, libraries=library_versions()
    )


def _check(model: onnx.ModelProto, path: Path) -> None:
    """Have the file answer once; what it says must be probabilities."""
    onnx.checker.check_model(model)
    size = EFFICIENTNET_LITE0.image_size
    answer = Predictor.load(path).predict(np.zeros((1, size, size, 3), np.uint8))
    if not np.isclose(answer.sum(), 1, atol=1e-4):
        raise ExportFailed("The built-in model's answers are no probabilities.")
