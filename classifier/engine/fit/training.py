"""train(): from images to a registered-to-be model's files."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from errno import ENOSPC
from pathlib import Path
from typing import Any

import numpy as np

from classifier.engine.errors import DiskFull, OutOfMemory
from classifier.engine.fit.balance import Balance
from classifier.engine.fit.checkpoints import Checkpoints
from classifier.engine.fit.fitting import FitState, Fitting
from classifier.engine.fit.pretrained import ComputedVectors, Pretrained, VectorsOf
from classifier.engine.fit.recipes import train_network
from classifier.engine.fit.sources import some_images
from classifier.engine.formats.facts import ModelFacts
from classifier.engine.libraries import library_versions
from classifier.engine.observer import Observer
from classifier.engine.outcome import Reason, Stopped, TrainingOutcome
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
    time_limit_seconds: float | None = None,
) -> TrainingOutcome:
    """Train a model and write ``model.onnx``, of a network ``model.keras`` too, to ``output_dir``.

    What is written are the weights of the best epoch (``curves.rank``). With ``checkpoint_dir``
    every epoch leaves a checkpoint there, and a training of the same settings, classes and samples
    goes on from the newest valid one; the caller deletes the folder with the result registered.

    After ``time_limit_seconds``, earlier attempts counted, training ends with the best epoch so
    far; reading images and computing features counts, writing the model does not.

    ``weights_dir``, ``backbones_dir``, ``vectors`` and ``measured_dir`` are those of
    ``Pretrained``; without ``vectors`` they are computed. TensorFlow is imported where a network
    is trained, not for a head on a frozen one.

    Raises BadData, WeightsUnavailable, OutOfMemory, DiskFull, ExportFailed, Cancelled,
    TimeIsUp and FinishAsked where no epoch had ended yet.
    """
    samples.check(class_names)
    started = time.monotonic()
    with _named_failures():
        watch = Watch(observer)
        chosen = PRESETS[preset]
        pretrained = Pretrained(
            weights_dir=weights_dir,
            backbones_dir=backbones_dir,
            vectors=vectors or ComputedVectors(samples.pixels),
            measured_dir=measured_dir,
        )
        if isinstance(chosen, ClassicPreset) and isinstance(config, ClassicConfig):
            # scikit-learn's methods and skops are loaded for them alone.
            from classifier.engine.fit.classic.fitting import ClassicJob
            from classifier.engine.fit.classic.training import train_classic

            job = ClassicJob(chosen, config, samples, class_names, pretrained)
            return train_classic(job, watch, output_dir, time_limit_seconds)
        if not isinstance(config, TrainingConfig):
            raise TypeError(f"No recipe trains with {type(config).__name__}.")
        watch.begin("Looking for a checkpoint")
        identity = _identity(samples, config, preset, class_names)
        checkpoints = Checkpoints(checkpoint_dir, identity) if checkpoint_dir else None
        fitting = Fitting(config, watch, checkpoints, time_limit_seconds)
        trained = train_network(fitting, samples, len(class_names), chosen, pretrained)
        watch.begin("Writing the model")
        facts = ModelFacts(
            class_names=tuple(class_names), image_size=config.pixels_side, preset=preset
        )
        written = trained.write(facts, output_dir, some_images(samples, config.pixels_side))
    seconds = time.monotonic() - started
    return TrainingOutcome(
        best_epoch=fitting.state.best_epoch,
        metrics={
            **_metrics(fitting, seconds),
            "parameters": written.parameters,
            "synthetic": _synthetic(samples, config, class_names),
        },
        files=written.files,
        libraries=library_versions(),
        parity=written.parity,
    )


def _identity(
    samples: TrainingSamples, config: PresetConfig, preset: str, class_names: list[str]
) -> dict[str, Any]:
    return {
        "preset": preset,
        "config": config.to_dict(),
        "class_names": class_names,
        "train": list(samples.train),
        "validation": list(samples.validation),
    }


def _synthetic(
    samples: TrainingSamples, config: TrainingConfig, class_names: list[str]
) -> dict[str, int]:
    labels = np.array([index for _, index in samples.train], np.int64)
    missing = Balance(config, labels, len(class_names)).missing
    return {class_names[index]: int(missing[index]) for index in np.flatnonzero(missing)}


def _metrics(fitting: Fitting, seconds: float) -> dict[str, Any]:
    state, config = fitting.state, fitting.config
    best = state.best_metrics
    stopped = Stopped(
        reason=_reason(state),
        stage=state.cut_short,
        epoch=state.epoch,
        planned_epochs=config.planned_epochs,
        patience=config.early_stopping_patience,
    )
    return {
        "loss": best.loss,
        "accuracy": best.accuracy,
        "val_loss": best.val_loss,
        "val_accuracy": best.val_accuracy,
        "epochs": state.epoch,
        "stopped": stopped,
        "seconds": seconds,
        "precision": state.precision or "float32",
    }


def _reason(state: FitState) -> Reason:
    if state.time_is_up:
        return "time_limit"
    if state.finish_asked:
        return "finished"
    return "early_stopping" if state.cut_short else "completed"


@contextmanager
def _named_failures() -> Iterator[None]:
    """Turn failures of the machine into the engine's errors."""
    try:
        yield
    except MemoryError as error:
        raise OutOfMemory from error
    except OSError as error:
        if error.errno == ENOSPC:
            raise DiskFull from error
        raise
