"""Reading experiments."""

import uuid

from django.db.models import Prefetch

from accounts.models import User
from accounts.querysets import TenantQuerySet
from classifier.models import Experiment, ExperimentMember


def visible_experiments(user: User) -> TenantQuerySet:
    """Return the experiments that `user` may see, newest first."""
    return (
        Experiment.objects.for_user(user)
        .select_related("job", "dataset_version__dataset", "organization", "created_by")
        .order_by("-created_at", "-id")
    )


def with_runs(experiments: TenantQuerySet) -> TenantQuerySet:
    """Return them with their members, of which the API shows the runs."""
    members = ExperimentMember.objects.order_by("number").only("experiment_id", "number", "run_id")
    return experiments.prefetch_related(Prefetch("members", members))


def visible_experiment(user: User, experiment_id: uuid.UUID) -> Experiment:
    """Return one experiment; raises `NotFound` for one that `user` may not see."""
    return visible_experiments(user).get_visible(experiment_id)
