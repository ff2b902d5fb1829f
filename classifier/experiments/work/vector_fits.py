"""What the fits share that an experiment's job makes itself, on numbers that are computed once."""

from pathlib import Path
from typing import TYPE_CHECKING

from django.conf import settings

from classifier.engine.fit.pretrained import Pretrained
from classifier.engine.presets.config import PresetConfig
from classifier.engine.presets.preset import Preset
from classifier.engine.samples import TrainingSamples
from classifier.engine.subgroups import Subgroups
from classifier.engine.target import Scores
from classifier.experiments.work.left_out import LeftOutOfFits
from classifier.experiments.work.quiet import QuietObserver
from classifier.models import Experiment, ExperimentFolds
from classifier.training.selectors.folds import FoldParts, kept_plan
from classifier.training.work.kept_vectors import KeptVectors
from datasets.errors import CannotDivide
from datasets.models import Strategy
from datasets.selectors.folds import FoldPlan, fold_plan, kept
from jobs.handlers import JobContext, JobFailed
from storage import scratch

if TYPE_CHECKING:
    from classifier.engine.fit.folds import FoldFitter


def divided(context: JobContext, experiment: Experiment) -> FoldPlan:
    """Return the folds that were kept; the first attempt divides, and keeps them."""
    version, asked = experiment.dataset_version, experiment.settings
    found = kept_plan(version, experiment.pk)
    if found is not None:
        return found
    grouped = asked["strategy"] == Strategy.GROUPED
    try:
        plan = fold_plan(version, folds=asked["folds"], grouped=grouped, seed=asked["seed"])
    except CannotDivide as error:
        raise JobFailed("bad_data", error.detail, error.hint) from error
    folds, groups = kept(plan)
    with context.guard():
        ExperimentFolds.objects.create(experiment=experiment, folds=folds, groups=groups)
    return plan


class FoldFitters:
    """Fits a preset on some of a plan's images, and asks it about others.

    Vectors are read once; once more where images are left out that could not be read.
    """

    def __init__(
        self,
        experiment: Experiment,
        plan: FoldPlan,
        preset: Preset,
        config: PresetConfig,
        left_out: LeftOutOfFits,
        subgroups: Subgroups | None = None,
    ) -> None:
        self.left_out = left_out
        self._experiment, self._plan = experiment, plan
        self._preset, self._config, self._subgroups = preset, config, subgroups
        self._made: tuple[int, FoldFitter] | None = None

    def answers(self, parts: FoldParts, label: str) -> Scores:
        """Return (n, classes) for `parts.held`, by a fit on the others; nan for broken files.

        Raises as the engine's `train` does, and `UnreadableImages` where too many are gone.
        """
        return self.left_out.going_on(lambda: self._answers(parts, label))

    def _answers(self, parts: FoldParts, label: str) -> Scores:
        from classifier.engine.watch import Watch

        left_out = self.left_out
        samples = TrainingSamples(
            train=left_out.of(parts.train),
            validation=left_out.of(parts.validation),
            pixels=left_out.whole.pixels,
            subgroups=self._subgroups,
        )
        watch, folder = Watch(QuietObserver(left_out.context, label)), left_out.context.output_dir
        held = left_out.of(parts.held)
        return left_out.spread(
            self._fitter().answers(samples, held, watch, Path(folder)), parts.held
        )

    def _fitter(self) -> "FoldFitter":
        from classifier.engine.fit.folds import FoldFitter, VectorsOnce

        known = len(self.left_out.reasons)
        if self._made is None or self._made[0] != known:
            vectors = VectorsOnce(
                KeptVectors(self.left_out.context, self._experiment.organization_id),
                self.left_out.of(self._plan.samples),
            )
            pretrained = Pretrained(
                weights_dir=settings.WEIGHTS_DIR,
                backbones_dir=scratch.backbones_dir(),
                vectors=vectors,
            )
            names = self._experiment.dataset_version.class_names
            fitter = FoldFitter(self._preset, self._config, names, pretrained)
            self._made = (known, fitter)
        return self._made[1]
