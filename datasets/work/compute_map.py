"""The job that lays a dataset's images out in two dimensions."""

from common.errors import DomainError
from datasets import kinds
from datasets.models import Dataset
from datasets.selectors.maps import MOST_ON_MAP
from datasets.selectors.vectors import components_of, vector_source
from datasets.services.quality.fingerprints import take_missing
from datasets.services.vectors.maps import store_map
from jobs.handlers import JobContext, JobFailed, handles


@handles(kinds.COMPUTE_MAP)
def compute_map(context: JobContext) -> None:
    """Compute the map from the vectors that there are now."""
    # Seconds of imports, which `COMPUTE_MAP` preloads and other workers do without.
    from datasets.analysis.projection import DIMENSIONS, project

    dataset = Dataset.objects.get(pk=context.payload["dataset"])
    if vector_source(dataset).is_descriptor:
        try:
            take_missing(dataset, context.step("images", "Reading images"))
        except DomainError as error:
            raise JobFailed("bad_data", error.detail, error.hint) from error
    context.progress(0, None, "steps", "Finding neighbours")
    components = components_of(dataset, DIMENSIONS, MOST_ON_MAP)
    projection = project(components.values, progress=context.step("steps", "Arranging images"))
    covered = components.source.covered
    url = f"/api/v1/datasets/{dataset.pk}/map/"
    with context.finish("map", dataset.pk, url=url) as result:
        store_map(
            dataset,
            ids=components.ids,
            points=projection.points,
            embedding=components.source.name,
            method=projection.method,
            sample_of=covered if covered > MOST_ON_MAP else None,
        )
        result |= {"images": len(components.ids), "embedding": components.source.name}
