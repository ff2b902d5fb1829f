"""Optimizers and schedules of Keras, by the settings. For trainers alone."""

from typing import Any

import keras
import tensorflow as tf

from classifier.engine.fit.schedules import START_SHARE, Schedule
from classifier.engine.fit.steps import CLIP_NORM
from classifier.engine.presets.optimization import OptimizationSettings

_UNDECAYED = ["bias", "gamma", "beta"]


class KerasOptimizer:
    """An optimizer of Keras with clipped gradients and weight decay.

    AdamW decays weights by itself (Loshchilov and Hutter, 2019); with the others decay is the
    gradient of an L2 penalty. Biases and normalization are left alone.
    """

    def __init__(
        self, config: OptimizationSettings, schedule: Schedule, weight_decay: float, network: Any
    ) -> None:
        self._variables = network.trainable_variables
        self._decoupled = config.optimizer == "adamw"
        self._penalty = 0.0 if self._decoupled else weight_decay
        self._optimizer = _optimizer(config, schedule, weight_decay)
        if self._decoupled:
            self._optimizer.exclude_from_weight_decay(var_names=_UNDECAYED)
        self._optimizer.build(self._variables)

    @property
    def learning_rate(self) -> float:
        """The learning rate of the next step."""
        return float(self._optimizer.learning_rate)

    def slow_down(self, factor: float) -> None:
        """Multiply the rate from the next step on; of ``plateau`` alone."""
        self._optimizer.learning_rate = self.learning_rate * factor

    def apply(self, gradients: list[Any]) -> None:
        """Change the network's variables; ``gradients`` are in their order."""
        gradients, _ = tf.clip_by_global_norm(gradients, CLIP_NORM)
        if self._penalty:
            pairs = zip(gradients, self._variables, strict=True)
            gradients = [self._penalised(gradient, variable) for gradient, variable in pairs]
        self._optimizer.apply(gradients, self._variables)

    @property
    def state(self) -> list[Any]:
        """The optimizer's variables, its step count and learning rate among them."""
        return list(self._optimizer.variables)

    def _penalised(self, gradient: Any, variable: Any) -> Any:
        if any(name in variable.name for name in _UNDECAYED):
            return gradient
        return gradient + self._penalty * tf.cast(variable.value, gradient.dtype)


class _OneOperation:
    """Adam's change of a variable as one operation of the device; Keras composes it of a dozen.

    They are a thirtieth of a step of ``cnn_tiny`` on a CPU. The numbers are the same up to
    rounding, and so are the optimizer's variables.
    """

    def update_step(self, gradient: Any, variable: Any, learning_rate: Any) -> None:
        adam: Any = self
        place = adam._get_variable_index(variable)
        step = tf.cast(adam.iterations.value + 1, tf.float32)
        tf.raw_ops.ResourceApplyAdam(
            var=variable.handle,
            m=adam._momentums[place].value.handle,
            v=adam._velocities[place].value.handle,
            beta1_power=tf.pow(adam.beta_1, step),
            beta2_power=tf.pow(adam.beta_2, step),
            lr=tf.cast(learning_rate, tf.float32),
            beta1=adam.beta_1,
            beta2=adam.beta_2,
            epsilon=adam.epsilon,
            grad=gradient,
        )


class _Adam(_OneOperation, keras.optimizers.Adam):
    pass


class _AdamW(_OneOperation, keras.optimizers.AdamW):
    pass


def _optimizer(
    config: OptimizationSettings, schedule: Schedule, weight_decay: float
) -> keras.Optimizer:
    rate = _rate(schedule)
    if config.optimizer == "adamw":
        return _AdamW(rate, weight_decay=weight_decay)
    if config.optimizer == "adam":
        return _Adam(rate)
    if config.optimizer == "rmsprop":
        return keras.optimizers.RMSprop(rate)
    return keras.optimizers.SGD(rate, momentum=config.momentum)


def _rate(schedule: Schedule) -> Any:
    if schedule.kind == "step":
        return keras.optimizers.schedules.ExponentialDecay(
            schedule.highest, schedule.decay_steps, schedule.factor, staircase=True
        )
    if schedule.kind != "cosine":
        return schedule.highest
    rising = schedule.warm_up_steps
    decay_steps = max(1, schedule.total_steps - rising)
    if not rising:
        return keras.optimizers.schedules.CosineDecay(schedule.highest, decay_steps)
    return keras.optimizers.schedules.CosineDecay(
        schedule.highest * START_SHARE,
        decay_steps=decay_steps,
        warmup_target=schedule.highest,
        warmup_steps=rising,
    )
