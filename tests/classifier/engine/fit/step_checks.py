"""What ``test_blocks`` checks of Keras's steps in a process with TensorFlow."""

import keras
import numpy as np
import tensorflow as tf

from classifier.engine.fit.augment.draws import drawn
from classifier.engine.fit.augment.tensors import mixed_targets
from classifier.engine.fit.fused import with_fused_steps
from classifier.engine.fit.head import Head, HeadSteps
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


def weigh_as_a_head() -> None:
    """A dense layer in Keras and a head in NumPy, weighed by class and by image, stay the same."""
    random = np.random.default_rng(0)
    images = random.integers(0, 256, (BATCHES, SIZE, 2, 2, 3), np.uint8)
    labels = random.integers(0, 3, (BATCHES, SIZE))
    weights = random.uniform(0.2, 4, (BATCHES, SIZE)).astype(np.float32)
    values = {"learning_rate": 0.5, "label_smoothing": 0.1, "dropout": 0.0, "weight_decay": 0.0}
    config = PRESETS["mobilenet_v2"].config(values)
    schedule = Schedule.of(config, config.learning_rate, 1, BATCHES)
    for loss in (Loss(smoothing=0.1), Loss(smoothing=0.1, weights=(3.0, 0.5, 1.0)), Loss(gamma=2)):
        for counts in (None, weights):
            head = Head.untrained(12, 3, 0)
            network = _dense(head)
            steps = KerasSteps(network, schedule, loss, config, config.augmentations)
            steps.train(images, labels, 1, 1, counts)
            by_hand = HeadSteps(head, schedule, loss, config)
            by_hand.train(images.reshape(BATCHES, SIZE, 12) / 255, labels, 1, 1, counts)
            for one, other in zip(steps.weights(), head.weights, strict=True):
                assert np.allclose(one, other, atol=2e-4), (loss, counts is None)
            assert abs(steps.totals().loss - by_hand.totals().loss) < 1e-3


def weigh_mixed_images() -> None:
    """Each part of a mixed image counts as the image does that it is of."""
    config = PRESETS["cnn_tiny"].config({"image_size": SIDE, "augmentation": "none", "mixup": 0.5})
    targets, counts = tf.eye(3), tf.constant([1.0, 4.0, 2.0])
    found = drawn(config.augmentations, 3, SIDE, (0, 1, 1))
    mixed = mixed_targets(targets, found, config.augmentations).numpy()
    weighed = mixed_targets(targets * counts[:, None], found, config.augmentations).numpy()
    # One image of each class: the column says of which image a part is.
    assert np.allclose(weighed, mixed * counts.numpy())
    assert (mixed < 0.999).any()


def _dense(head: Head) -> keras.Model:
    network = keras.Sequential(
        [
            keras.Input((2, 2, 3)),
            keras.layers.Rescaling(1 / 255),
            keras.layers.Flatten(),
            keras.layers.Dense(3),
        ]
    )
    network.set_weights(head.weights)
    return network
