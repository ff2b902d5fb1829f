"""The changes themselves, for arrays of NumPy and tensors of TensorFlow alike."""

from typing import Any, Protocol

from classifier.engine.fit.augment.draws import COLUMNS
from classifier.engine.presets.augmentation import Augmentations


class Operations(Protocol):
    """What the changes need beyond arithmetic; images are float32 (n, side, side, 3)."""

    def warp(self, images: Any, transforms: Any) -> Any:
        """Return images whose pixels come from where ``transforms`` (n, 8) say, bilinearly.

        Beyond the edges the image is reflected.
        """

    def blurred(self, images: Any, sigma: float) -> Any:
        """Return images under a Gaussian blur of ``sigma`` pixels."""

    def mean(self, values: Any, axes: tuple[int, ...]) -> Any:
        """Return the mean over some axes, which are kept with length 1."""

    def clip(self, values: Any, low: float, high: float) -> Any:
        """Return values within limits."""

    def where(self, condition: Any, yes: Any, no: Any) -> Any:
        """Return ``yes`` where the condition holds, else ``no``."""

    def floor(self, values: Any) -> Any:
        """Return values rounded down."""

    def reversed(self, values: Any) -> Any:
        """Return values in the opposite order along their first axis."""

    def places(self, side: int) -> Any:
        """Return float32 (side,), the middles of pixels as shares of the side."""


def changed(images: Any, found: Any, values: Augmentations, operations: Operations) -> Any:
    """Return images (n, side, side, 3) of 0..255, float32, changed as ``draws.drawn`` says."""
    if values.moves:
        images = operations.warp(images, found[:, COLUMNS["transform"]])
    if values.blur or values.rand_augment:
        share = _column(found, "blur")
        soft = operations.blurred(images, values.blur or 1.5)
        images = images + (soft - images) * share
    if values.brightness or values.contrast or values.colour or values.rand_augment:
        images = _recoloured(images, found, operations)
    if values.rand_augment:
        images = _inked(images, found, operations)
    if values.random_erasing:
        inside = _inside(found[:, COLUMNS["erase"]], images, operations)
        images = operations.where(inside, operations.mean(images, (1, 2)), images)
    if values.mixes:
        images = _mixed(images, found, operations)
    return images


def _recoloured(images: Any, found: Any, operations: Operations) -> Any:
    grey = operations.mean(images, (3,))
    images = grey + (images - grey) * _column(found, "colour")
    mean = operations.mean(images, (1, 2, 3))
    images = (mean + (images - mean) * _column(found, "contrast")) * _column(found, "brightness")
    return operations.clip(images, 0.0, 255.0)


def _inked(images: Any, found: Any, operations: Operations) -> Any:
    """Solarize (invert what is brighter than a limit), posterize (fewer shades), invert."""
    limit = 256.0 * (1.0 - 0.5 * _column(found, "solarize"))
    images = operations.where(images >= limit, 255.0 - images, images)
    step = 1.0 + 63.0 * _column(found, "posterize")
    images = operations.where(step > 1.0, operations.floor(images / step) * step, images)
    return operations.where(_column(found, "invert") > 0.5, 255.0 - images, images)


def _mixed(images: Any, found: Any, operations: Operations) -> Any:
    """Blend each image with its partner, the batch's order reversed, or paste a piece of it."""
    other = operations.reversed(images)
    box = found[:, COLUMNS["paste"]]
    is_pasted = (box[:, 2:3] > box[:, 0:1])[:, :, None, None]
    own = _column(found, "own")
    blended = images * own + other * (1.0 - own)
    pasted = operations.where(_inside(box, images, operations), other, images)
    return operations.where(is_pasted, pasted, blended)


def _column(found: Any, name: str) -> Any:
    return found[:, COLUMNS[name]][:, None, None, None]


def _inside(box: Any, images: Any, operations: Operations) -> Any:
    """Return (n, side, side, 1): whether a pixel's middle is within top, left, bottom, right."""
    places = operations.places(images.shape[1])
    down, right = places[None, :, None], places[None, None, :]
    top, left, bottom, end = (box[:, place][:, None, None] for place in range(4))
    return ((down >= top) & (down < bottom) & (right >= left) & (right < end))[:, :, :, None]
