"""One job of a kind for each dataset."""

from accounts.models import User
from datasets.models import Dataset
from datasets.selectors.jobs_under_way import job_under_way
from jobs.kinds import Kind
from jobs.models import Job
from jobs.services.enqueue import enqueue


def start_one_job(
    *, kind: Kind, user: User | None, dataset: Dataset, title: str, priority: int = 0
) -> tuple[Job, bool]:
    """Start the dataset's job of this kind, or return the one under way, and whether it is new.

    Called in a transaction that has locked the dataset.
    """
    if running := job_under_way(dataset, kind):
        return running, False
    job = enqueue(
        kind=kind,
        organization=dataset.organization,
        created_by=user,
        title=title,
        payload={"dataset": str(dataset.pk)},
        priority=priority,
    )
    return job, True
