"""MobileNetV2 (Sandler et al., 2018) as keras.applications has it, with ImageNet weights."""

from pathlib import Path

import keras
from keras import layers

from classifier.engine.errors import WeightsUnavailable

_BLOCKS = 17


def load_features(image_size: int, weights: Path) -> keras.Model:
    """Return MobileNetV2 without its classifier: (n, size, size, 3) 0..255 → (n, 1280) features.

    Raises WeightsUnavailable for a damaged file.
    """
    try:
        return _feature_network(image_size, weights)
    except (OSError, ValueError, KeyError) as error:
        raise WeightsUnavailable(
            f"The weights file {weights.name} is damaged or of another network.",
            f"Replace it with Keras's own {weights.name}.",
        ) from error


def thaw_last_blocks(features: keras.Model, blocks: int) -> None:
    """Make the last ``blocks`` of MobileNetV2's 17 blocks, and its last convolution, trainable.

    Batch normalisation stays frozen: its statistics come from far more images than ours.
    """
    backbone = features.get_layer("backbone")
    backbone.trainable = True
    first = f"block_{_BLOCKS - blocks}_expand" if blocks < _BLOCKS else "expanded_conv_depthwise"
    names = [layer.name for layer in backbone.layers]
    start = names.index(first)
    for index, layer in enumerate(backbone.layers):
        frozen = index < start or isinstance(layer, layers.BatchNormalization)
        layer.trainable = not frozen


def _feature_network(image_size: int, weights: Path) -> keras.Model:
    image = keras.Input((image_size, image_size, 3), name="image")
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
