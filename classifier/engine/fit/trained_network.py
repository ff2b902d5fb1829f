"""A trained Keras network, ready to be written. For trainers alone."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import keras
import tensorflow as tf

from classifier.engine import target
from classifier.engine.errors import OutOfMemory
from classifier.engine.fit.fitting import Fitting
from classifier.engine.fit.trained import Written
from classifier.engine.formats.export import write_model_files
from classifier.engine.formats.facts import ModelFacts
from classifier.engine.presets.config import TrainingConfig
from classifier.engine.samples import Pixels


class TrainedNetwork:
    """A Keras network of logits."""

    def __init__(self, network: keras.Model) -> None:
        self._model = target.with_answers(network)

    def write(self, facts: ModelFacts, folder: Path, images: Sequence[Pixels]) -> Written:
        """Write ``model.keras`` and ``model.onnx``: see ``trained.Trained``."""
        files, parity = write_model_files(self._model, facts, folder, images)
        return Written(files, parity, self._model.count_params())


@contextmanager
def training_of_network(fitting: Fitting[Any]) -> Iterator[None]:
    """Seed Keras for the block; a full accelerator is told by its name (``OutOfMemory``)."""
    config = fitting.config
    seed_keras(config)
    try:
        yield
    except tf.errors.ResourceExhaustedError as error:
        is_auto = config.batch_size == "auto"
        raise OutOfMemory(*_full(fitting.batch_size, is_auto=is_auto)) from error


def seed_keras(config: TrainingConfig) -> None:
    """Let all that Keras draws follow from the settings' seed."""
    keras.utils.set_random_seed(config.seed)
    if config.deterministic:
        tf.config.experimental.enable_op_determinism()


def _full(images: int, *, is_auto: bool) -> tuple[str, str]:
    if is_auto:
        detail = "The steps that auto chose from an estimate need more memory than this worker has."
        return detail, "Set a smaller batch_size, or a smaller image size."
    return (
        f"Steps of {images:,} images need more memory than this worker has.",
        f"batch_size {max(1, images // 2)} needs half of it; auto takes what fits.",
    )
