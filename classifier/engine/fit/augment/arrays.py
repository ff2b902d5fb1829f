"""Augmentation of NumPy arrays: for previews, which load no TensorFlow."""

from typing import Any

import numpy as np
import numpy.typing as npt

from classifier.engine.fit.augment.changes import changed
from classifier.engine.fit.augment.draws import COLUMNS, drawn
from classifier.engine.presets.augmentation import Augmentations

Images = npt.NDArray[np.float32]


def augmented(
    images: npt.NDArray[Any], values: Augmentations, seed: tuple[int, ...]
) -> tuple[Images, npt.NDArray[np.float32]]:
    """Return images (n, side, side, 3) of 0..255 as training changes them, and each own share (n,).

    The rest of an image comes from its partner, the n-th from the end for the n-th.
    """
    found = drawn(values, len(images), images.shape[1], seed)
    result = changed(images.astype(np.float32), found, values, _Arrays())
    return result, found[:, COLUMNS["own"]]


class _Arrays:
    """The ``Operations`` of NumPy."""

    def warp(self, images: Images, transforms: Images) -> Images:
        count, side = images.shape[:2]
        down, right = np.meshgrid(np.arange(side), np.arange(side), indexing="ij")
        terms = transforms.astype(np.float64)[:, :, None, None]
        x = _reflected(terms[:, 0] * right + terms[:, 1] * down + terms[:, 2], side)
        y = _reflected(terms[:, 3] * right + terms[:, 4] * down + terms[:, 5], side)
        left, top = np.floor(x).astype(int), np.floor(y).astype(int)
        after, below = np.minimum(left + 1, side - 1), np.minimum(top + 1, side - 1)
        u, v = (x - left)[..., None], (y - top)[..., None]
        each = np.arange(count)[:, None, None]
        upper = images[each, top, left] * (1 - u) + images[each, top, after] * u
        lower = images[each, below, left] * (1 - u) + images[each, below, after] * u
        return np.asarray(upper * (1 - v) + lower * v, np.float32)

    def blurred(self, images: Images, sigma: float) -> Images:
        kernel = gaussian(sigma)
        reach = len(kernel) // 2
        for axis in (1, 2):
            wide = [(0, 0)] * 4
            wide[axis] = (reach, reach)
            padded = np.pad(images, wide, mode="constant")
            side = images.shape[axis]
            parts = [np.take(padded, range(at, at + side), axis) for at in range(len(kernel))]
            images = np.asarray(
                sum(part * weight for part, weight in zip(parts, kernel, strict=True)), np.float32
            )
        return images / _weight(images.shape[1], kernel)

    def mean(self, values: Images, axes: tuple[int, ...]) -> Images:
        return np.asarray(values.mean(axis=axes, keepdims=True), np.float32)

    def clip(self, values: Images, low: float, high: float) -> Images:
        return values.clip(low, high)

    def where(self, condition: Any, yes: Any, no: Any) -> Images:
        return np.where(condition, yes, no)

    def floor(self, values: Images) -> Images:
        return np.floor(values)

    def reversed(self, values: Images) -> Images:
        return values[::-1]

    def places(self, side: int) -> Images:
        return ((np.arange(side) + 0.5) / side).astype(np.float32)


def gaussian(sigma: float) -> Images:
    """Return the weights of a Gaussian blur over whole pixels, their sum 1."""
    reach = max(1, round(2 * sigma))
    weights = np.exp(-0.5 * (np.arange(-reach, reach + 1) / sigma) ** 2)
    return np.asarray(weights / weights.sum(), np.float32)


def _weight(side: int, kernel: Images) -> Images:
    """Return (1, side, side, 1): how much of the kernel lies within the image, at each pixel."""
    along = np.convolve(np.ones(side), kernel, mode="same")[:side]
    if len(kernel) > side:
        along = np.convolve(np.ones(side), kernel)[len(kernel) // 2 :][:side]
    return np.asarray(np.outer(along, along)[None, :, :, None], np.float32)


def _reflected(places: npt.NDArray[Any], side: int) -> npt.NDArray[Any]:
    """Return places within 0..side - 1, reflected about the outer edges as TensorFlow does."""
    places = np.mod(places, 2 * side)
    return np.clip(np.where(places >= side, 2 * side - places - 1, places), 0, side - 1)
