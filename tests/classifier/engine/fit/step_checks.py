"""What ``test_blocks`` checks in a process with TensorFlow."""

import keras
import numpy as np
import tensorflow as tf

from classifier.engine.fit.fused import with_fused_steps
from classifier.engine.fit.keras_steps import KerasSteps
from classifier.engine.fit.schedules import Schedule
from classifier.engine.presets.layers import scratch_network
from classifier.engine.presets.registry import PRESETS
from classifier.engine.target import Loss

BATCHES, SIZE, SIDE = 7, 8, 16


def compare_calls() -> None:
    """Seven batches, each by itself and in calls of one, four and two: bit for bit the same."""
    tf.config.experimental.enable_op_determinism()
    random = np.random.default_rng(0)
    images = random.integers(0, 256, (BATCHES, SIZE, SIDE, SIDE, 3), np.uint8)
    labels = random.integers(0, 3, (BATCHES, SIZE))
    found = [_after(images, labels, parts) for parts in ([1] * BATCHES, [1, 4, 2])]
    for one, other in zip(*found, strict=True):
        assert np.array_equal(one, other)


def _after(images: np.ndarray, labels: np.ndarray, parts: list[int]) -> list[np.ndarray]:
    preset = PRESETS["cnn_tiny"]
    config = preset.config({"image_size": SIDE, "dropout": 0.5, "augmentation": "full"})
    keras.utils.set_random_seed(0)
    network = with_fused_steps(scratch_network(preset, config, 3, precision="bfloat16"))
    schedule = Schedule.of(config, config.learning_rate, 1, BATCHES)
    steps = KerasSteps(network, schedule, Loss(), config, config.augmentations)
    steps.begin_epoch(1)
    done = 0
    for count in parts:
        part = slice(done, done + count)
        steps.train(images[part], labels[part], 1, done + 1)
        done += count
    totals = steps.totals()
    assert totals.count == BATCHES * SIZE
    return [np.float64(totals.loss), *steps.weights(), *steps.optimizer_state()]
