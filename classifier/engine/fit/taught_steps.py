"""Steps that come closer to a teacher's answers and to the labels. For trainers alone."""

from dataclasses import dataclass
from typing import Any

import keras
import numpy as np

from classifier.engine import target
from classifier.engine.fit.augment.tensors import augment, mixed_targets
from classifier.engine.fit.checkpoints import Array
from classifier.engine.fit.keras_steps import KerasSteps
from classifier.engine.fit.schedules import Schedule
from classifier.engine.presets.distilled import DistilledConfig
from classifier.engine.samples import Indices
from classifier.engine.subgroups import Weights
from classifier.engine.target import PLAIN, Loss, Scores

# What a probability of 0 counts as: a float's answer is never surer.
_LEAST = 1e-7


@dataclass(frozen=True)
class Lessons:
    """What there is to learn of each image: its class, and what the teacher answers.

    ``labels`` (n,) are class indices, of an image without a class the teacher's. ``answers``
    (n, classes) are the teacher's probabilities, ``shares`` (n,) how much of the loss they are.
    """

    labels: Indices
    answers: Scores
    shares: Weights

    def softened(self, places: Indices, softening: float) -> Scores:
        """Return the answers at this temperature (…, classes) of the images at ``places`` (…)."""
        found = np.log(np.maximum(self.answers[places], _LEAST)) / softening
        powers = np.exp(found - found.max(axis=-1, keepdims=True))
        softened: Scores = (powers / powers.sum(axis=-1, keepdims=True)).astype(np.float32)
        return softened


class TaughtSteps(KerasSteps):
    """Steps on images whose "class" is their place among the lessons (Hinton et al., 2015)."""

    def __init__(
        self,
        lessons: Lessons,
        config: DistilledConfig,
        network: keras.Model,
        schedule: Schedule,
        loss: Loss,
    ) -> None:
        super().__init__(network, schedule, loss, config, config.augmentations)
        self._lessons = lessons
        self._softening = config.softening

    def train(
        self,
        inputs: Array,
        labels: Array,
        epoch: int,
        step: int,
        weights: Weights | None = None,
    ) -> None:
        """Change the network by one batch after the other; ``labels`` are places."""
        lessons, drawn = self._lessons, self._drawn(inputs, epoch, step)
        softened = lessons.softened(labels, self._softening)
        self._take_steps([inputs, lessons.labels[labels], drawn, softened, lessons.shares[labels]])

    def _train_step(self, *given: Any) -> None:
        """Take a step of images, classes, changes, softened answers, shares.

        The slopes of softened answers are smaller by the square of the temperature; the loss is
        multiplied with it, so that the share means the same at any.
        """
        inputs, labels, found, softened, shares = given
        changes, heat = self._augmentations, self._softening
        inputs = augment(inputs, found, changes)
        classes = target.targets(labels, self._classes)
        hard = mixed_targets(classes * (1 - shares)[:, None], found, changes)
        soft = mixed_targets(softened * shares[:, None], found, changes)

        def losses_of(logits: Any) -> Any:
            taught = PLAIN.of(logits / heat, soft, weighed=True)
            return self._loss.of(logits, hard, weighed=True) + heat**2 * taught

        self._descend(inputs, mixed_targets(classes, found, changes), losses_of)
