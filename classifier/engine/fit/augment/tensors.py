"""Augmentation of tensors, inside the compiled step. For trainers alone."""

from dataclasses import replace
from typing import Any

import numpy as np
import tensorflow as tf

from classifier.engine.fit.augment.arrays import gaussian
from classifier.engine.fit.augment.changes import changed
from classifier.engine.fit.augment.draws import COLUMNS
from classifier.engine.presets.augmentation import Augmentations


def augment(images: Any, found: Any, values: Augmentations) -> Any:
    """Return float32 images (n, side, side, 3) of 0..255, changed as ``draws.drawn`` says."""
    if values.moves_whole_pixels:
        images = _moved(images, found[:, COLUMNS["transform"]])
        values = replace(values, flip=0.0, flip_vertical=0.0, translate=0.0)
    images = tf.cast(images, tf.float32)
    return changed(images, found, values, _Tensors()) if values.any else images


def mixed_targets(targets: Any, found: Any, values: Augmentations) -> Any:
    """Return the targets (n, classes) of images that may have been put together of two."""
    if not values.mixes:
        return targets
    own = found[:, COLUMNS["own"]][:, None]
    return targets * own + tf.reverse(targets, [0]) * (1.0 - own)


def _moved(images: Any, transforms: Any) -> Any:
    """Return what ``warp`` would, in a fifth of its time: columns and rows change places alone."""
    side = images.shape[1]
    whole = tf.cast(tf.round(transforms), tf.int32)
    columns = _reflected(whole[:, 0:1] * tf.range(side) + whole[:, 2:3], side)
    rows = _reflected(whole[:, 4:5] * tf.range(side) + whole[:, 5:6], side)
    images = tf.gather(images, rows, batch_dims=1)
    first = tf.range(tf.shape(images)[0] * side) * side
    first = tf.reshape(first, [-1, side, 1])
    return tf.gather(tf.reshape(images, [-1, 3]), first + columns[:, None, :])


def _reflected(places: Any, side: int) -> Any:
    """Return whole places within 0..side - 1, reflected about the outer edges."""
    places = tf.math.floormod(places, 2 * side)
    return tf.where(places >= side, 2 * side - 1 - places, places)


class _Tensors:
    """The ``Operations`` of TensorFlow."""

    def warp(self, images: Any, transforms: Any) -> Any:
        return tf.raw_ops.ImageProjectiveTransformV3(
            images=images,
            transforms=transforms,
            output_shape=tf.shape(images)[1:3],
            fill_value=0.0,
            interpolation="BILINEAR",
            fill_mode="REFLECT",
        )

    def blurred(self, images: Any, sigma: float) -> Any:
        kernel = gaussian(sigma)
        return _convolved(images, kernel) / _convolved(tf.ones_like(images[:1]), kernel)

    def mean(self, values: Any, axes: tuple[int, ...]) -> Any:
        return tf.reduce_mean(values, axis=axes, keepdims=True)

    def clip(self, values: Any, low: float, high: float) -> Any:
        return tf.clip_by_value(values, low, high)

    def where(self, condition: Any, yes: Any, no: Any) -> Any:
        return tf.where(condition, yes, no)

    def floor(self, values: Any) -> Any:
        return tf.floor(values)

    def reversed(self, values: Any) -> Any:
        return tf.reverse(values, [0])

    def places(self, side: int) -> Any:
        return tf.constant(((np.arange(side) + 0.5) / side).astype(np.float32))


def _convolved(images: Any, kernel: Any) -> Any:
    for shape in ((-1, 1), (1, -1)):
        weights = np.repeat(kernel.reshape(*shape)[:, :, None, None], 3, axis=2)
        images = tf.nn.depthwise_conv2d(images, weights, [1, 1, 1, 1], "SAME")
    return images
