"""Fit as often as there are folds, each time without one, and ask each fit about the one it lacks.

A head on a frozen backbone and a classic method are fitted here, on numbers that are computed once;
each fold is kept as it ends. Other presets train as runs of their own, which this job waits for.
"""

import time

import numpy as np
import numpy.typing as npt

from classifier.engine.measure.cross_validation import FoldFigures, summarize
from classifier.engine.presets.config import PresetConfig
from classifier.engine.presets.preset import Preset
from classifier.engine.presets.registry import PRESETS, checked_config
from classifier.engine.samples import TrainingSamples
from classifier.engine.subgroups import Subgroups
from classifier.experiments import kinds
from classifier.experiments.services.members import open_members, queue_member_run
from classifier.experiments.work.experiment import begun, finish, wait_for_members
from classifier.experiments.work.left_out import LeftOutOfFits
from classifier.experiments.work.vector_fits import FoldFitters, divided
from classifier.failures import engine_failures
from classifier.models import Experiment, ExperimentMember, FoldAnswers
from classifier.training.selectors.folds import figures_of_fold, parts_of_fold
from classifier.training.selectors.subgroups import subgroups_of
from classifier.training.services.keep_member import keep_fold
from datasets.decoding.pixels.store import open_pixels
from datasets.models import Split
from datasets.selectors.folds import FoldPlan
from datasets.services.quality.out_of_fold import keep_out_of_fold
from jobs.handlers import JobContext, JobFailed, handles
from jobs.models import Status


@handles(kinds.CROSS_VALIDATION)
def cross_validate(context: JobContext) -> None:
    """Do what is left of a cross-validation; end it when every fold has its figures."""
    experiment = begun(context)
    plan = divided(context, experiment)
    asked = experiment.settings
    preset = PRESETS[asked["preset"]]
    config = checked_config(preset.name, preset.stored_config(asked["config"]))
    with engine_failures(context):
        subgroups = _weighed(experiment, plan, config)
    if preset.needs_keras(config):
        if not _runs_ended(context, experiment, preset):
            return
    else:
        with engine_failures(context), open_pixels(context.log) as pixels:
            whole = TrainingSamples(train=plan.samples, validation=[], pixels=pixels)
            left_out = LeftOutOfFits(context, experiment, whole)
            fitters = FoldFitters(experiment, plan, preset, config, left_out, subgroups)
            _fit_folds(context, experiment, plan, fitters)
    members = experiment.members.order_by("number")
    folds = [FoldFigures.from_json(member.result) for member in members]
    result = summarize(folds, experiment.dataset_version.class_names)
    answers = _answers(experiment, plan)
    answered = ~np.isnan(answers).any(axis=1)
    with finish(context, experiment, result.to_json()):
        keep_out_of_fold(
            dataset=experiment.dataset_version.dataset,
            title=f"{preset.title} in a cross-validation of {asked['folds']} folds",
            class_names=experiment.dataset_version.class_names,
            contents=[plan.samples[row][0] for row in np.flatnonzero(answered)],
            probabilities=answers[answered],
        )


def _answers(experiment: Experiment, plan: FoldPlan) -> npt.NDArray[np.float16]:
    """Return what was answered to each image of the plan (n, classes), by who lacked it.

    Rows of nan are of images that could not be read.
    """
    classes = len(experiment.dataset_version.class_names)
    found = np.zeros((len(plan.samples), classes), np.float16)
    kept_answers = FoldAnswers.objects.filter(member__experiment=experiment)
    for fold, content in kept_answers.values_list("member__number", "probabilities"):
        rows = np.frombuffer(bytes(content), np.float16).reshape(-1, classes)
        found[plan.folds == fold] = rows
    return found


def _weighed(experiment: Experiment, plan: FoldPlan, config: PresetConfig) -> Subgroups | None:
    """Return the subgroups that the folds weigh; what one of them lacks is said before any fit."""
    both = (Split.TRAIN, Split.VALIDATION)
    subgroups = subgroups_of(experiment.dataset_version, config, both)
    if subgroups is not None:
        for fold in range(experiment.settings["folds"]):
            subgroups.check(parts_of_fold(plan, fold).train)
    return subgroups


def _fit_folds(
    context: JobContext, experiment: Experiment, plan: FoldPlan, fitters: FoldFitters
) -> None:
    """Fit and keep the folds that have no figures yet, one after the other."""
    count = experiment.settings["folds"]
    done = set(experiment.members.filter(result__isnull=False).values_list("number", flat=True))
    for fold in (number for number in range(count) if number not in done):
        started = time.monotonic()
        parts = parts_of_fold(plan, fold)
        label = f"Fold {fold + 1} of {count}"
        answers = fitters.answers(parts, label)
        figures = figures_of_fold(
            answers,
            parts,
            len(experiment.dataset_version.class_names),
            learned_from=len(fitters.left_out.of(parts.train)),
            seconds=time.monotonic() - started,
        )
        with context.guard():
            member, _ = ExperimentMember.objects.get_or_create(
                experiment=experiment, number=fold, defaults={"spec": {"fold": fold}}
            )
            keep_fold(member=member, figures=figures, answers=answers)
        context.progress(fold + 1, count, "folds", label)
        context.event("member", {"number": fold, "accuracy": figures.accuracy})
        context.log(f"{label}: accuracy {figures.accuracy:.4f}")


def _runs_ended(context: JobContext, experiment: Experiment, preset: Preset) -> bool:
    """Queue the runs that there are not yet; return whether every one has its figures.

    Raises `JobFailed` where one has failed: a mean over fewer folds would be another figure.
    """
    asked = experiment.settings
    with context.guard():
        for fold in range(asked["folds"]):
            queue_member_run(
                experiment=experiment,
                number=fold,
                preset=preset.name,
                config=preset.stored_config(asked["config"]),
                title=f"fold {fold + 1}",
                spec={"fold": fold},
            )
    missing = list(open_members(experiment).select_related("run__job"))
    for member in missing:
        job = member.run.job if member.run else None
        if job is not None and job.is_terminal and job.status != Status.SUCCEEDED:
            error = job.error or {"detail": "It was cancelled.", "hint": ""}
            sentence = f"Fold {member.number + 1}: {error['detail']}"
            raise JobFailed("internal", sentence, error["hint"], retry=False)
    if missing:
        wait_for_members(context, experiment, "Training without one fold each")
    return not missing
