"""Reading training runs and their curves."""

import uuid
from typing import Any

from django.db.models import QuerySet

from accounts.models import User
from classifier.models import EpochMetrics, TrainingRun
from common.errors import NotFound


def visible_runs(user: User) -> QuerySet[TrainingRun]:
    """Return the runs that `user` may see, newest first, with what a list shows of each."""
    return (
        TrainingRun.objects.for_user(user)
        .select_related(
            "job",
            "dataset_version__dataset",
            "model",
            "model_version",
            "organization",
            "created_by",
        )
        .order_by("-created_at", "-id")
    )


def runs_with_reports(user: User) -> QuerySet[TrainingRun]:
    """Return the same with the report that each run's job made: what its verdict is read from."""
    return visible_runs(user).select_related("job__evaluation_report", "model_version__model")


def visible_run(user: User, run_id: uuid.UUID) -> TrainingRun:
    """Return one run; raises `NotFound` for one that `user` may not see."""
    run = runs_with_reports(user).filter(pk=run_id).first()
    if run is None:
        raise NotFound("There is no such training run.")
    return run


def epochs_of(run: TrainingRun) -> list[EpochMetrics]:
    """Return the curves of a run, first epoch first."""
    return list(EpochMetrics.objects.filter(run=run).order_by("epoch"))


def best_epoch_of(epochs: list[EpochMetrics]) -> int | None:
    """Return the number of the epoch that is kept, as the engine chooses it.

    The lowest validation loss, of equals the highest validation accuracy; without a validation
    split the last one. None before the first epoch has ended.
    """
    if not epochs:
        return None
    if epochs[-1].val_loss is None:
        return epochs[-1].epoch
    return min(epochs, key=lambda e: (e.val_loss or 0.0, -(e.val_accuracy or 0.0))).epoch


def how_it_stopped(run: TrainingRun) -> dict[str, Any] | None:
    """Return why a run that succeeded ended, as `classifier.engine.outcome.Stopped`; else None.

    Runs from before that was kept are read from their numbers: training ends early only after as
    many epochs without a better one as its patience.
    """
    metrics = run.metrics
    if not metrics:
        return None
    if "stopped" in metrics:
        return metrics["stopped"]
    epochs, best = metrics.get("epochs", 0), metrics.get("best_epoch", 0)
    patience = run.config.get("early_stopping_patience", 0)
    early = epochs < run.planned_epochs and 0 < patience <= epochs - best
    return {
        "reason": "early_stopping" if early else "completed",
        "stage": ("fine_tune" if run.config.get("fine_tune_epochs") else "training")
        if early
        else "",
        "epoch": epochs,
        "planned_epochs": run.planned_epochs,
        "patience": patience,
    }
