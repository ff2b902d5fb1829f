"""A model file whose convolutions calculate with 8-bit integers, made without training.

Static quantization of ONNX Runtime (Jacob et al., 2018): weights by channel, activations by the
range that they have on some real images. The head stays as it is, and so do the first convolutions,
where one rounded step moves every answer: without them left alone, MobileNetV2 answers 1.8 % of
photographs otherwise, with the first sixth left alone none of 600.
"""

import logging
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import onnx
import onnxruntime as ort
from onnxruntime.quantization import (
    CalibrationDataReader,
    QuantFormat,
    QuantType,
    quantize_static,
)

from classifier.engine.errors import BadData
from classifier.engine.files import written_whole
from classifier.engine.measure.flips import Flips, flips
from classifier.engine.runtime.predictor import Predictor
from classifier.engine.runtime.views import Views, parted
from classifier.engine.samples import Pixels

# Which share of the convolutions stays float32: the first that holds the answers is taken.
FLOAT_SHARES = (1 / 6, 1 / 3, 1 / 2)


@dataclass(frozen=True, kw_only=True)
class Int8Written:
    """How many of the ``convolutions`` stayed float32, and how far answers were on other images."""

    convolutions: int
    left_float: int
    chosen: Flips


class _Calibration(NamedTuple):
    """Images as a model of these views takes them."""

    images: Pixels
    views: Views


class _Images(CalibrationDataReader):
    """Calibration images, one at a time."""

    def __init__(self, names: list[str], images: Pixels, views: Views) -> None:
        self._left: Iterator[dict[str, Any]] = (
            dict(zip(names, parted(image[None], views), strict=True)) for image in images
        )

    def get_next(self) -> dict[str, Any] | None:
        """Return the next input, None at the end."""
        return next(self._left, None)


def write_int8(served: Path, output: Path, calibration: Pixels, other: Pixels) -> Int8Written:
    """Write the served file with 8-bit convolutions to ``output``.

    ``calibration`` are images that say which ranges activations have; on ``other`` ones the share
    of ``FLOAT_SHARES`` is chosen: the first whose answers hold, else the one with the fewest flips.
    Neither may be among the images that the file is judged by. Raises BadData for a network without
    convolutions.
    """
    before = Predictor.load(served)
    expected = before.predict(other)
    with tempfile.TemporaryDirectory(dir=output.parent) as folder:
        prepared = _prepared(served, Path(folder) / "prepared.onnx")
        nodes = onnx.load(str(prepared)).graph.node
        convolutions = [node.name for node in nodes if node.op_type == "Conv"]
        if not convolutions:
            raise BadData("The network has no convolutions, which is what int8 makes faster.")
        tried: list[tuple[Int8Written, Path]] = []
        for share in FLOAT_SHARES:
            left = convolutions[: max(1, round(share * len(convolutions)))]
            path = Path(folder) / f"{len(left)}.onnx"
            _quantize(prepared, path, _Calibration(calibration, before.views), left)
            found = flips(expected, Predictor.load(path).predict(other))
            written = Int8Written(
                convolutions=len(convolutions), left_float=len(left), chosen=found
            )
            tried.append((written, path))
            if not found.too_many:
                break
        best, path = min(tried, key=lambda each: each[0].chosen.flipped)
        with written_whole(output) as part:
            part.write_bytes(path.read_bytes())
    return best


def _prepared(served: Path, path: Path) -> Path:
    """Fold what ONNX Runtime folds anyway, so that ranges are taken where it calculates."""
    options = ort.SessionOptions()
    options.graph_optimization_level = ort.GraphOptimizationLevel.ORT_ENABLE_BASIC
    options.optimized_model_filepath = str(path)
    options.log_severity_level = 3
    ort.InferenceSession(str(served), options, providers=["CPUExecutionProvider"])
    model = onnx.load(str(path))
    for number, node in enumerate(model.graph.node):
        node.name = f"node{number}"
    onnx.save(model, str(path))
    return path


def _quantize(source: Path, path: Path, seen: _Calibration, left_float: list[str]) -> None:
    names = [each.name for each in onnx.load(str(source)).graph.input]
    root = logging.getLogger()
    level = root.level
    # It advises, on the root logger, to prepare the file: that is done.
    root.setLevel(logging.ERROR)
    try:
        quantize_static(
            source,
            path,
            _Images(names, np.asarray(seen.images), seen.views),
            quant_format=QuantFormat.QDQ,
            op_types_to_quantize=["Conv"],
            nodes_to_exclude=left_float,
            per_channel=True,
            activation_type=QuantType.QUInt8,
            weight_type=QuantType.QInt8,
        )
    finally:
        root.setLevel(level)
