"""EfficientNet-Lite0 in Keras, for fine-tuning."""

from typing import Any

import keras
from keras import layers

from classifier.engine.backbones.efficientnet_lite0.architecture import (
    BLOCKS,
    EPSILON,
    HEAD,
    OFFSET,
    SCALE,
    STEM,
    Convolution,
)
from classifier.engine.backbones.efficientnet_lite0.students import convolutions_of
from classifier.engine.backbones.efficientnet_lite0.torch_file import Array


def feature_network(image_size: int, arrays: dict[str, Array]) -> keras.Model:
    """Return the frozen network: (n, size, size, 3) 0..255 → (n, 1280) features."""
    backbone = _backbone(image_size)
    for convolution in (*convolutions_of(len(BLOCKS)), HEAD):
        _set_weights(backbone, convolution, arrays)
    backbone.trainable = False
    image = keras.Input((image_size, image_size, 3), name="image")
    x = layers.Rescaling(SCALE, offset=OFFSET)(image)
    return keras.Model(image, backbone(x, training=False), name="features")


def student_network(image_size: int, arrays: dict[str, Array], blocks: int) -> keras.Model:
    """Return the first ``blocks`` with a mean over all places: (n, size, size, 3) → (n, width).

    All of it is trainable but batch normalisation, as in ``thaw_last_blocks``.
    """
    image = keras.Input((image_size, image_size, 3), name="image")
    x = layers.Rescaling(SCALE, offset=OFFSET)(image)
    x = layers.GlobalAveragePooling2D()(_blocks(x, blocks))
    student = keras.Model(image, x, name="features")
    for convolution in convolutions_of(blocks):
        _set_weights(student, convolution, arrays)
    for layer in student.layers:
        layer.trainable = not isinstance(layer, layers.BatchNormalization)
    return student


def thaw_last_blocks(features: keras.Model, blocks: int) -> None:
    """Make the last ``blocks`` of the 16 blocks, and the last convolution, trainable.

    Batch normalisation stays frozen: its statistics come from far more images than ours.
    """
    backbone = features.get_layer("backbone")
    backbone.trainable = True
    first = BLOCKS[len(BLOCKS) - blocks].convolutions[0].name
    start = [layer.name for layer in backbone.layers].index(first)
    for index, layer in enumerate(backbone.layers):
        layer.trainable = index >= start and not isinstance(layer, layers.BatchNormalization)


def _backbone(image_size: int) -> keras.Model:
    pixels = keras.Input((image_size, image_size, 3), name="pixels")
    x = _convolved(_blocks(pixels, len(BLOCKS)), HEAD)
    return keras.Model(pixels, layers.GlobalAveragePooling2D()(x), name="backbone")


def _blocks(x: Any, count: int) -> Any:
    x = _convolved(x, STEM)
    for block in BLOCKS[:count]:
        entered = x
        for convolution in block.convolutions:
            x = _convolved(x, convolution)
        if block.residual:
            x = layers.Add()([entered, x])
    return x


def _convolved(x: Any, convolution: Convolution) -> Any:
    options = {
        "strides": convolution.stride,
        "padding": "same",
        "use_bias": False,
        "name": convolution.name,
    }
    if convolution.depthwise:
        x = layers.DepthwiseConv2D(convolution.kernel, **options)(x)
    else:
        x = layers.Conv2D(convolution.filters, convolution.kernel, **options)(x)
    x = layers.BatchNormalization(epsilon=EPSILON, name=f"{convolution.name}_norm")(x)
    return layers.ReLU(6.0, name=f"{convolution.name}_relu")(x) if convolution.activated else x


def _set_weights(backbone: keras.Model, convolution: Convolution, arrays: dict[str, Array]) -> None:
    """Torch has (filters, channels, height, width); Keras (height, width, channels, filters)."""
    kernel = arrays[f"{convolution.weights}.weight"]
    order = (2, 3, 0, 1) if convolution.depthwise else (2, 3, 1, 0)
    backbone.get_layer(convolution.name).set_weights([kernel.transpose(order)])
    backbone.get_layer(f"{convolution.name}_norm").set_weights(convolution.scale(arrays))
