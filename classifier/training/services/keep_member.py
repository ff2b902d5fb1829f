"""Store what a member of an experiment found: with that it is done."""

from typing import Any

import numpy as np

from classifier.engine.measure.cross_validation import FoldFigures
from classifier.engine.outcome import TrainingOutcome
from classifier.engine.target import Scores
from classifier.models import ExperimentMember, FoldAnswers, ModelVersion, TrainingRun


def keep_fold(*, member: ExperimentMember, figures: FoldFigures, answers: Scores) -> None:
    """Store what a member answered to the images of its fold (n, classes), and its figures.

    In the transaction of who owns the job.
    """
    FoldAnswers.objects.update_or_create(
        member=member, defaults={"probabilities": answers.astype(np.float16).tobytes()}
    )
    ExperimentMember.objects.filter(pk=member.pk).update(result=figures.to_json())


def keep_metrics(*, run: TrainingRun, outcome: TrainingOutcome) -> dict[str, Any]:
    """Store the figures of a run that leaves no model; return them."""
    run.metrics = {**outcome.metrics, "best_epoch": outcome.best_epoch}
    run.save(update_fields=["metrics"])
    return run.metrics


def keep_version(*, run: TrainingRun, version: ModelVersion) -> bool:
    """Store which version a member's run has made; False for a run that is no member's."""
    result = {**run.metrics, "model_version": str(version.pk)}
    return bool(ExperimentMember.objects.filter(run=run).update(result=result))
