"""The job that compares all images of a dataset with one another."""

from collections.abc import Callable

from common.errors import DomainError
from datasets import kinds
from datasets.models import Dataset
from datasets.services.copies import find_groups, store_groups
from datasets.services.fingerprints import take_missing
from jobs.handlers import JobContext, JobFailed, handles


@handles(kinds.FIND_COPIES)
def find_copies(context: JobContext) -> None:
    """Give every image the group of those that show the same picture."""
    dataset = Dataset.objects.get(pk=context.payload["dataset"])

    def report(message: str) -> Callable[[int, int], None]:
        def on_progress(done: int, total: int) -> None:
            context.check()
            context.progress(done, total, "images", message)

        return on_progress

    try:
        take_missing(dataset, report("Reading images"))
    except DomainError as error:
        raise JobFailed("bad_data", error.detail, error.hint) from error
    compared, groups = find_groups(dataset, report("Comparing images"))
    url = f"/api/v1/datasets/{dataset.pk}/"
    with context.finish("dataset", dataset.pk, url=url) as result:
        store_groups(compared, groups)
        result |= {"images": len(compared), "groups": len(groups)}
