"""Fitting: epochs of one stage, the best one kept, a checkpoint after each.

Order, augmentation and dropout of a step are functions of (seed, epoch, step), so a resumed
training needs no random state and repeats what an uninterrupted one does.
"""

import math
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from typing import Generic, TypeVar

from classifier.engine.curves import EpochMetrics
from classifier.engine.errors import BadData, Diverged, FinishAsked, TimeIsUp
from classifier.engine.fit.ahead import Ahead
from classifier.engine.fit.balance import Balance
from classifier.engine.fit.blocks import blocks, calls, in_order
from classifier.engine.fit.checkpoints import Array, Checkpoints
from classifier.engine.fit.memory import PeakMemory, gpu_bytes
from classifier.engine.fit.schedules import Schedule
from classifier.engine.fit.state import FitState
from classifier.engine.fit.steps import Steps, Totals
from classifier.engine.fit.validating import validated
from classifier.engine.presets.config import TrainingConfig
from classifier.engine.runtime.batches import Source
from classifier.engine.target import Loss
from classifier.engine.validation import ValidationAnswers
from classifier.engine.watch import Watch

Config = TypeVar("Config", bound=TrainingConfig)

_NO_PLATEAU = (
    "The schedule plateau watches the validation loss, and the version has no validation images.",
    "Choose another schedule, or freeze a version with a validation split.",
)


def _require_finite(metrics: EpochMetrics, highest: float) -> None:
    losses = [loss for loss in (metrics.loss, metrics.val_loss) if loss is not None]
    if not all(math.isfinite(loss) for loss in losses):
        raise Diverged(metrics.epoch, metrics.learning_rate, highest)


@dataclass(frozen=True, kw_only=True)
class Stage:
    """A part of a training: what is trained, on what, for how long.

    ``checkpoint_seconds`` is the least time between checkpoints: where an epoch takes milliseconds,
    writing would take longer.
    """

    name: str
    steps: Callable[[Schedule, Loss], Steps]
    balance: Balance
    train: Source
    validation: Source
    epochs: int
    learning_rate: float
    checkpoint_seconds: float = 0.0
    begin: str = "Compiling the network for the first step"

    @property
    def images(self) -> int:
        """How many images an epoch shows, synthetic ones among them."""
        return self.balance.shown


