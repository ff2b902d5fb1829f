"""The job that copies a dataset into another organization."""

from datasets import kinds
from datasets.models import Dataset, DatasetCopy, DatasetVersion
from datasets.policies import require_alive
from datasets.selectors.copying import Source
from datasets.services.copy_dataset import make_copy
from jobs.errors import copy_failures
from jobs.handlers import JobContext, JobFailed, handles


@handles(kinds.COPY_DATASET)
def copy_dataset(context: JobContext) -> None:
    """Write the rows in the transaction that ends the job: a copy is whole, or is not there.

    One that was stopped half-way begins again: no file moves, so little is lost.
    """
    copy = DatasetCopy.objects.select_related("organization", "created_by").get(job=context.job)
    context.progress(0, None, "images", "Counting")
    with copy_failures(copy.source_name):
        source = _source(copy)
        url = f"/api/v1/dataset-copies/{copy.pk}/"
        with context.finish("dataset_copy", copy.pk, url=url) as result:
            dataset = make_copy(
                copy=copy, source=source, on_progress=context.step("images", "Copying")
            )
            result["dataset"] = str(dataset.pk)


def _source(copy: DatasetCopy) -> Source:
    """Return what is copied; raises `JobFailed` where it is gone."""
    dataset = Dataset.objects.select_related("organization").filter(pk=copy.source_dataset).first()
    if dataset is None:
        raise JobFailed("share_ended", f"{copy.source} is gone.")
    require_alive(dataset=dataset)
    version = None
    if copy.source_version is not None:
        version = DatasetVersion.objects.get(pk=copy.source_version)
    return Source(dataset, version)
