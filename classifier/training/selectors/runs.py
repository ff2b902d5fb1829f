"""Reading training runs and their curves."""

import uuid

from accounts.models import User
from accounts.querysets import TenantQuerySet
from classifier.models import EpochMetrics, TrainingRun


def visible_runs(user: User) -> TenantQuerySet:
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


def runs_of_their_own(user: User) -> TenantQuerySet:
    """Return the same without the members of experiments, which people see in their stead."""
    return visible_runs(user).filter(member=None)


def runs_with_reports(user: User) -> TenantQuerySet:
    """Return the same with the report that each run's job made: what its verdict is read from."""
    return visible_runs(user).select_related(
        "job__evaluation_report", "model_version__model", "member__experiment"
    )


def visible_run(user: User, run_id: uuid.UUID) -> TrainingRun:
    """Return one run; raises `NotFound` for one that `user` may not see."""
    return runs_with_reports(user).get_visible(run_id)


def epochs_of(run: TrainingRun) -> list[EpochMetrics]:
    """Return the curves of a run, first epoch first."""
    return list(EpochMetrics.objects.filter(run=run).order_by("epoch"))


def what_was_cut(run: TrainingRun) -> str:
    """Return which stage had fewer epochs than planned though another followed; else nothing."""
    stage = (run.stopped or {}).get("stage", "")
    tuned = bool(run.config.get("fine_tune_epochs") or run.config.get("all_epochs"))
    if stage in ("head", "training") and run.metrics.get("self_training", {}).get("taken"):
        return "The first fit took"
    if stage == "self_training" and tuned:
        return "The second fit took"
    if stage == "head" and tuned:
        return "The new last layer was trained for"
    if stage == "fine_tune" and run.config.get("all_epochs"):
        return "The last blocks were trained for"
    return ""
