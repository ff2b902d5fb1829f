"""From images to a classic model's files."""

import tempfile
import time
from pathlib import Path
from typing import Any

from classifier.engine.errors import TimeIsUp
from classifier.engine.fit.classic.fitting import ClassicJob, FittedClassic, fit_classic
from classifier.engine.fit.sources import some_images
from classifier.engine.formats.facts import ModelFacts
from classifier.engine.libraries import library_versions
from classifier.engine.outcome import Stopped, TrainingOutcome
from classifier.engine.watch import Watch


def train_classic(
    job: ClassicJob, watch: Watch, output_dir: Path, time_limit_seconds: float | None
) -> TrainingOutcome:
    """Train and write ``model.onnx``, ``model.skops`` and the script to ``output_dir``.

    There are no epochs and no checkpoints: an interrupted training begins at its start. Raises as
    ``training.train``.
    """
    started = time.monotonic()
    output_dir.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=output_dir, prefix="numbers-") as folder:
        if time_limit_seconds is not None:
            watch.limit_time(started + time_limit_seconds, time_limit_seconds)
        try:
            fitted = fit_classic(job, watch, Path(folder))
        except TimeIsUp as error:
            raise TimeIsUp(time_limit_seconds or 0, "the method was fitted") from error
        finally:
            watch.end_time_limit()
        watch.begin("Writing the model")
        facts = ModelFacts(
            class_names=tuple(job.class_names),
            image_size=job.config.pixels_side,
            fit=job.config.fit,
            preset=job.preset.name,
        )
        images = some_images(job.samples, job.config)
        written = fitted.trained.write(facts, output_dir, images)
    return TrainingOutcome(
        best_epoch=0,
        metrics={
            **_metrics(fitted),
            "seconds": time.monotonic() - started,
            "parameters": written.parameters,
        },
        files=written.files,
        libraries=library_versions(),
        parity=written.parity,
    )


def _metrics(fitted: FittedClassic) -> dict[str, Any]:
    grown = fitted.grown
    stopped = Stopped(
        reason="time_limit" if grown.time_is_up else "completed",
        stage=grown.word,
        epoch=grown.done,
        planned_epochs=grown.planned,
        patience=0,
    )
    return {**fitted.figures, "epochs": 0, "stopped": stopped}
