"""Fit one candidate within the experiment's job, on numbers: nothing is kept but its figures."""

import time
from pathlib import Path
from typing import Any

import numpy as np
from django.conf import settings

from classifier.engine.errors import Cancelled, EngineError, TimeIsUp
from classifier.engine.fit.pretrained import Pretrained
from classifier.engine.measure.bits import text_of
from classifier.engine.presets.classic import BACKBONE, ClassicConfig
from classifier.engine.presets.config import PresetConfig
from classifier.engine.presets.preset import Preset
from classifier.engine.presets.transfer import TransferConfig, TransferPreset
from classifier.engine.samples import Sample, TrainingSamples, pixels_of
from classifier.engine.target import decide
from classifier.experiments.work.budget import BoundedObserver, WouldTakeLonger
from classifier.experiments.work.left_out import LeftOutOfFits
from classifier.experiments.work.quiet import QuietObserver
from classifier.models import Experiment
from classifier.training.selectors.subgroups import subgroups_of
from classifier.training.work.kept_vectors import KeptVectors
from datasets.decoding.pixels.store import PixelStore
from datasets.models import Split
from datasets.selectors.versions import samples_of
from jobs.handlers import JobContext
from storage import scratch

_LEAST_PROBABILITY = 1e-7
_TIMED = 4


class CandidateFits:
    """Fits of one experiment: the same images to learn from, the same to choose by."""

    def __init__(self, context: JobContext, experiment: Experiment, pixels: PixelStore) -> None:
        version = experiment.dataset_version
        self.context = context
        self.experiment = experiment
        self.pixels = pixels
        self.train: list[Sample] = samples_of(version, Split.TRAIN)
        self.validation: list[Sample] = samples_of(version, Split.VALIDATION)
        self.labels = np.array([index for _, index in self.validation], np.int64)
        whole = TrainingSamples(train=self.train, validation=self.validation, pixels=pixels)
        self.left_out = LeftOutOfFits(context, experiment, whole)
        self._speeds: dict[tuple[object, ...], float] = {}

    def fit(
        self, preset: Preset, config: PresetConfig, member: str, seconds: float | None
    ) -> dict[str, Any]:
        """Return the figures of a fit, or `{"skipped": why}`; `seconds` bounds it (None: nothing).

        Figures: `val_accuracy`, `val_loss` (nats), `right` (`bits`), `seconds` and
        `milliseconds_per_image`. Raises `Cancelled`.
        """
        from classifier.engine.watch import Watch

        started = time.monotonic()
        watch = Watch(QuietObserver(self.context, member))
        if seconds is not None:
            until = started + seconds
            watch = Watch(BoundedObserver(self.context, member, until))
            watch.limit_time(until, round(seconds))
        try:
            answers = self.left_out.going_on(lambda: self._answers(preset, config, watch))
        except Cancelled:
            raise
        except WouldTakeLonger as error:
            return _skipped(error.sentence, started, out_of_time=True)
        except TimeIsUp:
            reason = "The time was up before there was anything to keep."
            return _skipped(reason, started, out_of_time=True)
        except EngineError as error:
            return _skipped(error.detail, started)
        # An image whose file is broken has no answer, which is neither right nor wrong.
        answered = ~np.isnan(answers).any(axis=1)
        right = (decide(answers) == self.labels) & answered
        told = answers[np.arange(len(answers)), self.labels][answered]
        return {
            "val_accuracy": float(right[answered].mean()),
            "val_loss": float(-np.log(np.maximum(told, _LEAST_PROBABILITY)).mean()),
            "right": text_of(right),
            "seconds": time.monotonic() - started,
            "milliseconds_per_image": self._milliseconds(preset, config),
        }

    def _answers(self, preset: Preset, config: PresetConfig, watch: Any) -> Any:
        from classifier.engine.fit.folds import FoldFitter, VectorsOnce

        of = self.left_out.of
        vectors = VectorsOnce(
            KeptVectors(self.context, self.experiment.organization_id),
            of([*self.train, *self.validation]),
        )
        names = self.experiment.dataset_version.class_names
        fitter = FoldFitter(preset, config, names, self._pretrained(vectors))
        samples = TrainingSamples(
            train=of(self.train),
            validation=of(self.validation),
            pixels=self.pixels,
            subgroups=subgroups_of(self.experiment.dataset_version, config),
        )
        answers = fitter.answers(samples, samples.validation, watch, Path(self.context.output_dir))
        return self.left_out.spread(answers, self.validation)

    def _pretrained(self, vectors: Any) -> Pretrained:
        return Pretrained(
            weights_dir=settings.WEIGHTS_DIR,
            backbones_dir=scratch.backbones_dir(),
            vectors=vectors,
        )

    def _milliseconds(self, preset: Preset, config: PresetConfig) -> float | None:
        """Return the milliseconds of a core that the backbone takes for an image; None without."""
        if isinstance(preset, TransferPreset) and isinstance(config, TransferConfig):
            network, size, fit = preset.backbone, config.image_size, config.fit
        elif isinstance(config, ClassicConfig) and config.input == "vectors":
            network, size, fit = BACKBONE, BACKBONE.image_size, config.fit
        else:
            return None
        key = (network.name, size, fit)
        if key not in self._speeds:
            self._speeds[key] = self._timed(network, size, fit)
        return self._speeds[key]

    def _timed(self, network: Any, size: int, fit: Any) -> float:
        from classifier.engine.backbones.opened import open_backbone
        from classifier.engine.runtime.predictor import Predictor
        from classifier.engine.runtime.speed import milliseconds

        opened = open_backbone(
            network,
            weights_dir=settings.WEIGHTS_DIR,
            folder=scratch.backbones_dir(),
            image_size=size,
            fit=fit,
        )
        predictor = Predictor.load(opened.onnx, threads=1)
        contents: list[str] = []
        some = [content for content, _ in self.left_out.of(self.train)]
        while some and len(contents) < _TIMED:
            contents += self.pixels.some_readable(some[:_TIMED], [(size, fit)])
            some = some[_TIMED:]
        contents = contents[:_TIMED]
        images = pixels_of(self.pixels, contents, size, fit)
        return milliseconds([predictor], [images], turns=3)[0]


def _skipped(reason: str, started: float, *, out_of_time: bool = False) -> dict[str, Any]:
    return {
        "skipped": reason,
        "out_of_time": out_of_time,
        "seconds": time.monotonic() - started,
    }
