"""Distillation: a small network learns from a teacher's answers. For trainers alone."""

from collections.abc import Sequence
from dataclasses import asdict, replace
from functools import partial
from pathlib import Path

import keras
import numpy as np

from classifier.engine import target
from classifier.engine.fit.alike import require_different
from classifier.engine.fit.balance import Balance
from classifier.engine.fit.batch_size import machine_budget
from classifier.engine.fit.fitting import Fitting, Stage
from classifier.engine.fit.network_memory import settle_batch_size
from classifier.engine.fit.pretrained import Pretrained
from classifier.engine.fit.self_training import Chosen, joined
from classifier.engine.fit.sources import pixel_sources
from classifier.engine.fit.student import chosen_student, measured_candidates, require_within
from classifier.engine.fit.taught_steps import Lessons, TaughtSteps
from classifier.engine.fit.teacher import Teacher, require_room
from classifier.engine.fit.trained import Written
from classifier.engine.fit.trained_network import TrainedNetwork, training_of_network
from classifier.engine.formats.facts import ONNX_FILE, ModelFacts
from classifier.engine.presets import layers
from classifier.engine.presets.distilled import Candidate, DistilledConfig, DistilledPreset
from classifier.engine.runtime.batches import Images
from classifier.engine.samples import (
    Pixels,
    Sample,
    Samples,
    TrainingSamples,
    contents_of,
    labels_of,
)

_ASKED_AT_ONCE = 64


def train_distilled(
    fitting: Fitting[DistilledConfig],
    samples: TrainingSamples,
    classes: int,
    preset: DistilledPreset,
    pretrained: Pretrained,
) -> TrainedNetwork:
    """Train the largest student within the budget on all images, labelled or not.

    Raises InvalidConfig or BadData, which name the smallest student, where none keeps to it.
    """
    config, state = fitting.config, fitting.state
    teacher = pretrained.teacher
    if teacher is None:
        raise ValueError("a student needs a teacher")
    weights = preset.weights.found(pretrained.weights_dir)
    student = _student(fitting, teacher.class_names, preset, weights)
    with training_of_network(fitting):
        fitting.watch.begin("Building the network")
        features = preset.network(student, config.image_size, weights)
        head = layers.head_network(features, config, classes)
        network = layers.joined_network(features, head, preset.name)
        settle_batch_size(fitting, network, len(samples.train) + len(samples.unlabelled))
        with fitting.within_time():
            lessons = _lessons(fitting, samples, teacher)
            train, validation = _sources(fitting, samples)
            fitting.run(
                Stage(
                    name="training",
                    steps=partial(TaughtSteps, lessons, config, network),
                    train=train,
                    balance=Balance(config, lessons.labels, classes),
                    validation=validation,
                    epochs=config.epochs,
                    learning_rate=config.learning_rate,
                )
            )
        network.set_weights(state.best)
    return TrainedStudent(network, config)


class TrainedStudent(TrainedNetwork):
    """A student, whose file must keep to its budget."""

    def __init__(self, network: keras.Model, config: DistilledConfig) -> None:
        super().__init__(network)
        self._config = config

    def write(self, facts: ModelFacts, folder: Path, images: Sequence[Pixels]) -> Written:
        """Write the files as any network's; raises BadData where the served one is too large."""
        written = super().write(facts, folder, images)
        require_within(self._config, written.files[ONNX_FILE]["bytes"])
        return written


def _student(
    fitting: Fitting[DistilledConfig],
    class_names: Sequence[str],
    preset: DistilledPreset,
    weights: Path,
) -> Candidate:
    """Return the network to train; a resumed training goes on with the one that it began."""
    state, config = fitting.state, fitting.config
    if not state.distillation:
        there = measured_candidates(preset, config, class_names, weights, fitting.watch)
        found = chosen_student(there, config)
        state.distillation = {
            "student": asdict(found),
            "candidates": [asdict(each) for each in there],
        }
        fitting.watch.observer.stage(f"Training a student of {found.blocks} blocks: {found.told}")
    return Candidate(**state.distillation["student"])


def _lessons(
    fitting: Fitting[DistilledConfig], samples: TrainingSamples, teacher: Teacher
) -> Lessons:
    """Ask the teacher about all images; unlabelled ones join with its answers as their classes."""
    state, config = fitting.state, fitting.config
    labelled, unlabelled = len(samples.train), list(samples.unlabelled)
    asked = [*contents_of(samples.train), *unlabelled]
    images, classes = len(asked) + len(samples.validation), len(teacher.class_names)
    require_room(images, classes, machine_budget(fitting.memory_bytes))
    answers = teacher.answers([*asked, *contents_of(samples.validation)], fitting.watch)
    answers, validated = answers[: len(asked)], answers[len(asked) :]
    labels = labels_of(samples.train)
    decided = target.decide(answers)
    if state.chosen is None:
        state.choose(
            Chosen(
                places=list(range(len(unlabelled))),
                classes=decided[labelled:].tolist(),
                probabilities=answers[labelled:].max(axis=1).tolist(),
            )
        )
    truth = labels_of(samples.validation)
    state.distillation |= {
        "labelled": labelled,
        "unlabelled": len(unlabelled),
        "teacher_accuracy": float((decided[:labelled] == labels).mean()),
        "teacher_val_accuracy": float((target.decide(validated) == truth).mean())
        if len(truth)
        else None,
    }
    shares = np.full(len(asked), config.teacher_share, np.float32)
    shares[labelled:] = 1.0
    return Lessons(np.concatenate([labels, decided[labelled:]]), answers, shares)


def _sources(fitting: Fitting[DistilledConfig], samples: TrainingSamples) -> tuple[Images, Images]:
    """Return what is learned from, each image's place as its class, and the validation split."""
    whole = joined(samples, fitting.state.chosen)
    places = np.arange(len(whole.train))
    whole = replace(whole, train=_numbered(whole.train))
    train, validation = pixel_sources(whole, fitting.config, fitting.watch)
    batches = train.batches(places, _ASKED_AT_ONCE)
    require_different((pixels for pixels, _ in batches), "pixel by pixel")
    return train, validation


def _numbered(train: Sequence[Sample]) -> Sequence[Sample]:
    """Return the samples with their places in place of their classes."""
    if isinstance(train, Samples):
        return Samples(train.contents, np.arange(len(train)))
    return [(content, place) for place, (content, _) in enumerate(train)]
