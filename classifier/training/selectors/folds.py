"""The images of a member's fit: those it learns from, those that choose its epoch, its fold."""

import uuid
from dataclasses import dataclass

import numpy as np

from classifier.engine.measure.cross_validation import FoldFigures, fold_figures
from classifier.engine.target import Scores
from classifier.models import ExperimentFolds
from datasets.models import DatasetVersion
from datasets.selectors.folds import FoldPlan, stored_plan

# A tenth of the images outside of a fold choose the epoch: the fold itself stays unseen.
CHOOSES = 0.1
Samples = list[tuple[str, int]]


@dataclass(frozen=True)
class FoldParts:
    """(SHA-256, class index) of a fit's images; `held` are the fold's, in the plan's order."""

    train: Samples
    validation: Samples
    held: Samples


def parts_of_fold(plan: FoldPlan, fold: int) -> FoldParts:
    """Return what the fit without `fold` learns from, and what it is asked about."""
    chooses = plan.inner_validation(fold, CHOOSES)
    outside = plan.folds != fold

    def chosen(mask: np.ndarray) -> Samples:
        return [plan.samples[row] for row in np.flatnonzero(mask)]

    return FoldParts(chosen(outside & ~chooses), chosen(chooses), chosen(~outside))


def figures_of_fold(
    answers: Scores, parts: FoldParts, classes: int, *, learned_from: int, seconds: float
) -> FoldFigures:
    """Return the figures of a fold; of the images that were answered, the others are nan."""
    answered = ~np.isnan(answers).any(axis=1)
    labels = np.array([index for _, index in parts.held], np.int64)
    return fold_figures(
        answers[answered], labels[answered], classes, learned_from=learned_from, seconds=seconds
    )


def kept_plan(version: DatasetVersion, experiment_id: uuid.UUID) -> FoldPlan | None:
    """Return the folds that an experiment has kept; None before it has."""
    row = ExperimentFolds.objects.filter(experiment=experiment_id).first()
    return stored_plan(version, bytes(row.folds), bytes(row.groups)) if row else None
