"""The learning-rate range test: a stage's steps at growing rates, in place of its epochs.

Network, batches, augmentation and loss are those of a training with the same settings. Nothing is
kept but the losses.
"""

from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from classifier.engine.errors import BadData
from classifier.engine.fit.ahead import Ahead
from classifier.engine.fit.blocks import in_order
from classifier.engine.fit.fitting import Config, Fitting, Stage
from classifier.engine.fit.pretrained import ComputedVectors, Pretrained, VectorsOf
from classifier.engine.fit.rate_curve import (
    Floats,
    RateCurve,
    curve_of,
    growing,
    has_diverged,
)
from classifier.engine.fit.recipes import train_network
from classifier.engine.fit.schedules import Schedule
from classifier.engine.fit.training import named_failures
from classifier.engine.observer import Observer
from classifier.engine.presets.config import TrainingConfig
from classifier.engine.presets.registry import PRESETS
from classifier.engine.runtime.batches import Batch
from classifier.engine.samples import TrainingSamples, labels_of
from classifier.engine.subgroups import Weights
from classifier.engine.watch import Watch

# The stages that a setting is the rate of, by their names.
_STAGES = {
    "learning_rate": ("training", "head"),
    "fine_tune_learning_rate": ("fine_tune",),
    "all_learning_rate": ("fine_tune_all",),
}
STEPS = 100
# Steps of 32; a batch of more sees some images again.
MOST_IMAGES = 3200


class _Measured(Exception):
    """The test is over: no stage follows."""


class RateSearch(Fitting[Config]):
    """A fitting that trains up to the stage of one rate, and measures there."""

    def __init__(
        self,
        config: Config,
        watch: Watch,
        rate: str,
        rates: Floats,
        *,
        own_batch_size: int,
        memory_bytes: int | None,
    ) -> None:
        super().__init__(
            config, watch, None, own_batch_size=own_batch_size, memory_bytes=memory_bytes
        )
        self._stages = _STAGES[rate]
        self._rates = rates
        self._losses: list[float] = []
        self._in_each_step = 0

    @property
    def curve(self) -> RateCurve:
        """What was measured."""
        found = curve_of(self._rates, self._losses)
        if not self._in_each_step or not found.suggestions:
            return found
        hint = f" Each step saw all {self._in_each_step} images: with so few it is a hint at best."
        return replace(found, verdict=found.verdict + hint)

    def run(self, stage: Stage) -> None:
        """Train the stage, or measure where its rate is the one that is sought."""
        if stage.name not in self._stages:
            super().run(stage)
            return
        self._in_each_step = stage.images if self._batch_size(stage) == stage.images else 0
        loss = stage.balance.loss(self.config.label_smoothing)
        steps = stage.steps(_schedule(self._rates), loss)
        self.watch.begin(stage.begin)
        with closing(Ahead(self._batches(stage))) as batches:
            for done, (epoch, step, batch, weights) in enumerate(batches, start=1):
                if step == 1:
                    steps.begin_epoch(epoch)
                steps.train(batch[0][None], batch[1][None], epoch, step, weights)
                self._losses.append(steps.totals().loss)
                message = f"At a learning rate of {self._rates[done - 1]:.1e}"
                self.watch.tick(done, len(self._rates), message, unit="steps")
                if has_diverged(self._losses):
                    break
        raise _Measured

    def _batches(self, stage: Stage) -> Iterator[tuple[int, int, Batch, Weights | None]]:
        """Yield (epoch, step, batch, weights (1, n)), as many as the test has steps."""
        size, wanted = self._batch_size(stage), len(self._rates)
        done, epoch = 0, 0
        while done < wanted:
            epoch += 1
            order = stage.balance.order((self.config.seed, epoch))
            order = order[: len(order) // size * size][: (wanted - done) * size]
            weights = in_order(stage.train.weights, order, size)
            for step, batch in enumerate(stage.train.batches(order, size), start=1):
                done += 1
                yield epoch, step, batch, None if weights is None else weights[step - 1 : step]


def _schedule(rates: Floats) -> Schedule:
    """Return the schedule that multiplies the rate after every step."""
    return Schedule(
        kind="step",
        highest=float(rates[0]),
        total_steps=len(rates),
        warm_up_steps=0,
        decay_steps=1,
        factor=float(rates[1] / rates[0]),
    )


@dataclass(frozen=True, kw_only=True)
class SearchJob:
    """What the rate ``rate``, a setting of the preset, is sought for."""

    preset: str
    config: TrainingConfig
    rate: str
    class_names: list[str]
    samples: TrainingSamples


def search_rate(
    job: SearchJob,
    *,
    weights_dir: Path | None,
    backbones_dir: Path,
    observer: Observer,
    vectors: VectorsOf | None = None,
    measured_dir: Path | None = None,
    memory_bytes: int | None = None,
) -> RateCurve:
    """Return the losses of a hundred steps at growing learning rates, and which rate they suggest.

    At most ``MOST_IMAGES`` of the train split are used, drawn by the settings' seed, each class
    among them. The range is what the setting allows. The other parameters are those of
    ``training.train``.

    Raises BadData, WeightsUnavailable, OutOfMemory, DiskFull, Cancelled.
    """
    job.samples.check(job.class_names, job.config.subgroup_column)
    with named_failures():
        chosen = PRESETS[job.preset]
        search = _search_of(job, Watch(observer), memory_bytes)
        pretrained = Pretrained(
            weights_dir=weights_dir,
            backbones_dir=backbones_dir,
            vectors=vectors or ComputedVectors(job.samples.pixels),
            measured_dir=measured_dir,
        )
        samples = _some(job.samples, job.config.seed)
        try:
            train_network(search, samples, len(job.class_names), chosen, pretrained)
        except _Measured:
            return search.curve
    raise BadData(f"{job.preset} has no stage with the rate {job.rate} in these settings.")


def _search_of(job: SearchJob, watch: Watch, memory_bytes: int | None) -> RateSearch:
    """Return the fitting that measures the job's rate over the range that the setting allows."""
    preset = PRESETS[job.preset]
    allowed = preset.settings[job.rate]
    return RateSearch(
        _alone(job.config, job.rate),
        watch,
        job.rate,
        growing(allowed.minimum or 1e-6, allowed.maximum or 1.0, STEPS),
        own_batch_size=int(preset.defaults.batch_size),
        memory_bytes=memory_bytes,
    )


def _alone(config: TrainingConfig, rate: str) -> TrainingConfig:
    """Return settings whose training comes to this rate's stage with no long one before it.

    Before the last blocks or all of them, the last layer is fitted; the images to choose its epoch
    by are left out, so the schedule that watches them is as well.
    """
    changes: dict[str, Any] = {}
    if rate == "all_learning_rate":
        changes["fine_tune_epochs"] = 0
    if rate != "learning_rate" and config.schedule == "plateau":
        changes["schedule"] = "constant"
    return replace(config, **changes)


def _some(samples: TrainingSamples, seed: int) -> TrainingSamples:
    """Return a part of the train split that holds each of its classes, without validation."""
    random = np.random.default_rng([seed, 4])
    mixed = random.permutation(len(samples.train))
    _, first = np.unique(labels_of(samples.train)[mixed], return_index=True)
    rest = np.delete(mixed, first)[: max(0, MOST_IMAGES - len(first))]
    places = np.concatenate([mixed[first], rest])
    chosen = sorted(samples.train[int(place)] for place in places)
    return replace(samples, train=chosen, validation=[])