class Fitting(Generic[Config]):
    """One training: its settings, its state, its checkpoints, its observer.

    ``own_batch_size`` is the preset's; ``memory_bytes`` is what the operator gives a training
    (None: what is free).
    """

    def __init__(
        self,
        config: Config,
        watch: Watch,
        checkpoints: Checkpoints | None,
        time_limit_seconds: float | None = None,
        *,
        own_batch_size: int = 32,
        memory_bytes: int | None = None,
    ) -> None:
        self._time_limit = time_limit_seconds
        self.own_batch_size = own_batch_size
        self.memory_bytes = memory_bytes
        self.config = config
        self.watch = watch
        self.checkpoints = checkpoints
        self.state = FitState()
        self._arrays: dict[str, Array] = {}
        self._memory = PeakMemory()
        found = checkpoints.latest() if checkpoints else None
        if found is not None:
            values, self._arrays = found
            self.state = FitState.from_json(values, _unpack(self._arrays, "best"))
        # As if it had begun when an uninterrupted one would have.
        self._saved = time.monotonic()
        self._started = self._saved - self.state.spent

    @contextmanager
    def within_time(self) -> Iterator[None]:
        """Let the block take what is left of the time limit; its end keeps the best epoch so far.

        So do a person's wish to finish, and a loss that is no longer a number. Raises TimeIsUp,
        FinishAsked or Diverged where there is none yet.
        """
        if self._time_limit is not None:
            self.watch.limit_time(self._started + self._time_limit, self._time_limit)
        self.watch.let_finish(True)
        try:
            yield
        except (TimeIsUp, FinishAsked, Diverged) as end:
            if not self.state.best_epoch:
                raise
            self.state.time_is_up = isinstance(end, TimeIsUp)
            self.state.finish_asked = isinstance(end, FinishAsked)
            if isinstance(end, Diverged):
                self.state.diverged = end.detail
                self.watch.observer.stage(str(end))
            self.state.cut_short = self.state.stage
        finally:
            self.watch.end_time_limit()
            self.watch.let_finish(False)

    def run(self, stage: Stage) -> None:
        """Train a stage to its end, from its checkpoint if there is one.

        The network ends with the weights of the last epoch; ``state.best`` has the best ones.
        Raises Cancelled, FinishAsked, and Diverged when the loss is no longer a number.
        """
        if self.config.schedule == "plateau" and not len(stage.validation):
            raise BadData(*_NO_PLATEAU)
        steps = stage.steps(self._schedule(stage), stage.balance.loss(self.config.label_smoothing))
        if self._arrays and self.state.stage == stage.name:
            steps.restore(_unpack(self._arrays, "network"), _unpack(self._arrays, "optimizer"))
        self._arrays = {}
        self.state.enter(stage.name)
        self.state.batch_sizes[stage.name] = self._batch_size(stage)
        self.watch.begin(stage.begin)
        while self.state.stage_epochs < stage.epochs:
            if self._patience_is_over():
                self.state.cut_short = stage.name
                break
            metrics, answers = self._epoch(stage, steps)
            _require_finite(metrics, stage.learning_rate)
            self.state.take(metrics, steps.weights())
            if self._is_on_a_plateau():
                steps.slow_down(self.config.decay_factor)
            self.state.spent = time.monotonic() - self._started
            self.watch.observer.epoch(metrics, answers)
            self._save(stage, steps)
            if self.watch.observer.asked_to_finish():
                raise FinishAsked

    def _patience_is_over(self) -> bool:
        patience = self.config.early_stopping_patience
        return 0 < patience <= self.state.waited

    def _is_on_a_plateau(self) -> bool:
        """Whether the rate is to fall (Keras's ReduceLROnPlateau, without a minimum)."""
        if self.config.schedule != "plateau":
            return False
        waited = self.state.waited
        return waited > 0 and not (waited % self.config.decay_epochs)

    def _batch_size(self, stage: Stage) -> int:
        return min(self.batch_size, stage.images)

    @property
    def batch_size(self) -> int:
        """How many images a step takes, as far as that is decided: a head may take any number."""
        asked = self.config.batch_size
        return self.state.batch_size or (asked if isinstance(asked, int) else self.own_batch_size)

    def _schedule(self, stage: Stage) -> Schedule:
        epoch_steps = stage.images // self._batch_size(stage)
        return Schedule.of(self.config, stage.learning_rate, stage.epochs, epoch_steps)

    def _epoch(self, stage: Stage, steps: Steps) -> tuple[EpochMetrics, ValidationAnswers | None]:
        epoch, started = self.state.epoch + 1, time.monotonic()
        trained = self._train_epoch(stage, steps, epoch)
        training_seconds = time.monotonic() - started
        self._memory.look()
        measured, answers = validated(
            steps, stage.validation, stage.balance.classes, self.config.seed, self.watch
        )
        metrics = EpochMetrics(
            epoch=epoch,
            loss=trained.loss,
            accuracy=trained.accuracy,
            val_loss=measured.loss if measured else None,
            val_accuracy=measured.accuracy if measured else None,
            learning_rate=steps.learning_rate,
            seconds=time.monotonic() - started,
            images_per_second=trained.count / training_seconds,
            memory_bytes=self._memory.take(),
            gpu_memory_bytes=gpu_bytes(),
        )
        return metrics, answers

    def _train_epoch(self, stage: Stage, steps: Steps, epoch: int) -> Totals:
        size = self._batch_size(stage)
        order = stage.balance.order((self.config.seed, epoch))
        # A short last batch would give batch normalisation poor statistics; another order
        # leaves out other images in the next epoch.
        order = order[: len(order) // size * size]
        before, total = self.state.stage_epochs * len(order), stage.epochs * len(order)
        last = epoch - self.state.stage_epochs - 1 + stage.epochs
        message = f"Epoch {epoch} of {last}"
        steps.begin_epoch(epoch)
        done = 0
        weights = in_order(stage.train.weights, order, size)
        with closing(Ahead(blocks(stage.train, order, size))) as found:
            for inputs, labels in calls(found):
                count = None if weights is None else weights[done : done + len(labels)]
                steps.train(inputs, labels, epoch, done + 1, count)
                done += len(labels)
                self.watch.tick(before + done * size, total, message)
        return steps.totals()

    def _save(self, stage: Stage, steps: Steps) -> None:
        if self.checkpoints is None or time.monotonic() - self._saved < stage.checkpoint_seconds:
            return
        self._saved = time.monotonic()
        arrays = {
            **_pack("network", steps.weights()),
            **_pack("optimizer", steps.optimizer_state()),
            **_pack("best", self.state.best),
        }
        self.checkpoints.save(self.state.epoch, self.state.to_json(), arrays)


def _pack(prefix: str, arrays: list[Array]) -> dict[str, Array]:
    return {f"{prefix}-{index:05d}": array for index, array in enumerate(arrays)}


def _unpack(arrays: dict[str, Array], prefix: str) -> list[Array]:
    return [arrays[name] for name in sorted(arrays) if name.startswith(f"{prefix}-")]
