"""Layers of a foreign network in the form that ONNX has words for; they compute the same."""

from functools import partial
from typing import Any

import keras
import numpy as np
from keras import ops


def make_plain(network: keras.Model) -> None:
    """Change layers of the network, also of networks in it, in place."""
    for layer in network._flatten_layers():
        if isinstance(layer, keras.layers.Normalization):
            # Tensors that are no weights would become inputs of the served graph.
            layer.mean, layer.variance = np.asarray(layer.mean), np.asarray(layer.variance)
        elif isinstance(layer, keras.layers.Conv2D) and layer.groups > 1:
            # On processors Keras has these compiled by XLA, which is no graph.
            layer.convolution_op = partial(_grouped, layer)


def _grouped(layer: Any, inputs: Any, kernel: Any) -> Any:
    """Return a convolution in groups of channels: one a group as a depthwise one, else in parts."""
    options = {
        "strides": layer.strides,
        "padding": layer.padding,
        "dilation_rate": layer.dilation_rate,
    }
    if layer.groups == layer.filters and kernel.shape[2] == 1:
        return ops.depthwise_conv(inputs, ops.transpose(kernel, (0, 1, 3, 2)), **options)
    parts = zip(
        ops.split(inputs, layer.groups, axis=-1),
        ops.split(kernel, layer.groups, axis=-1),
        strict=True,
    )
    return ops.concatenate([ops.conv(part, own, **options) for part, own in parts], axis=-1)
