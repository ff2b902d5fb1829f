"""What the fits share that an experiment's job makes itself, on numbers that are computed once."""

from django.conf import settings

from classifier.engine.fit.pretrained import Pretrained
from classifier.engine.presets.config import PresetConfig
from classifier.engine.presets.preset import Preset
from classifier.models import Experiment, ExperimentFolds
from classifier.training.selectors.folds import kept_plan
from classifier.training.work.kept_vectors import KeptVectors
from datasets.errors import CannotDivide
from datasets.models import Strategy
from datasets.selectors.folds import FoldPlan, fold_plan, kept
from jobs.handlers import JobContext, JobFailed
from storage import scratch


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


def fold_fitter(
    context: JobContext,
    experiment: Experiment,
    plan: FoldPlan,
    preset: Preset,
    config: PresetConfig,
):
    """Return what fits the preset on some of the plan's images; their vectors are read once."""
    from classifier.engine.fit.folds import FoldFitter, VectorsOnce

    vectors = VectorsOnce(KeptVectors(context, experiment.organization_id), plan.samples)
    pretrained = Pretrained(
        weights_dir=settings.WEIGHTS_DIR, backbones_dir=scratch.backbones_dir(), vectors=vectors
    )
    return FoldFitter(preset, config, experiment.dataset_version.class_names, pretrained)
