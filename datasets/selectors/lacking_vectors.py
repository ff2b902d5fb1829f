"""Whether a dataset has images that wait for a backbone's vector."""

from datasets.analysis.cells import WORTH_CELLS
from datasets.models import Dataset, Image
from datasets.selectors.datasets import image_count
from datasets.selectors.vectors import lacking, vector_source

# To count which of a million images have a vector takes 1.4 processor seconds.
_NEWEST = 1_000


def lacks_vectors(dataset: Dataset) -> bool:
    """Whether images have no backbone's vector; of more than 100,000 the newest 1,000 are asked."""
    if dataset.space is None or image_count(dataset) <= WORTH_CELLS:
        source = vector_source(dataset)
        return source.embedded < source.images
    newest = Image.objects.alive().filter(dataset=dataset).order_by("-created_at", "-id")
    contents = list(newest.values_list("sha256", flat=True)[:_NEWEST])
    return bool(lacking(dataset.organization_id, contents, dataset.space))
