"""HeadPredictor: a head of its own on a backbone that other models share; no TensorFlow."""

from collections.abc import Sequence
from typing import Protocol

import numpy as np
import numpy.typing as npt

from classifier.engine import target
from classifier.engine.runtime.predictor import Probabilities, Vectors
from classifier.engine.runtime.views import View, Views
from classifier.engine.samples import Pixels
from common.fit import Fit


class Answering(Protocol):
    """What answers about images, whether it has a session alone or shares one."""

    class_names: tuple[str, ...]
    views: Views

    @property
    def has_vectors(self) -> bool:
        """Whether it gives vectors, too."""

    def predict(self, images: Sequence[Pixels] | Pixels) -> Probabilities:
        """Return probabilities (n, classes) of images, uint8 RGB, as ``views.joined`` has them."""

    def predict_with_vectors(self, images: Pixels) -> tuple[Probabilities, Vectors]:
        """Return the same and vectors (n, width); only where it ``has_vectors``."""


class HeadPredictor:
    """A head, ``kernel`` (width, classes) and ``bias`` (classes,), on the vectors of ``backbone``.

    It answers as the whole file does, to 1e-5; ``fit`` is how images become squares for that one.
    Safe to call from several threads.
    """

    def __init__(
        self,
        backbone: Answering,
        kernel: npt.NDArray[np.float32],
        bias: npt.NDArray[np.float32],
        class_names: tuple[str, ...],
        fit: Fit,
    ) -> None:
        self.backbone = backbone
        self._kernel = kernel
        self._bias = bias
        self.class_names = class_names
        self.views: Views = (View(backbone.views[0].size, fit),)
        self.has_vectors = True

    def predict(self, images: Sequence[Pixels] | Pixels) -> Probabilities:
        """Return probabilities (n, classes); see ``Answering``.

        Raises ValueError for other shapes or types.
        """
        if not len(images):
            return np.empty((0, len(self.class_names)), dtype=np.float32)
        return self._answers(self.backbone.predict(images))

    def predict_with_vectors(self, images: Pixels) -> tuple[Probabilities, Vectors]:
        """Return probabilities (n, classes) and the vectors (n, width) that they are made of."""
        vectors = self.backbone.predict(images)
        return self._answers(vectors), vectors

    def _answers(self, vectors: Vectors) -> Probabilities:
        return target.probabilities(vectors @ self._kernel + self._bias)

    @property
    def bytes(self) -> int:
        """What the head alone takes."""
        return self._kernel.nbytes + self._bias.nbytes
