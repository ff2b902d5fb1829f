"""One trial of a search on numbers that were computed once: its figures, and no model."""

import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from classifier.engine.backbones.opened import OpenBackbone
from classifier.engine.fit.fitting import Fitting
from classifier.engine.fit.folds import VectorsOnce
from classifier.engine.fit.pretrained import Pretrained, Vectors, VectorsOf
from classifier.engine.fit.training import named_failures
from classifier.engine.fit.transfer import fit_head, opened_backbone
from classifier.engine.measure.search import TrialFigures
from classifier.engine.presets.classic import ClassicConfig, ClassicPreset
from classifier.engine.presets.config import PresetConfig
from classifier.engine.presets.preset import Preset
from classifier.engine.presets.transfer import TransferConfig, TransferPreset
from classifier.engine.samples import Sample, TrainingSamples
from classifier.engine.watch import Watch

# Vectors of all images at two sizes are in memory at once, not of every size that is tried.
_MOST_KEPT = 2


class VectorsByBackbone:
    """Vectors of ``samples`` by backbone, size and fit: a ``VectorsOf``; the last two are kept."""

    def __init__(self, inner: VectorsOf, samples: Sequence[Sample]) -> None:
        self._inner = inner
        self._samples = samples
        self._once: dict[tuple[str, str], VectorsOnce] = {}

    def __call__(
        self, backbone: OpenBackbone, samples: Sequence[Sample], twins: bool, watch: Watch
    ) -> list[Vectors]:
        """Return the vectors; see ``VectorsOf``."""
        key = (backbone.name, backbone.fit)
        once = self._once.pop(key, None) or VectorsOnce(self._inner, self._samples)
        self._once[key] = once
        while len(self._once) > _MOST_KEPT:
            del self._once[next(iter(self._once))]
        return once(backbone, samples, twins, watch)


def fit_trial(
    preset: Preset,
    config: PresetConfig,
    samples: TrainingSamples,
    class_names: list[str],
    pretrained: Pretrained,
    watch: Watch,
    folder: Path,
    time_limit_seconds: float | None = None,
) -> TrialFigures:
    """Fit a preset without a Keras network, and measure it on the validation split.

    After ``time_limit_seconds`` it ends with its best epoch, or the trees that it has. What it
    writes into ``folder`` is gone afterwards. Raises as ``training.train``.
    """
    samples.check(class_names, config.subgroup_column)
    started = time.monotonic()
    with named_failures():
        if isinstance(preset, TransferPreset) and isinstance(config, TransferConfig):
            fitting = Fitting(
                config, watch, None, time_limit_seconds,
                own_batch_size=int(preset.defaults.batch_size),
            )  # fmt: skip
            with fitting.within_time():
                backbone = opened_backbone(preset, config, pretrained, watch)
                fit_head(fitting, samples, len(class_names), backbone, pretrained)
            best, epochs = fitting.state.best_metrics, fitting.state.epoch
            loss, accuracy = best.val_loss, best.val_accuracy
        elif isinstance(preset, ClassicPreset) and isinstance(config, ClassicConfig):
            if time_limit_seconds is not None:
                watch.limit_time(started + time_limit_seconds, time_limit_seconds)
            figures = _classic_figures(
                preset, config, samples, class_names, pretrained, watch, folder
            )
            loss, accuracy, epochs = figures["val_loss"], figures["val_accuracy"], 0
        else:
            raise TypeError(f"No trial of {preset.name} is fitted without Keras.")
    return TrialFigures(
        val_accuracy=accuracy, val_loss=loss, epochs=epochs, seconds=time.monotonic() - started
    )


def _classic_figures(
    preset: ClassicPreset,
    config: ClassicConfig,
    samples: TrainingSamples,
    class_names: list[str],
    pretrained: Pretrained,
    watch: Watch,
    folder: Path,
) -> dict[str, Any]:
    # scikit-learn's methods and skops are loaded for them alone.
    from classifier.engine.fit.classic.fitting import ClassicJob, fit_classic

    job = ClassicJob(preset, config, samples, class_names, pretrained)
    with tempfile.TemporaryDirectory(dir=folder, prefix="numbers-") as numbers:
        return fit_classic(job, watch, Path(numbers)).figures
