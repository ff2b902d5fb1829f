"""Which test images were kept from a model that has no dataset version of its own."""

from classifier.models import ModelVersion
from datasets.models import DatasetVersion, Split


def kept_from(version: ModelVersion, dataset_version: DatasetVersion, split: Split) -> bool:
    """Whether the split is a test split that the instant model behind the version left out.

    An instant model is registered only while it knows of every version that its dataset has, and
    it learns from no image that one of them tests on.
    """
    facts = version.instant_model
    return (
        facts is not None
        and split == Split.TEST
        and facts["dataset"] == str(dataset_version.dataset_id)
        and dataset_version.created_at < version.created_at
    )
