"""train(): from images to a registered-to-be model's files."""

from collections.abc import Iterator
from contextlib import contextmanager
from errno import EDQUOT, ENOSPC
from pathlib import Path

from classifier.engine.errors import DiskFull, OutOfMemory
from classifier.engine.fit.epochs import EpochJob, train_epochs
from classifier.engine.fit.pretrained import ComputedVectors, Pretrained, VectorsOf
from classifier.engine.fit.teacher import Teacher
from classifier.engine.observer import Observer
from classifier.engine.outcome import TrainingOutcome
from classifier.engine.presets.classic import ClassicConfig, ClassicPreset
from classifier.engine.presets.config import PresetConfig, TrainingConfig
from classifier.engine.presets.registry import PRESETS
from classifier.engine.samples import TrainingSamples
from classifier.engine.watch import Watch


def train(
    *,
    samples: TrainingSamples,
    config: PresetConfig,
    preset: str,
    class_names: list[str],
    output_dir: Path,
    weights_dir: Path | None,
    backbones_dir: Path,
    observer: Observer,
    checkpoint_dir: Path | None,
    vectors: VectorsOf | None = None,
    measured_dir: Path | None = None,
    teacher: Teacher | None = None,
    time_limit_seconds: float | None = None,
    memory_bytes: int | None = None,
) -> TrainingOutcome:
    """Train a model and write ``model.onnx``, of a network ``model.keras`` too, to ``output_dir``.

    What is written are the weights of the best epoch (``curves.rank``). With ``checkpoint_dir``
    every epoch leaves a checkpoint there, and a training of the same settings, classes and samples
    goes on from the newest valid one; the caller deletes the folder with the result registered.

    After ``time_limit_seconds``, earlier attempts counted, training ends with the best epoch so
    far; reading images and computing features counts, writing the model does not.

    ``memory_bytes`` is what a training may take on a CPU, None: what is free on the machine. It
    bounds the batch size (``batch_size.choose``).

    ``weights_dir``, ``backbones_dir``, ``vectors``, ``measured_dir`` and ``teacher`` are those of
    ``Pretrained``; without ``vectors`` they are computed. TensorFlow is imported where a network
    is trained, not for a head on a frozen one.

    Raises BadData, WeightsUnavailable, OutOfMemory, DiskFull, ExportFailed, Cancelled,
    TimeIsUp and FinishAsked where no epoch had ended yet.
    """
    samples.check(class_names, config.subgroup_column)
    with named_failures():
        watch = Watch(observer)
        chosen = PRESETS[preset]
        pretrained = Pretrained(
            weights_dir=weights_dir,
            backbones_dir=backbones_dir,
            vectors=vectors or ComputedVectors(samples.pixels),
            measured_dir=measured_dir,
            teacher=teacher,
        )
        if isinstance(chosen, ClassicPreset) and isinstance(config, ClassicConfig):
            # scikit-learn's methods and skops are loaded for them alone.
            from classifier.engine.fit.classic.fitting import ClassicJob
            from classifier.engine.fit.classic.training import train_classic

            job = ClassicJob(chosen, config, samples, class_names, pretrained)
            return train_classic(job, watch, output_dir, time_limit_seconds)
        if not isinstance(config, TrainingConfig):
            raise TypeError(f"No recipe trains with {type(config).__name__}.")
        epochs = EpochJob(chosen, config, samples, class_names, pretrained, memory_bytes)
        return train_epochs(epochs, watch, output_dir, checkpoint_dir, time_limit_seconds)


@contextmanager
def named_failures() -> Iterator[None]:
    """Turn failures of the machine into the engine's errors."""
    try:
        yield
    except MemoryError as error:
        raise OutOfMemory from error
    except OSError as error:
        if error.errno in (ENOSPC, EDQUOT):
            raise DiskFull from error
        raise
