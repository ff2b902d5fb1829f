"""A backbone that is ready to embed: converted once for ONNX Runtime, kept by its weights' hash."""

import json
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

import numpy as np
import numpy.typing as npt

from classifier.engine.backbones.backbone import Backbone
from classifier.engine.errors import BadModelFile, EngineError
from classifier.engine.files import sha256_of
from classifier.engine.runtime.predictor import Predictor
from common.fit import Fit
from programs.launch import FOR_WEIGHTS, Program

Vectors = npt.NDArray[np.float32]
# It takes a minute of a processor at most, which a busy machine may give slowly.
_CONVERSION_SECONDS = 1800
# TensorFlow, where it converts, reads the processor's features in /proc.
CONVERSION = Program(
    module="classifier.engine.backbones.conversion", inherits=FOR_WEIGHTS, sees_processes=True
)


@dataclass(frozen=True)
class OpenBackbone:
    """A backbone in memory, ready to embed; safe to call from several threads.

    ``fit`` is how images become the squares of ``image_size`` that it embeds; ``weights_sha256`` is
    the hash of the file that its weights came from; ``onnx`` the float32 network: input ``image``
    (n, size, size, 3) uint8, one output, the vectors (n, width).
    """

    precision: ClassVar[str] = "float32"

    backbone: Backbone
    image_size: int
    fit: Fit
    weights_sha256: str
    onnx: Path
    predictor: Predictor

    @property
    def name(self) -> str:
        """What its vectors are stored under: network, size and the start of the weights' hash."""
        return _name(self.backbone, self.image_size, self.weights_sha256)

    def predict(self, pixels: npt.NDArray[np.uint8]) -> Vectors:
        """Return vectors (n, width) of images (n, size, size, 3), uint8 RGB.

        Raises ValueError for other shapes or types.
        """
        if not len(pixels):
            return np.empty((0, self.backbone.width), np.float32)
        return self.predictor.predict(pixels)


def open_backbone(
    backbone: Backbone,
    *,
    weights_dir: Path | None,
    folder: Path,
    image_size: int | None = None,
    fit: Fit | None = None,
) -> OpenBackbone:
    """Return the backbone with the weights at hand, converted into ``folder`` if need be.

    The name of its file carries the weights' hash and the file's own, which is verified.
    ``image_size`` is the side of the pixels that go in, ``fit`` how they become squares (default:
    the backbone's own).
    Raises WeightsUnavailable; nothing is downloaded.
    """
    weights = backbone.weights.checked(weights_dir)
    if weights is None:
        raise backbone.weights.missing()
    sha256 = sha256_of(weights)
    size = image_size or backbone.image_size
    path, predictor = _loaded(backbone, size, weights, folder, _name(backbone, size, sha256))
    return OpenBackbone(backbone, size, fit or backbone.fit, sha256, path, predictor)


def _name(backbone: Backbone, image_size: int, weights_sha256: str) -> str:
    return f"{backbone.title}-{image_size}-{weights_sha256[:8]}"


def _loaded(
    backbone: Backbone, image_size: int, weights: Path, folder: Path, name: str
) -> tuple[Path, Predictor]:
    def load(path: Path) -> Predictor:
        return Predictor.load(path, path.stem.removeprefix(f"{name}-"))

    for path in folder.glob(f"{name}-*.onnx"):
        try:
            return path, load(path)
        except BadModelFile:
            path.unlink(missing_ok=True)
    path = _converted(backbone, image_size, weights, folder, name)
    return path, load(path)


def _converted(backbone: Backbone, image_size: int, weights: Path, folder: Path, name: str) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder) as part:
        output = Path(part) / "backbone.onnx"
        try:
            finished = CONVERSION.run(
                *(backbone.name, str(image_size), str(weights), str(output)),
                timeout=_CONVERSION_SECONDS,
            )
        except subprocess.TimeoutExpired as error:
            raise EngineError(
                "timed_out",
                f"Writing {backbone.title} for ONNX Runtime was not done after "
                f"{_CONVERSION_SECONDS:g} s.",
                "Start again when this machine has less to do.",
            ) from error
        answer = json.loads((finished.stdout.splitlines() or ["{}"])[-1])
        if "error" in answer:
            raise EngineError(**answer["error"])
        finished.check_returncode()
        path = folder / f"{name}-{sha256_of(output)}.onnx"
        return output.replace(path)
