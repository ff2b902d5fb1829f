"""What ``test_precision`` checks in a process with TensorFlow."""

import json
from pathlib import Path

import keras
import numpy as np
import tensorflow as tf

from classifier.engine.fit.fused import FusedBatchNormalization, with_fused_steps
from classifier.engine.fit.precision import measured
from classifier.engine.presets.layers import scratch_network
from classifier.engine.presets.registry import PRESETS


def measure_keep_and_measure_again(folder: str) -> None:
    first = measured(Path(folder))
    assert first.faster == ("bfloat16" if first.gain >= 1.1 else "float32")
    (path,) = Path(folder).iterdir()
    assert measured(Path(folder)) == first
    path.write_text(json.dumps({"float32": 3.0, "bfloat16": 2.0}))
    assert measured(Path(folder)).faster == "bfloat16"
    path.write_text("{")
    assert measured(Path(folder)).gain != 1.5
    assert json.loads(path.read_text()).keys() == {"float32", "bfloat16"}


def compare_a_step(precision: str, off: str) -> None:
    preset = PRESETS["cnn_tiny"]
    config = preset.config({"image_size": 16, "dropout": 0.0})
    keras.utils.set_random_seed(0)
    plain = scratch_network(preset, config, 3, precision=precision)
    fused = with_fused_steps(plain)
    assert sum(isinstance(layer, FusedBatchNormalization) for layer in fused.layers) == 6
    images = tf.constant(np.random.default_rng(0).integers(0, 256, (8, 16, 16, 3)), tf.float32)
    answers = plain(images), fused(images)
    assert np.array_equal(*answers)
    for one, other in zip(_after_a_step(plain, images), _after_a_step(fused, images), strict=True):
        assert np.abs(one - other).max() <= float(off) * max(1.0, np.abs(one).max())


def _after_a_step(network, images):
    """Return logits, slopes and weights, those that a step moves among them."""
    with tf.GradientTape() as tape:
        logits = network(images, training=True)
        loss = tf.reduce_mean(logits[:, 0] ** 2)
    slopes = tape.gradient(loss, [each.value for each in network.trainable_variables])
    return [logits.numpy(), *(slope.numpy() for slope in slopes), *network.get_weights()]
