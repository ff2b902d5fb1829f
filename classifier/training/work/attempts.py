"""The fits of one run: the first, and those without images that turned out to be broken."""

import time
from dataclasses import dataclass, field
from pathlib import Path

from django.conf import settings

from classifier.engine.fit.pretrained import VectorsOf
from classifier.engine.fit.teacher import Teacher
from classifier.engine.outcome import TrainingOutcome
from classifier.engine.presets.config import PresetConfig
from classifier.engine.samples import TrainingSamples
from classifier.models import TrainingRun
from classifier.training.services.watched_images import keep_watched
from classifier.training.work.checkpoints_elsewhere import kept_for_other_machines
from classifier.training.work.draw_samples import draw_samples
from classifier.training.work.observer import RunObserver
from jobs.handlers import JobContext
from storage import scratch


@dataclass(frozen=True)
class Attempts:
    """Fits a run's preset with its settings, in what its time limit leaves of its time."""

    context: JobContext
    run: TrainingRun
    config: PresetConfig
    observer: RunObserver
    vectors: VectorsOf | None
    checkpoint_dir: Path
    teacher: Teacher | None = None
    began: float = field(default_factory=time.monotonic)

    def fit(self, samples: TrainingSamples) -> TrainingOutcome:
        """Fit on these samples, in what is left of the run's time."""
        from classifier.engine.fit.training import train as fit

        run, context = self.run, self.context
        with context.guard():
            keep_watched(run, samples.validation, self.config.random_seed)
        self.observer.stage("Drawing a few training images")
        draw_samples(context, run, samples, self.config)
        limit = run.time_limit_seconds
        with kept_for_other_machines(context, self.checkpoint_dir):
            return fit(
                samples=samples,
                config=self.config,
                preset=run.preset,
                class_names=run.dataset_version.class_names,
                output_dir=context.output_dir,
                weights_dir=settings.WEIGHTS_DIR,
                backbones_dir=scratch.backbones_dir(),
                observer=self.observer,
                checkpoint_dir=self.checkpoint_dir,
                vectors=self.vectors,
                measured_dir=scratch.measured_dir(),
                teacher=self.teacher,
                time_limit_seconds=limit and max(1.0, limit - (time.monotonic() - self.began)),
                memory_bytes=settings.TRAINING_MEMORY_BYTES,
            )
