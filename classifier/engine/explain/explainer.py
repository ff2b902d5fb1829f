"""Explainer: where in an image a network found what speaks for a class; no TensorFlow.

The network is cut in two at its last map (``cut``). The tail behind it is small, so that it can be
asked about many changes of the map at a time: slopes come from differences, and no library of
gradients is needed.
"""

from collections.abc import Callable, Generator
from typing import Any

import numpy as np
import numpy.typing as npt

from classifier.engine.explain.cut import Cut, cut
from classifier.engine.explain.methods import CAM, GRAD_CAM, OCCLUSION
from classifier.engine.runtime.predictor import open_session
from classifier.engine.runtime.views import Views, parted
from classifier.engine.samples import Pixels

Floats = npt.NDArray[np.floating[Any]]
# What the tail is asked about at a time.
_CHUNK_BYTES = 4 << 20
# A slope is measured over this share of a place's numbers, up and down.
_STEP = 0.05


class Front:
    """The part of a network from the image to its last map; heads on one backbone share it."""

    def __init__(self, content: bytes) -> None:
        self._session = open_session(content)
        self._inputs = [each.name for each in self._session.get_inputs()]
        self.bytes = len(content)

    def map_of(self, pixels: Pixels, views: Views) -> Floats:
        """Return the map of one image, as ``views.joined`` has it."""
        feed = dict(zip(self._inputs, parted(pixels[None], views), strict=True))
        found: list[Floats] = self._session.run(None, feed)
        return found[0][0]


class Explainer:
    """Maps of a network that has a last map, or, without a ``front``, only what it can do.

    Safe to call from several threads.
    """

    def __init__(self, parts: Cut | None, front: Front | None) -> None:
        self.front = front
        self.tail_bytes = len(parts.tail) if parts else 0
        self._tail = open_session(parts.tail) if parts else None
        # Not the parts themselves: they hold the files.
        self._layout = parts.layout if parts else ()
        self._affine = parts is not None and parts.affine

    @classmethod
    def of(
        cls, content: bytes, front_of: Callable[[Cut], Front] = lambda parts: Front(parts.front)
    ) -> "Explainer":
        """Return the explainer of a model file; ``front_of`` may know one that is open already.

        Raises BadModelFile for a file that cannot be read.
        """
        parts = cut(content)
        return cls(parts, front_of(parts) if parts else None)

    @property
    def methods(self) -> tuple[str, ...]:
        """What it can do, the best first."""
        if self.front is None:
            return (OCCLUSION,)
        return (CAM, GRAD_CAM, OCCLUSION) if self._affine else (GRAD_CAM, OCCLUSION)

    def cam(
        self, pixels: Pixels, views: Views, index: int
    ) -> Generator[None, None, tuple[Floats, float]]:
        """Return what each place adds to the score of a class (height, width), and the rest.

        The score is the class's logit less the mean of all: what is added to all of them decides
        nothing. All places and the rest sum up to it. Only where ``methods`` has it. After Zhou et
        al., Learning Deep Features for Discriminative Localization, 2016. Yields where others may
        have their turn.
        """
        features = self._map_of(pixels, views)
        height, width, _ = features.shape

        def only(place: int) -> Floats:
            found = np.zeros_like(features)
            found[divmod(place, width)] = features[divmod(place, width)]
            return found

        rest = float(self._scores(np.zeros_like(features)[None])[0, index])
        scores = yield from self._asked(height * width, only, features.nbytes)
        added = scores[:, index] - rest
        return added.reshape(height, width), rest

    def grad_cam(self, pixels: Pixels, views: Views, index: int) -> Generator[None, None, Floats]:
        """Return how much of the score speaks for a class at each place (height, width), from 0.

        Each place's numbers, each times the slope of the class's score along it. After Draelos and
        Carin, HiResCAM, 2020, which for a mean over all places is Grad-CAM (Selvaraju et al.,
        2017). The slopes are central differences through the tail. Yields where others may have
        their turn.
        """
        features = self._map_of(pixels, views)
        height, width, _ = features.shape

        def scaled(number: int) -> Floats:
            found = features.copy()
            found[divmod(number // 2, width)] *= 1 + (-_STEP if number % 2 else _STEP)
            return found

        scores = (yield from self._asked(2 * height * width, scaled, features.nbytes))[:, index]
        slopes = (scores[0::2] - scores[1::2]) / (2 * _STEP)
        return np.maximum(slopes, 0).reshape(height, width)

    def _map_of(self, pixels: Pixels, views: Views) -> Floats:
        """Return the map (height, width, channels)."""
        if self.front is None:
            raise ValueError("This network has no map.")
        found = self.front.map_of(pixels, views)
        axes = [self._layout.index(axis) - 1 for axis in "hwc"]
        return np.ascontiguousarray(found.transpose(axes))

    def _asked(
        self, count: int, each: Callable[[int], Floats], size: int
    ) -> Generator[None, None, Floats]:
        """Return the scores (count, classes) of so many maps, a few at a time."""
        chunk = max(1, _CHUNK_BYTES // size)
        parts = []
        for start in range(0, count, chunk):
            if start:
                yield
            maps = [each(number) for number in range(start, min(start + chunk, count))]
            parts.append(self._scores(np.stack(maps)))
        return np.concatenate(parts)

    def _scores(self, maps: Floats) -> Floats:
        """Return the logits (n, classes), less their mean, of maps (n, height, width, channels)."""
        if self._tail is None:
            raise ValueError("This network has no map.")
        axes = ["nhwc".index(axis) for axis in self._layout]
        feed = {self._tail.get_inputs()[0].name: np.ascontiguousarray(maps.transpose(axes))}
        found: list[Floats] = self._tail.run(None, feed)
        logits = np.asarray(found[0], np.float64)
        if logits.shape[1] == 1:
            # The log odds of the second of two classes.
            return np.concatenate([-logits, logits], axis=1) / 2
        return logits - logits.mean(axis=1, keepdims=True)
