"""From images to the files of a model that is trained epoch by epoch."""

import time
from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from classifier.engine.files import facts_of, written_whole
from classifier.engine.fit.batch_size import all_there_are
from classifier.engine.fit.beyond_labels import BeyondLabels
from classifier.engine.fit.checkpoints import Checkpoints
from classifier.engine.fit.fitting import Fitting
from classifier.engine.fit.pretrained import Pretrained
from classifier.engine.fit.recipes import train_network
from classifier.engine.fit.script.program import Run, program_of
from classifier.engine.fit.script.refusal import refusal
from classifier.engine.fit.sources import some_images
from classifier.engine.fit.state import FitState
from classifier.engine.fit.transfer import HEAD
from classifier.engine.formats.facts import SCRIPT_FILE, ModelFacts
from classifier.engine.libraries import library_versions
from classifier.engine.outcome import FileFacts, Reason, Stopped, TrainingOutcome
from classifier.engine.presets.config import TrainingConfig
from classifier.engine.presets.preset import Preset
from classifier.engine.samples import TrainingSamples
from classifier.engine.watch import Watch

_OF_A_HEAD = "A last layer on vectors takes little memory, whatever the size."


@dataclass(frozen=True)
class EpochJob:
    """What is to be trained, on which images."""

    preset: Preset
    config: TrainingConfig
    samples: TrainingSamples
    class_names: list[str]
    pretrained: Pretrained
    memory_bytes: int | None = None

    @property
    def own_batch_size(self) -> int:
        """The preset's batch size, which suits its learning rate."""
        return int(self.preset.defaults.batch_size)


def train_epochs(
    job: EpochJob,
    watch: Watch,
    output_dir: Path,
    checkpoint_dir: Path | None,
    time_limit_seconds: float | None,
) -> TrainingOutcome:
    """Train and write ``model.onnx``, of a network ``model.keras`` too, to ``output_dir``.

    Goes on from the newest valid checkpoint. Raises as ``training.train``.
    """
    started, config, samples = time.monotonic(), job.config, job.samples
    watch.begin("Looking for a checkpoint")
    checkpoints = Checkpoints(checkpoint_dir, _identity(job)) if checkpoint_dir else None
    fitting = Fitting(
        config,
        watch,
        checkpoints,
        time_limit_seconds,
        own_batch_size=job.own_batch_size,
        memory_bytes=job.memory_bytes,
    )
    trained = train_network(fitting, samples, len(job.class_names), job.preset, job.pretrained)
    watch.begin("Writing the model")
    facts = ModelFacts(
        class_names=tuple(job.class_names),
        image_size=config.pixels_side,
        fit=config.fit,
        preset=job.preset.name,
    )
    written = trained.write(facts, output_dir, some_images(samples, config))
    beyond = BeyondLabels(fitting.state, config, samples, tuple(job.class_names))
    files = {**written.files, **beyond.write(output_dir), **_script(job, fitting, output_dir)}
    return TrainingOutcome(
        best_epoch=fitting.state.best_epoch,
        metrics={
            **_metrics(fitting, time.monotonic() - started),
            "parameters": written.parameters,
            **beyond.told(),
        },
        files=files,
        libraries=library_versions(),
        parity=written.parity,
    )


def _script(job: EpochJob, fitting: Fitting, folder: Path) -> dict[str, FileFacts]:
    """Write the training as a plain Keras program, where there can be one."""
    if refusal(job.preset, job.config):
        return {}
    state = fitting.state
    text = program_of(
        Run(
            preset=job.preset,
            config=replace(job.config, batch_size=fitting.batch_size),
            class_names=tuple(job.class_names),
            precision=state.precision or "float32",
            last_epoch=state.epoch if state.is_over else None,
            weights_sha256=state.weights_sha256,
            head_batch_size=state.batch_sizes.get(HEAD, 0),
        )
    )
    with written_whole(folder / SCRIPT_FILE) as part:
        part.write_text(text)
    return {SCRIPT_FILE: facts_of(folder / SCRIPT_FILE)}


def _identity(job: EpochJob) -> dict[str, Any]:
    return {
        "preset": job.preset.name,
        "config": job.config.to_dict(),
        "class_names": job.class_names,
        "train": job.samples.train,
        "validation": job.samples.validation,
        "unlabelled": job.samples.unlabelled,
        **({"weights": digest} if (digest := job.samples.weights_digest) else {}),
    }


def _metrics(fitting: Fitting, seconds: float) -> dict[str, Any]:
    state, config = fitting.state, fitting.config
    best = state.best_metrics
    # A second fit that nothing joined was not begun.
    begun = state.chosen is not None and state.chosen.places
    without = config.epochs if config.self_training and not begun else 0
    stopped = Stopped(
        reason=_reason(state),
        stage=state.cut_short,
        epoch=state.epoch,
        planned_epochs=config.planned_epochs - without,
        patience=config.early_stopping_patience,
    )
    if state.diverged:
        stopped["detail"] = state.diverged
    return {
        "loss": best.loss,
        "accuracy": best.accuracy,
        "val_loss": best.val_loss,
        "val_accuracy": best.val_accuracy,
        "first_loss": state.history[0].loss,
        "last_loss": state.history[-1].loss,
        "epochs": state.epoch,
        "stopped": stopped,
        "seconds": seconds,
        "memory_bytes": _most(each.memory_bytes for each in state.history),
        "gpu_memory_bytes": _most(each.gpu_memory_bytes for each in state.history),
        "precision": state.precision or "float32",
        "batch_size": {
            "images": state.batch_sizes.get(state.stage, fitting.batch_size),
            "asked": config.batch_size,
            "why": state.batch_why or _of_a_head(fitting),
            "stages": state.batch_sizes,
        },
    }


def _of_a_head(fitting: Fitting) -> str:
    asked, state = fitting.config.batch_size, fitting.state
    if isinstance(asked, int) and state.batch_sizes.get(state.stage, asked) < asked:
        return all_there_are(asked)
    return _OF_A_HEAD


def _most(sizes: Iterable[int | None]) -> int | None:
    return max((size for size in sizes if size is not None), default=None)


def _reason(state: FitState) -> Reason:
    if state.time_is_up:
        return "time_limit"
    if state.diverged:
        return "diverged"
    if state.finish_asked:
        return "finished"
    return "early_stopping" if state.cut_short else "completed"
