"""How the engine's long work tells the job what it does, and hears that it should stop."""

import time
from typing import Any, cast

from django.db.models import Model

from classifier.engine.curves import EpochMetrics as EngineEpoch
from classifier.engine.observer import Finish
from classifier.engine.validation import ValidationAnswers
from classifier.models import EpochAnswers, EpochMetrics, TrainingRun
from classifier.models.epoch_answers import NO_EPOCH
from jobs.handlers import JobContext

# Seconds between two looks at what a person asked for.
_LOOK_EVERY = 1.0


class JobObserver:
    """Passes an engine's progress on to the job; a `classifier.engine.observer.Observer`."""

    def __init__(self, context: JobContext) -> None:
        self._context = context

    def epoch(self, metrics: EngineEpoch, answers: ValidationAnswers | None) -> None:
        """Take a finished epoch, of which nothing is kept."""

    def fitted(self, answers: ValidationAnswers) -> None:
        """Take what a method answers, of which nothing is kept."""

    def stage(self, message: str) -> None:
        """Tell which step begins: at once in the live page, and in the log."""
        self._context.progress(0, None, "", message)
        self._context.log(message)

    def progress(
        self,
        done: int,
        total: int,
        unit: str,
        message: str,
        rate: float | None,
        eta_seconds: float | None,
    ) -> None:
        """Pass progress on; the context writes it at its own pace."""
        self._context.progress(done, total, unit, message, rate=rate, eta_seconds=eta_seconds)

    def should_stop(self) -> bool:
        """Return whether a person cancelled, the worker shuts down, or the lease is lost."""
        return self._context.should_stop()

    def asked_to_finish(self) -> Finish:
        """Return that nothing ends early and well."""
        return ""


class RunObserver(JobObserver):
    """Writes a run's curves and progress."""

    def __init__(self, context: JobContext, run: TrainingRun) -> None:
        super().__init__(context)
        self._run = run
        self._looked = 0.0
        self._finish: Finish = ""

    def epoch(self, metrics: EngineEpoch, answers: ValidationAnswers | None) -> None:
        """Store one finished epoch and tell the live page; raises `FenceLost`."""
        values: dict[str, Any] = metrics.to_dict()
        with self._context.guard():
            _store(EpochMetrics(run=self._run, **values))
            if answers is not None:
                _store(EpochAnswers(run=self._run, epoch=metrics.epoch, **answers.pack()))
        self._context.event("epoch", values)
        self._context.log(_sentence(metrics))

    def fitted(self, answers: ValidationAnswers) -> None:
        """Store what a method without epochs answers; raises `FenceLost`."""
        with self._context.guard():
            _store(EpochAnswers(run=self._run, epoch=NO_EPOCH, **answers.pack()))

    def asked_to_finish(self) -> Finish:
        """Return what a person asked for, as of a second ago at most."""
        now = time.monotonic()
        if not self._finish and now - self._looked >= _LOOK_EVERY:
            self._looked = now
            found = TrainingRun.objects.values_list("finish", flat=True).get(pk=self._run.pk)
            self._finish = cast(Finish, found)
        return self._finish


def _store(row: Model) -> None:
    """Write a row in one statement, over an earlier attempt's of the same number."""
    names = {field.name for field in row._meta.concrete_fields} - {"id", "run", "epoch"}
    type(row)._default_manager.bulk_create(
        [row], update_conflicts=True, unique_fields=["run", "epoch"], update_fields=sorted(names)
    )


def _sentence(metrics: EngineEpoch) -> str:
    text = f"Epoch {metrics.epoch}: loss {metrics.loss:.4f}, accuracy {metrics.accuracy:.4f}"
    if metrics.val_loss is not None and metrics.val_accuracy is not None:
        text += f", val_loss {metrics.val_loss:.4f}, val_accuracy {metrics.val_accuracy:.4f}"
    return f"{text}, {metrics.images_per_second:.0f} images/s, {metrics.seconds:.1f} s"
