"""Networks as keras.applications has them, with ImageNet weights. For trainers alone."""

from pathlib import Path
from typing import Any

import keras
from keras import layers

from classifier.engine.backbones.keras_application import START, KerasApplication, Numbers
from classifier.engine.errors import WeightsUnavailable


def load_features(facts: KerasApplication, image_size: int, weights: Path) -> keras.Model:
    """Return the network without its classifier: (n, size, size, 3) 0..255 → (n, width) features.

    Raises WeightsUnavailable for a damaged file.
    """
    try:
        return _feature_network(facts, image_size, weights)
    except (OSError, ValueError, KeyError) as error:
        raise WeightsUnavailable(
            f"The weights file {weights.name} is damaged or of another network.",
            f"Replace it with Keras's own {weights.name}.",
        ) from error


def thaw_after(features: keras.Model, name: str) -> None:
    """Make the layers after the one of this name trainable (``START``: all).

    Batch normalisation stays frozen: its statistics come from far more images than ours.
    """
    backbone = next(layer for layer in features.layers if isinstance(layer, keras.Model))
    backbone.trainable = True
    names = [layer.name for layer in backbone.layers]
    start = 0 if name == START else names.index(name) + 1
    for index, layer in enumerate(backbone.layers):
        layer.trainable = index >= start and not isinstance(layer, layers.BatchNormalization)


def _feature_network(facts: KerasApplication, image_size: int, weights: Path) -> keras.Model:
    backbone = getattr(keras.applications, facts.application)(
        input_shape=(image_size, image_size, 3),
        include_top=False,
        weights=str(weights),
        pooling="avg",
        **facts.options,
    )
    backbone = _with_depthwise(backbone)
    backbone.trainable = False
    image = keras.Input((image_size, image_size, 3), name="image")
    seen = facts.preprocessing
    x = layers.Rescaling(_json(seen.scale), offset=_json(seen.offset))(image)
    if seen.blue_first:
        _take_red_first(backbone)
    return keras.Model(image, backbone(x, training=False), name="features")


def _take_red_first(backbone: keras.Model) -> None:
    """Turn the first kernel's channels round, so that the network takes red, green, blue."""
    first = next(layer for layer in backbone.layers if isinstance(layer, layers.Conv2D))
    kernel, *rest = first.get_weights()
    first.set_weights([kernel[:, :, ::-1], *rest])


def _with_depthwise(network: keras.Model) -> keras.Model:
    """Return the network with depthwise layers for its convolutions of one channel a group.

    They compute the same; the others run by a compiler on processors, and tf2onnx has no word for
    them. A network without any is returned as it is.
    """
    if not any(_is_depthwise(layer) for layer in network.layers):
        return network
    turned = keras.models.clone_model(network, clone_function=_depthwise)
    for old, new in zip(network.layers, turned.layers, strict=True):
        weights = old.get_weights()
        if _is_depthwise(old):
            weights[0] = weights[0].transpose(0, 1, 3, 2)
        new.set_weights(weights)
    return turned


def _is_depthwise(layer: Any) -> bool:
    return isinstance(layer, layers.Conv2D) and layer.groups > 1 and layer.groups == layer.filters


def _depthwise(layer: Any) -> Any:
    if not _is_depthwise(layer):
        return layer.__class__.from_config(layer.get_config())
    return layers.DepthwiseConv2D(
        layer.kernel_size, strides=layer.strides, padding=layer.padding, name=layer.name
    )


def _json(numbers: Numbers) -> Any:
    """Return numbers as a saved network's settings hold them."""
    return list(numbers) if isinstance(numbers, tuple) else numbers
