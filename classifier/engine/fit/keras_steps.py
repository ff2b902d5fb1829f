"""Compiled training and measuring steps of a Keras network. For trainers alone."""

from collections.abc import Callable
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from classifier.engine import target
from classifier.engine.fit.augment.draws import drawn
from classifier.engine.fit.augment.tensors import augment, mixed_targets
from classifier.engine.fit.checkpoints import Array
from classifier.engine.fit.keras_optimizers import KerasOptimizer
from classifier.engine.fit.schedules import Schedule
from classifier.engine.fit.steps import Decided, Totals
from classifier.engine.presets.augmentation import Augmentations
from classifier.engine.presets.config import TrainingConfig
from classifier.engine.subgroups import Weights
from classifier.engine.target import PLAIN, Loss


class KerasSteps:
    """The compiled steps of a network that gives logits, with their optimizer: ``steps.Steps``.

    ``served`` computes as the written file will, and measures in place of the network: the same
    layers in float32.
    """

    def __init__(
        self,
        network: keras.Model,
        schedule: Schedule,
        loss: Loss,
        config: TrainingConfig,
        augmentations: Augmentations,
        served: keras.Model | None = None,
    ) -> None:
        self._network = network
        self._served = served or network
        self._is_behind = served is not None
        self._augmentations = augmentations
        self._seed = config.seed
        self._loss = loss
        self._classes = network.output_shape[-1]
        self._optimizer = KerasOptimizer(config, schedule, config.weight_decay, network)
        self._totals = tf.Variable([0.0, 0.0, 0.0], dtype=tf.float64)
        self._train: Any = None
        self._measure = tf.function(self._measure_step, reduce_retracing=True)

    @property
    def learning_rate(self) -> float:
        """The learning rate of the next step."""
        return self._optimizer.learning_rate

    def slow_down(self, factor: float) -> None:
        """Multiply the learning rate from the next step on."""
        self._optimizer.slow_down(factor)

    def begin_epoch(self, epoch: int) -> None:
        """Set dropout's random state to this epoch's."""
        for index, generator in enumerate(_seed_generators(self._network)):
            state = np.random.SeedSequence([self._seed, epoch, index]).generate_state(2)
            generator.state.assign(state)

    def train(
        self,
        inputs: Array,
        labels: Array,
        epoch: int,
        step: int,
        weights: Weights | None = None,
    ) -> None:
        """Change the network by one batch after the other; see ``Steps``."""
        given = [inputs, labels, self._drawn(inputs, epoch, step)]
        self._take_steps(given if weights is None else [*given, weights])

    def _drawn(self, inputs: Array, epoch: int, step: int) -> Array:
        """Return how each image of the batches is to be changed."""
        count, size, side = inputs.shape[:3]
        return np.stack(
            [
                drawn(self._augmentations, size, side, (self._seed, epoch, number))
                for number in range(step, step + count)
            ]
        )

    def _take_steps(self, given: list[Array]) -> None:
        """Take a step for each batch of the arrays, which go to ``_train_step`` in this order."""
        blocks = [tf.constant(each) for each in given]
        self._train = self._train or self._compiled(blocks)
        self._train(*blocks)
        self._is_behind = self._served is not self._network

    def measure(self, inputs: Array, labels: Array) -> Decided:
        """Add one batch to the totals without changing the network; return what it answers."""
        if self._is_behind:
            self._served.set_weights(self._network.get_weights())
            self._is_behind = False
        found, probability = self._measure(tf.constant(inputs), tf.constant(labels))
        return found.numpy(), probability.numpy()

    def totals(self) -> Totals:
        """Return what was counted since the last call."""
        loss, correct, count = self._totals.numpy()
        self._totals.assign([0.0, 0.0, 0.0])
        return Totals(float(loss / count), float(correct / count), int(count))

    def weights(self) -> list[Array]:
        """Return the network's weights."""
        return list(self._network.get_weights())

    def optimizer_state(self) -> list[Array]:
        """Return the optimizer's variables, its step count among them."""
        return [np.asarray(variable) for variable in self._optimizer.state]

    def restore(self, weights: list[Array], optimizer_state: list[Array]) -> None:
        """Put back what ``weights`` and ``optimizer_state`` gave."""
        self._network.set_weights(weights)
        for variable, array in zip(self._optimizer.state, optimizer_state, strict=True):
            variable.assign(array)

    def _compiled(self, blocks: list[Any]) -> Any:
        """Return the steps for any number of batches: one graph, so the same numbers."""
        specs = [tf.TensorSpec([None, *block.shape[1:]], block.dtype) for block in blocks]
        return tf.function(self._train_steps, input_signature=specs)

    def _train_steps(self, *blocks: Any) -> None:
        def step(number: Any) -> Any:
            self._train_step(*(block[number] for block in blocks))
            return number + 1

        count = tf.shape(blocks[0])[0]
        tf.while_loop(lambda number: number < count, step, [0], parallel_iterations=1)

    def _train_step(self, inputs: Any, labels: Any, found: Any, weights: Any = None) -> None:
        inputs = augment(inputs, found, self._augmentations)
        targets = target.targets(labels, self._classes)
        weighed = None
        if weights is not None:
            # Weighed before they are mixed: each part counts as the image does that it is of.
            weighed = mixed_targets(targets * weights[:, None], found, self._augmentations)
        targets = mixed_targets(targets, found, self._augmentations)

        def losses_of(logits: Any) -> Any:
            if weighed is None:
                return self._loss.of(logits, targets)
            return self._loss.of(logits, weighed, weighed=True)

        self._descend(inputs, targets, losses_of)

    def _descend(self, inputs: Any, targets: Any, losses_of: Callable[[Any], Any]) -> None:
        """Take one step down the mean of the losses (n,) of logits; count by ``targets``."""
        variables = self._network.trainable_variables
        with tf.GradientTape() as tape:
            logits = self._network(inputs, training=True)
            losses = losses_of(logits)
            loss = tf.reduce_mean(losses)
        gradients = tape.gradient(loss, [variable.value for variable in variables])
        self._optimizer.apply(gradients)
        self._count(logits, targets, losses)

    def _measure_step(self, inputs: Any, labels: Any) -> tuple[Any, Any]:
        logits = self._served(tf.cast(inputs, tf.float32), training=False)
        targets = target.targets(labels, self._classes)
        self._count(logits, targets, PLAIN.of(logits, targets))
        return target.decided(logits)

    def _count(self, logits: Any, targets: Any, losses: Any) -> None:
        correct = target.is_right(logits, targets)
        parts = [
            tf.reduce_sum(tf.cast(losses, tf.float64)),
            tf.reduce_sum(tf.cast(correct, tf.float64)),
            tf.cast(tf.shape(targets)[0], tf.float64),
        ]
        self._totals.assign_add(tf.stack(parts))


def _seed_generators(network: keras.Model) -> list[Any]:
    found = []
    for layer in network.layers:
        if isinstance(layer, keras.Model):
            found += _seed_generators(layer)
        elif isinstance(layer, keras.layers.Dropout) and layer.rate > 0:
            found.append(layer.seed_generator)
    return found
