"""The networks: Keras models from pixels 0..255 to logits, preprocessing inside."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import keras
from keras import layers

from classifier.engine.presets.config import TrainingConfig

FEATURES = 1280
_POLICIES = {"float32": "float32", "bfloat16": "mixed_bfloat16", None: "float32"}


def scratch_network(
    preset: str, config: TrainingConfig, classes: int, *, precision: str | None
) -> keras.Model:
    """Return an untrained ``cnn_small`` or ``cnn_tiny``: (n, size, size, 3) 0..255 → logits.

    Convolution, batch normalisation and ReLU, once or more at each scale, then max-pooling; the
    mean over all places feeds one linear layer. ``precision`` is that of the computation; weights
    and logits are float32 either way.
    """
    policy = _POLICIES[precision]
    image = _image_input(config.image_size)
    x = layers.Rescaling(1 / 127.5, offset=-1.0, dtype=policy)(image)
    if preset == "cnn_small":
        x = _convolution(x, 24, policy, kernel=5, strides=2)
    blocks = _SMALL if preset == "cnn_small" else _tiny(config.image_size)
    for index, widths in enumerate(blocks):
        for width in widths:
            x = _convolution(x, width, policy)
        if index < len(blocks) - 1:
            x = layers.MaxPooling2D(2, dtype=policy)(x)
    x = layers.GlobalAveragePooling2D(dtype="float32")(x)
    return keras.Model(image, _head(x, config, classes), name=preset)


_SMALL: Sequence[Sequence[int]] = ((24,), (48,), (96, 96), (192, 192))


def _tiny(image_size: int) -> Sequence[Sequence[int]]:
    # Images below 16 pixels have no room for four scales: they keep the widths and pool less.
    return ((32,), (64, 64), (128, 128), (256,)) if image_size >= 16 else ((64, 64), (128, 256))


def _convolution(x: Any, width: int, policy: str, *, kernel: int = 3, strides: int = 1) -> Any:
    x = layers.Conv2D(width, kernel, strides=strides, padding="same", use_bias=False, dtype=policy)(
        x
    )
    x = layers.BatchNormalization(momentum=0.9, dtype=policy)(x)
    return layers.ReLU(dtype=policy)(x)


def _head(features: Any, config: TrainingConfig, classes: int) -> Any:
    x = layers.Dropout(config.dropout)(features)
    return layers.Dense(classes, dtype="float32", name="logits")(x)


def _image_input(size: int) -> Any:
    return keras.Input((size, size, 3), name="image")


def feature_network(image_size: int, weights: Path) -> keras.Model:
    """Return MobileNetV2 without its classifier: (n, size, size, 3) 0..255 → (n, 1280) features.

    Sandler et al., 2018; ImageNet weights as in keras.applications.
    """
    image = _image_input(image_size)
    backbone = keras.applications.MobileNetV2(
        input_shape=(image_size, image_size, 3),
        include_top=False,
        weights=str(weights),
        pooling="avg",
        name="backbone",
    )
    backbone.trainable = False
    x = layers.Rescaling(1 / 127.5, offset=-1.0)(image)
    return keras.Model(image, backbone(x, training=False), name="features")


def head_network(config: TrainingConfig, classes: int) -> keras.Model:
    """Return the untrained new last layer: (n, 1280) features → logits."""
    features = keras.Input((FEATURES,), name="features")
    return keras.Model(features, _head(features, config, classes), name="head")


def joined_network(features: keras.Model, head: keras.Model) -> keras.Model:
    """Return ``head`` on top of ``features``, sharing the weights of both: pixels → logits."""
    return keras.Model(features.input, head(features.output), name="mobilenet_v2")


def thaw_last_blocks(features: keras.Model, blocks: int) -> None:
    """Make the last ``blocks`` of MobileNetV2's 17 blocks, and its last convolution, trainable.

    Batch normalisation stays frozen: its statistics come from far more images than ours.
    """
    backbone = features.get_layer("backbone")
    backbone.trainable = True
    first = f"block_{17 - blocks}_expand" if blocks < 17 else "expanded_conv_depthwise"
    names = [layer.name for layer in backbone.layers]
    start = names.index(first)
    for index, layer in enumerate(backbone.layers):
        frozen = index < start or isinstance(layer, layers.BatchNormalization)
        layer.trainable = not frozen


def with_probabilities(network: keras.Model) -> keras.Model:
    """Return ``network`` followed by softmax: what is saved, exported and served."""
    probabilities = layers.Softmax(dtype="float32", name="probabilities")(network.output)
    return keras.Model(network.input, probabilities, name=network.name)
