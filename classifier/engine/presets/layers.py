"""What networks are made of: Keras layers from pixels 0..255 to logits. For workers alone."""

from collections.abc import Sequence
from typing import Any

import keras
from keras import layers

from classifier.engine.presets.config import TrainingConfig
from classifier.engine.presets.scratch import NormalizedConfig, ScratchConfig, ScratchPreset

_POLICIES = {"float32": "float32", "bfloat16": "mixed_bfloat16"}


def scratch_network(
    preset: ScratchPreset, config: ScratchConfig, classes: int, *, precision: str
) -> keras.Model:
    """Return the preset's untrained network: (n, size, size, 3) 0..255 → logits.

    ``precision`` is that of the computation; weights and logits are float32 either way.
    """
    policy = _POLICIES[precision]
    image = keras.Input((config.image_size, config.image_size, 3), name="image")
    pixels = layers.Rescaling(1 / 127.5, offset=-1.0, dtype=policy)(image)
    features = preset.features(pixels, config, policy)
    return keras.Model(image, _head(features, config, classes), name=preset.name)


def scales(x: Any, widths: Sequence[Sequence[int]], policy: str, *, normalized: bool = True) -> Any:
    """Return the mean over all places of convolutions at each scale, with max-pooling between.

    ``widths`` holds the number of channels of each convolution, scale by scale.
    """
    for index, channels in enumerate(widths):
        for width in channels:
            x = convolution(x, width, policy, normalized=normalized)
        if index < len(widths) - 1:
            x = layers.MaxPooling2D(2, dtype=policy)(x)
    return layers.GlobalAveragePooling2D(dtype="float32")(x)


def convolution(
    x: Any,
    width: int,
    policy: str,
    *,
    kernel: int = 3,
    strides: int = 1,
    normalized: bool = True,
    activated: bool = True,
) -> Any:
    """Return convolution, batch normalization (if ``normalized``), ReLU (if ``activated``)."""
    x = layers.Conv2D(
        width, kernel, strides=strides, padding="same", use_bias=not normalized, dtype=policy
    )(x)
    if normalized:
        x = layers.BatchNormalization(momentum=0.9, dtype=policy)(x)
    return layers.ReLU(dtype=policy)(x) if activated else x


def left_out_at_random(branch: Any, rate: float, policy: str) -> Any:
    """Return a residual branch that training leaves out for each image with probability ``rate``.

    Stochastic depth (Huang et al., 2016): what stays is scaled up, so that nothing changes at test.
    """
    if not rate:
        return branch
    shape = (None, *(1 for _ in branch.shape[1:]))
    return layers.Dropout(rate, noise_shape=shape, dtype=policy)(branch)


def squeezed(x: Any, policy: str, *, ratio: int = 8) -> Any:
    """Return ``x`` with each channel weighed by what the whole image says (Hu et al., 2018)."""
    width = x.shape[-1]
    weights = layers.GlobalAveragePooling2D(keepdims=True, dtype=policy)(x)
    weights = layers.Conv2D(max(8, width // ratio), 1, activation="relu", dtype=policy)(weights)
    weights = layers.Conv2D(width, 1, activation="sigmoid", dtype=policy)(weights)
    return layers.Multiply(dtype=policy)([x, weights])


def coordinated(x: Any, policy: str, *, ratio: int = 8, normalized: bool = True) -> Any:
    """Return ``x`` with each channel weighed by row and by column (Hou et al., 2021)."""
    height, width, channels = x.shape[1:]
    rows = layers.AveragePooling2D((1, width), dtype=policy)(x)
    columns = layers.AveragePooling2D((height, 1), dtype=policy)(x)
    columns = layers.Permute((2, 1, 3), dtype=policy)(columns)
    both = layers.Concatenate(axis=1, dtype=policy)([rows, columns])
    squeezed_width = max(8, channels // ratio)
    both = convolution(both, squeezed_width, policy, kernel=1, normalized=normalized)
    rows = layers.Cropping2D(((0, width), (0, 0)), dtype=policy)(both)
    columns = layers.Cropping2D(((height, 0), (0, 0)), dtype=policy)(both)
    rows = layers.Conv2D(channels, 1, activation="sigmoid", dtype=policy)(rows)
    columns = layers.Conv2D(channels, 1, activation="sigmoid", dtype=policy)(columns)
    columns = layers.Permute((2, 1, 3), dtype=policy)(columns)
    return layers.Multiply(dtype=policy)([x, rows, columns])


def dense(x: Any, width: int, config: NormalizedConfig, policy: str) -> Any:
    """Return a hidden layer of ``x`` (n, inputs): dropout, dense, batch normalization, ReLU."""
    normalized = config.batch_normalization
    x = layers.Dropout(config.dropout, dtype=policy)(x)
    x = layers.Dense(width, use_bias=not normalized, dtype=policy)(x)
    if normalized:
        x = layers.BatchNormalization(momentum=0.9, dtype=policy)(x)
    return layers.ReLU(dtype=policy)(x)


def in_float32(x: Any) -> Any:
    """Return ``x`` as float32 numbers, as features must be."""
    return layers.Activation("linear", dtype="float32")(x)


def head_network(backbone: keras.Model, config: TrainingConfig, classes: int) -> keras.Model:
    """Return an untrained last layer for the features of ``backbone``: (n, width) → logits."""
    features = keras.Input((backbone.output_shape[-1],), name="features")
    return keras.Model(features, _head(features, config, classes), name="head")


def joined_network(backbone: keras.Model, head: keras.Model, name: str) -> keras.Model:
    """Return ``head`` on top of ``backbone``, sharing the weights of both: pixels → logits."""
    return keras.Model(backbone.input, head(backbone.output), name=name)


def _head(features: Any, config: TrainingConfig, classes: int) -> Any:
    x = layers.Dropout(config.dropout)(features)
    return layers.Dense(classes, dtype="float32", name="logits")(x)
