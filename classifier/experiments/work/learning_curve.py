"""Fit on growing shares of the images, and say how accuracy grows and what more would bring.

Each share is fitted once for each fold, on numbers that are computed once, and asked about the fold
that it lacked: so every image is answered once at each share.
"""

import time
from typing import Any

import numpy as np
import numpy.typing as npt

from classifier.engine.fit.shares import SHARES, subset
from classifier.engine.measure.bits import mask_of, text_of
from classifier.engine.measure.learning_curve import learning_curve
from classifier.engine.presets.registry import PRESETS, checked_config
from classifier.engine.samples import TrainingSamples
from classifier.engine.target import decide
from classifier.experiments import kinds
from classifier.experiments.services.plans.learning_curve import FOLDS
from classifier.experiments.work.experiment import begun, finish
from classifier.experiments.work.left_out import LeftOutOfFits
from classifier.experiments.work.vector_fits import FoldFitters, divided
from classifier.failures import engine_failures
from classifier.models import Experiment, ExperimentMember
from classifier.training.selectors.folds import FoldParts, parts_of_fold
from datasets.decoding.pixels.store import PixelStore, open_pixels
from datasets.selectors.folds import FoldPlan
from jobs.handlers import JobContext, handles

# A fit needs two images of each class, and one of each to choose its epoch.
_FEWEST = 2


@handles(kinds.LEARNING_CURVE)
def measure_learning_curve(context: JobContext) -> None:
    """Do what is left of a learning curve; end it when every share has its answers."""
    experiment = begun(context)
    plan = divided(context, experiment)
    with engine_failures(context), open_pixels(context.log) as pixels:
        _fit(context, experiment, plan, pixels)
    sizes, wrong = _answers(experiment, plan)
    answered = np.array([content not in experiment.left_out for content, _ in plan.samples], bool)
    result = learning_curve(
        sizes,
        wrong[:, answered],
        plan.labels[answered],
        experiment.dataset_version.class_names,
        seconds=sum(result["seconds"] for _, result in _results(experiment)),
    )
    with finish(context, experiment, result.to_json()):
        pass


def shares_of(plan: FoldPlan) -> list[float]:
    """Return the shares at which each class still has images enough in each fold's fit."""
    parts = [parts_of_fold(plan, fold).train for fold in range(FOLDS)]
    least = min(np.bincount([index for _, index in part]).tolist() for part in parts)
    fewest = min(count for count in least if count)
    return [share for share in SHARES if share * fewest >= _FEWEST]


def _fit(context: JobContext, experiment: Experiment, plan: FoldPlan, pixels: PixelStore) -> None:
    """Fit and keep what has no answers yet, fold by fold, the smallest share first."""
    preset = PRESETS[experiment.settings["preset"]]
    config = checked_config(preset.name, preset.stored_config(experiment.settings["config"]))
    whole = TrainingSamples(train=plan.samples, validation=[], pixels=pixels)
    left_out = LeftOutOfFits(context, experiment, whole)
    fitters = FoldFitters(experiment, plan, preset, config, left_out)
    shares = shares_of(plan)
    total = FOLDS * len(shares)
    done = set(experiment.members.filter(result__isnull=False).values_list("number", flat=True))
    for number in (each for each in range(total) if each not in done):
        fold, place = divmod(number, len(shares))
        started = time.monotonic()
        parts = _reduced(parts_of_fold(plan, fold), shares[place], fold)
        answers = fitters.answers(parts, f"Fit {number + 1} of {total}")
        wrong = decide(answers) != plan.labels[plan.folds == fold]
        result = {
            "learned_from": len(left_out.of([*parts.train, *parts.validation])),
            "wrong": text_of(wrong),
            "seconds": time.monotonic() - started,
        }
        with context.guard():
            ExperimentMember.objects.update_or_create(
                experiment=experiment,
                number=number,
                defaults={"spec": {"fold": fold, "share": shares[place]}, "result": result},
            )
        context.progress(number + 1, total, "fits", f"Fit {number + 1} of {total}")


def _reduced(parts: FoldParts, share: float, fold: int) -> FoldParts:
    return FoldParts(
        subset(parts.train, share, fold), subset(parts.validation, share, fold), parts.held
    )


def _answers(experiment: Experiment, plan: FoldPlan) -> tuple[list[int], npt.NDArray[np.bool_]]:
    """Return the mean number of images of each share, and (shares, images) whether it was wrong."""
    shares = shares_of(plan)
    wrong = np.zeros((len(shares), len(plan.samples)), bool)
    learned = np.zeros((len(shares), FOLDS))
    for number, result in _results(experiment):
        fold, place = divmod(number, len(shares))
        held = plan.folds == fold
        wrong[place, held] = mask_of(result["wrong"], int(held.sum()))
        learned[place, fold] = result["learned_from"]
    return [round(mean) for mean in learned.mean(axis=1).tolist()], wrong


def _results(experiment: Experiment) -> list[tuple[int, Any]]:
    return list(experiment.members.order_by("number").values_list("number", "result"))
