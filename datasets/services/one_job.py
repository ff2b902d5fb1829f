"""One job of a kind for each dataset."""

from accounts.models import User
from datasets.models import Dataset
from datasets.selectors.jobs_under_way import job_under_way
from jobs.kinds import Kind
from jobs.models import BY_ITSELF, Job
from jobs.services.enqueue import enqueue
from jobs.services.hurry import hurry


def start_one_job(
    *, kind: Kind, user: User | None, dataset: Dataset, title: str, asked: bool = True
) -> tuple[Job, bool]:
    """Start the dataset's job of this kind, or return the one under way, and whether it is new.

    `asked`: a person waits for it, and one that ran in the background hurries. Called in a
    transaction that has locked the dataset.
    """
    if running := job_under_way(dataset, kind):
        if asked:
            hurry(job=running)
        return running, False
    job = enqueue(
        kind=kind,
        organization=dataset.organization,
        created_by=user,
        title=title,
        payload={"dataset": str(dataset.pk)},
        priority=0 if asked else BY_ITSELF,
    )
    return job, True
