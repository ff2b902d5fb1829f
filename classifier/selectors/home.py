"""What the home page shows: what runs, what needs me, what is new."""

from dataclasses import dataclass
from datetime import timedelta

from django.utils import timezone

from accounts.models import User
from accounts.roles import Role
from classifier.models import ModelAlias, TrainingRun
from classifier.models.alias import CHAMPION
from classifier.selectors.training_runs import visible_runs
from datasets.models import Dataset, DatasetVersion
from jobs.models import Job, Status
from jobs.selectors.jobs import visible_jobs

ACTIVE = (Status.PENDING, Status.QUEUED, Status.RUNNING, Status.RETRY_WAIT)
RECENT = timedelta(days=7)
ROWS = 6


@dataclass(frozen=True)
class Home:
    """The parts of the page; every list is short and newest first."""

    active_jobs: list[Job]
    failed_jobs: list[Job]
    unfrozen_datasets: list[Dataset]
    untrained_versions: list[DatasetVersion]
    recent_runs: list[TrainingRun]
    champions: list[ModelAlias]
    has_datasets: bool

    @property
    def needs_me(self) -> bool:
        """Whether there is something that only a person can take further."""
        return bool(self.failed_jobs or self.unfrozen_datasets or self.untrained_versions)


def home_of(user: User) -> Home:
    """Return what `user` should see first."""
    datasets = Dataset.objects.for_user(user).alive()
    return Home(
        active_jobs=list(
            visible_jobs(user).filter(status__in=ACTIVE).order_by("-created_at")[:ROWS]
        ),
        failed_jobs=list(
            visible_jobs(user, Role.EDITOR)
            .filter(
                status=Status.FAILED,
                ended_at__gte=timezone.now() - RECENT,
                retried_by=None,
            )
            .order_by("-created_at")[:ROWS]
        ),
        unfrozen_datasets=list(
            Dataset.objects.for_user(user, Role.EDITOR)
            .alive()
            .filter(versions=None, images__class_label__isnull=False)
            .distinct()
            .order_by("-created_at")[:ROWS]
        ),
        untrained_versions=list(
            DatasetVersion.objects.for_user(user, Role.EDITOR)
            .filter(training_runs=None, dataset__deleted_at=None)
            .select_related("dataset")
            .order_by("-created_at")[:ROWS]
        ),
        recent_runs=list(visible_runs(user).filter(job__status=Status.SUCCEEDED)[:ROWS]),
        champions=list(
            ModelAlias.objects.for_user(user)
            .filter(alias=CHAMPION)
            .select_related("model__organization", "version")
            .order_by("-version__created_at")[:ROWS]
        ),
        has_datasets=datasets.exists(),
    )
