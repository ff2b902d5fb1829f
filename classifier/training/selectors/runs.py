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
