"""The work that is being done for a dataset."""

from datasets.models import Dataset
from jobs.kinds import Kind
from jobs.models import TERMINAL, Job


def job_under_way(dataset: Dataset, *kinds: Kind) -> Job | None:
    """Return the job of one of these kinds that waits or runs for the dataset, if any does."""
    names = [kind.name for kind in kinds]
    return (
        Job.objects.filter(organization=dataset.organization_id, kind__in=names)
        .filter(payload__dataset=str(dataset.pk))
        .exclude(status__in=TERMINAL)
        .first()
    )
