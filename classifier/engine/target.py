"""What is predicted: one class of several for each image.

Training, evaluation, serving and export ask this module for the activation, the loss, the
metric, the decision and the shape of an answer, so that another target is another such module.
Keras and TensorFlow are imported inside the functions that only trainers call.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
import numpy.typing as npt

from classifier.engine.versioned import Versioned

Scores = npt.NDArray[np.floating[Any]]
# The activation that turns logits into an answer, by its name in ONNX: softmax over the classes.
ONNX_ACTIVATION = "Softmax"
# Keeps the focal loss's power differentiable where an answer is certain.
_LEAST = 1e-6


@dataclass(frozen=True)
class ClassProbability:
    """One class of an answer, and how probable it is, 0..1."""

    class_name: str
    probability: float


@dataclass(frozen=True)
class ImageAnswer(Versioned):
    """What a model answers to one image: the top of its ``classes``, most probable first.

    ``decision`` is that of ``classifier.engine.measure.decision``; None where none was to be taken.
    """

    SCHEMA: ClassVar[int] = 1

    classes: tuple[ClassProbability, ...]
    decision: str | None = None

    @classmethod
    def upgrade(cls, values: object, number: int) -> object:
        """Read the bare list of classes that was stored before the number."""
        return {"classes": values} if number == 0 else values


def with_answers(network: Any) -> Any:
    """Return a Keras network of logits followed by softmax: what is saved, exported, served."""
    import keras

    activation = keras.layers.Softmax(dtype="float32", name="probabilities")
    return keras.Model(network.input, activation(network.output), name=network.name)


@dataclass(frozen=True, kw_only=True)
class Loss:
    """Cross-entropy in nats, and what may be asked of it.

    ``smoothing`` is the probability that the target spreads over all classes (Szegedy et al.,
    2016). ``gamma`` makes it the focal loss (Lin et al., 2017): what is answered well counts less.
    ``weights`` say how much each class counts; empty, all count alike.
    """

    smoothing: float = 0.0
    gamma: float = 0.0
    weights: tuple[float, ...] = ()

    def of(self, logits: Any, targets: Any, *, weighed: bool = False) -> Any:
        """Return the losses (n,) of logits and targets (n, classes), tensors of float32.

        An image's targets add up to 1; where they are ``weighed``, to how much the image counts.
        """
        import tensorflow as tf

        whole = tf.reduce_sum(targets, axis=1, keepdims=True) if weighed else 1.0
        targets = targets * (1 - self.smoothing) + self.smoothing / logits.shape[-1] * whole
        if self.weights:
            targets = targets * tf.constant(self.weights, tf.float32)
        if not (self.gamma or self.weights or weighed):
            return tf.nn.softmax_cross_entropy_with_logits(labels=targets, logits=logits)
        logarithms = tf.nn.log_softmax(logits)
        if not self.gamma:
            # TensorFlow's own loss takes its slope as if targets added up to 1.
            return -tf.reduce_sum(targets * logarithms, axis=1)
        missed = tf.maximum(1.0 - tf.exp(logarithms), _LEAST)
        return -tf.reduce_sum(targets * missed**self.gamma * logarithms, axis=1)

    def with_slopes(
        self, logits: Scores, labels: Any
    ) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.float32]]:
        """Return the losses (n,) of logits and class indices (n,), and their slopes (n, classes).

        In NumPy; slopes are along the logits.
        """
        if not self.gamma and not self.weights:
            return losses_and_slopes(logits, labels, self.smoothing)
        shifted = logits - logits.max(axis=1, keepdims=True)
        logarithms = shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True))
        found = np.exp(logarithms)
        targets = np.full(logits.shape, self.smoothing / logits.shape[1], np.float32)
        targets[np.arange(len(labels)), labels] += 1 - self.smoothing
        if self.weights:
            targets *= np.array(self.weights, np.float32)
        missed = np.maximum(1 - found, _LEAST)
        power = missed**self.gamma
        losses = -(targets * power * logarithms).sum(axis=1)
        # p · dL/dp of each class, which softmax spreads over all logits.
        inner = targets * (self.gamma * found * power / missed * logarithms - power)
        return losses, inner - found * inner.sum(axis=1, keepdims=True)


PLAIN = Loss()


def targets(labels: Any, classes: int) -> Any:
    """Return float32 (n, classes): what a network should answer to images of these classes (n,)."""
    import tensorflow as tf

    return tf.one_hot(labels, classes)


def probabilities(logits: Scores) -> npt.NDArray[np.float32]:
    """Return the probabilities (n, classes) of logits (n, classes): softmax."""
    powers = np.exp(logits - logits.max(axis=1, keepdims=True))
    return powers / powers.sum(axis=1, keepdims=True)


def losses_and_slopes(
    logits: Scores, labels: Any, smoothing: float
) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.float32]]:
    """Return smoothed cross-entropies (n,), and their slopes (n, classes) along the logits."""
    shifted = logits - logits.max(axis=1, keepdims=True)
    logarithms = shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True))
    rows = np.arange(len(labels))
    spread = np.float32(smoothing / logits.shape[1])
    found = -(1 - smoothing) * logarithms[rows, labels]
    slopes = np.exp(logarithms) - spread
    slopes[rows, labels] -= np.float32(1 - smoothing)
    if smoothing:
        found -= spread * logarithms.sum(axis=1)
    return found, slopes


def is_right(logits: Any, targets: Any) -> Any:
    """Return a boolean tensor (n,): whether the decision is the class with most of the target."""
    import tensorflow as tf

    return tf.equal(tf.argmax(logits, axis=1), tf.argmax(targets, axis=1))


def decided(logits: Any) -> tuple[Any, Any]:
    """Return the decided class index (n,) of logits (n, classes) and its probability, tensors."""
    import tensorflow as tf

    found = tf.argmax(logits, axis=1)
    return found, tf.reduce_max(tf.nn.softmax(logits), axis=1)


def decide(probabilities: Scores) -> npt.NDArray[np.int64]:
    """Return the decided class index (n,) of each row (n, classes): the first of equals."""
    return probabilities.argmax(axis=1)


def answer(
    probabilities: Scores, class_names: Sequence[str], top_k: int, decision: str | None = None
) -> ImageAnswer:
    """Return the ``top_k`` classes of one image's probabilities (classes,), and the decision."""
    best = np.argsort(-probabilities, kind="stable")[:top_k]
    return ImageAnswer(
        tuple(ClassProbability(class_names[index], float(probabilities[index])) for index in best),
        decision,
    )


def answer_set(probabilities: Scores, class_names: Sequence[str], least: float) -> tuple[str, ...]:
    """Return the classes as probable as ``least``, most probable first; always at least one."""
    order = np.argsort(-probabilities, kind="stable")
    count = max(1, int((probabilities >= least).sum()))
    return tuple(class_names[index] for index in order[:count])
