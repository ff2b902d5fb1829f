"""Fits of a cross-validation on numbers that were computed once: no file is written."""

import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from classifier.engine.backbones.opened import OpenBackbone
from classifier.engine.fit.fitting import Fitting
from classifier.engine.fit.head import Head
from classifier.engine.fit.pretrained import Pretrained, Vectors, VectorsOf
from classifier.engine.fit.transfer import fit_head, opened_backbone
from classifier.engine.presets.classic import ClassicConfig, ClassicPreset
from classifier.engine.presets.config import PresetConfig
from classifier.engine.presets.preset import Preset
from classifier.engine.presets.transfer import TransferConfig, TransferPreset
from classifier.engine.samples import Sample, TrainingSamples
from classifier.engine.target import Scores
from classifier.engine.watch import Watch


class VectorsOnce:
    """The vectors of ``samples``, asked for once and kept in memory: a ``VectorsOf``."""

    def __init__(self, inner: VectorsOf, samples: Sequence[Sample]) -> None:
        self._inner = inner
        self._samples = samples
        self._found: list[Vectors] = []
        self._row = {content: row for row, (content, _) in enumerate(samples)}

    def __call__(
        self, backbone: OpenBackbone, samples: Sequence[Sample], twins: bool, watch: Watch
    ) -> list[Vectors]:
        """Return the vectors; see ``VectorsOf``. One backbone, and one answer about twins."""
        sides = 2 if twins else 1
        if len(self._found) < sides:
            self._found = self._inner(backbone, self._samples, twins, watch)
        rows = [self._row[content] for content, _ in samples]
        return [side[rows] for side in self._found[:sides]]


@dataclass(frozen=True)
class FoldFitter:
    """Fits a preset without a Keras network on some of the images, and asks it about others.

    The preset is a head on a frozen backbone, or a classic method. ``pretrained.vectors`` is best
    a ``VectorsOnce``.
    """

    preset: Preset
    config: PresetConfig
    class_names: list[str]
    pretrained: Pretrained

    def answers(
        self, samples: TrainingSamples, held: Sequence[Sample], watch: Watch, folder: Path
    ) -> Scores:
        """Return probabilities (n, classes) of ``held``, of which ``samples`` has none.

        ``samples.validation`` chooses the epoch, if there are any. Raises as ``training.train``.
        """
        samples.check(self.class_names, self.config.subgroup_column)
        preset, config = self.preset, self.config
        if isinstance(preset, ClassicPreset) and isinstance(config, ClassicConfig):
            with tempfile.TemporaryDirectory(dir=folder, prefix="numbers-") as numbers:
                return self._classic(preset, config, samples, held, watch, Path(numbers))
        if isinstance(preset, TransferPreset) and isinstance(config, TransferConfig):
            return self._head(preset, config, samples, held, watch)
        raise TypeError(f"No fold of {preset.name} is fitted without Keras.")

    def _head(
        self,
        preset: TransferPreset,
        config: TransferConfig,
        samples: TrainingSamples,
        held: Sequence[Sample],
        watch: Watch,
    ) -> Scores:
        backbone = opened_backbone(preset, config, self.pretrained, watch)
        fitting = Fitting(config, watch, None, own_batch_size=int(preset.defaults.batch_size))
        # A loss that becomes no number after good epochs ends the fit with the best one.
        with fitting.within_time():
            fit_head(fitting, samples, len(self.class_names), backbone, self.pretrained)
        head = Head.of(fitting.state.best)
        # With twins kept for training, those of the images themselves come first.
        vectors = self.pretrained.vectors(backbone, held, False, watch)[0]
        return head.predict(vectors)

    def _classic(
        self,
        preset: ClassicPreset,
        config: ClassicConfig,
        samples: TrainingSamples,
        held: Sequence[Sample],
        watch: Watch,
        folder: Path,
    ) -> Scores:
        # scikit-learn's methods and skops are loaded for them alone.
        from classifier.engine.fit.classic.fitting import ClassicJob, fit_method, numbers_of
        from classifier.engine.fit.classic.matrices import rows_of

        job = ClassicJob(preset, config, samples, self.class_names, self.pretrained)
        trained = fit_method(job, watch, folder).trained
        numbers = numbers_of(job, trained.backbone, list(held), folder / "held.npy", watch)
        return np.concatenate([trained.predict(rows) for rows in rows_of(numbers)])
