"""What a training may use of what was computed before it."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from classifier.engine.backbones.opened import OpenBackbone
from classifier.engine.fit.teacher import Teacher
from classifier.engine.samples import PixelStore, Sample, contents_of
from classifier.engine.watch import Watch

Vectors = npt.NDArray[np.floating[Any]]
_BATCH = 8


class VectorsOf(Protocol):
    """Knows the vectors of images on an open backbone, or computes them."""

    def __call__(
        self, backbone: OpenBackbone, samples: Sequence[Sample], twins: bool, watch: Watch
    ) -> list[Vectors]:
        """Return the vectors (n, width) in the order of ``samples``; with ``twins`` a second array.

        That holds the vectors of the mirror images. Raises Cancelled.
        """


@dataclass(frozen=True, kw_only=True)
class Pretrained:
    """Networks and vectors that stand ready.

    ``weights_dir`` may hold pretrained weights (see ``weights.find_weights``); ``backbones_dir``
    keeps the backbones that were converted for ONNX Runtime, ``measured_dir`` what was measured of
    this kind of machine (None: it is measured again). ``teacher`` is what a student learns from.
    """

    weights_dir: Path | None
    backbones_dir: Path
    vectors: VectorsOf
    measured_dir: Path | None = None
    teacher: Teacher | None = None


@dataclass(frozen=True)
class ComputedVectors:
    """Embeds the images, keeping nothing: the ``VectorsOf`` for want of a store."""

    pixels: PixelStore

    def __call__(
        self, backbone: OpenBackbone, samples: Sequence[Sample], twins: bool, watch: Watch
    ) -> list[Vectors]:
        """Return the vectors; see ``VectorsOf``."""
        rows = self.pixels.rows(
            contents_of(samples),
            backbone.image_size,
            backbone.fit,
            lambda done, total: watch.tick(done, total, "Reading the images"),
        )
        sides = (1, -1) if twins else (1,)
        found = [np.empty((len(rows), backbone.backbone.width), np.float32) for _ in sides]
        done = 0
        for pixels in rows.batches(np.arange(len(rows)), _BATCH):
            for vectors, side in zip(found, sides, strict=True):
                part = np.ascontiguousarray(pixels[:, :, ::side])
                vectors[done : done + len(part)] = backbone.predict(part)
            done += len(pixels)
            watch.tick(done, len(rows))
        return list(found)
