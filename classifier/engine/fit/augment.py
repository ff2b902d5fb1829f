"""Augmentation: random changes of a batch, drawn from a seed and nothing else."""

from typing import Any

import tensorflow as tf

from classifier.engine.presets.config import Augmentation

_SHIFT = 1 / 8
_ROTATION = 0.26  # radians, 15 degrees
_ZOOM = 0.2
_COLOUR = 0.25


def augment(images: Any, kind: Augmentation, seed: Any) -> Any:
    """Return float32 images (n, size, size, 3), values 0..255, changed at random.

    ``seed`` is an int32 tensor of shape (2,): the same seed gives the same changes on every
    machine. What ``kind`` does stands in ``settings.FIELDS["augmentation"]``.
    """
    images = tf.cast(images, tf.float32)
    if kind == "none":
        return images
    draw = _Draw(seed, tf.shape(images)[0])
    transforms = _transforms(draw, tf.cast(tf.shape(images)[1], tf.float32), kind)
    images = tf.raw_ops.ImageProjectiveTransformV3(
        images=images,
        transforms=transforms,
        output_shape=tf.shape(images)[1:3],
        fill_value=0.0,
        interpolation="BILINEAR",
        fill_mode="REFLECT",
    )
    return _recolour(images, draw) if kind == "full" else images


class _Draw:
    """Uniform random numbers, one an image, each call from its own stream."""

    def __init__(self, seed: Any, count: Any) -> None:
        self._seed = seed
        self._count = count
        self._calls = 0

    def __call__(self, low: float, high: float) -> Any:
        self._calls += 1
        seed = self._seed + tf.constant([0, self._calls * 1_000_003], tf.int32)
        return tf.random.stateless_uniform([self._count], seed, low, high)


def _transforms(draw: _Draw, size: Any, kind: Augmentation) -> Any:
    """Return (n, 8) projective transforms from places in the result to places in the original."""
    mirror = tf.where(draw(0, 1) < 0.5, -1.0, 1.0) if kind != "shift" else 1.0
    turn = draw(-_ROTATION, _ROTATION) if kind == "full" else tf.zeros_like(draw(0, 1))
    scale = draw(1 - _ZOOM, 1 + _ZOOM) if kind == "full" else tf.ones_like(turn)
    # Whole pixels: a fraction would blur every image a little, and none at test time.
    reach = size * _SHIFT
    right, down = tf.round(draw(-1, 1) * reach), tf.round(draw(-1, 1) * reach)
    centre = (size - 1) / 2
    a, b = tf.cos(turn) * scale * mirror, -tf.sin(turn) * scale
    c, d = tf.sin(turn) * scale * mirror, tf.cos(turn) * scale
    zero = tf.zeros_like(turn)
    rows = [
        a,
        b,
        centre - (a + b) * centre + right,
        c,
        d,
        centre - (c + d) * centre + down,
        zero,
        zero,
    ]
    return tf.stack(rows, axis=1)


def _recolour(images: Any, draw: _Draw) -> Any:
    def column(values: Any) -> Any:
        return values[:, None, None, None]

    brightness = column(draw(1 - _COLOUR, 1 + _COLOUR))
    contrast = column(draw(1 - _COLOUR, 1 + _COLOUR))
    saturation = column(draw(1 - _COLOUR, 1 + _COLOUR))
    grey = tf.reduce_mean(images, axis=3, keepdims=True)
    images = grey + (images - grey) * saturation
    mean = tf.reduce_mean(images, axis=[1, 2, 3], keepdims=True)
    images = (mean + (images - mean) * contrast) * brightness
    return tf.clip_by_value(images, 0.0, 255.0)
