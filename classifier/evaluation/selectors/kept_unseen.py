"""Which test images were kept from a model that has no dataset version of its own."""

from datetime import datetime
from typing import Any

from classifier.models import ModelVersion
from datasets.models import DatasetVersion, Split


def kept_from(version: ModelVersion, dataset_version: DatasetVersion, split: Split) -> bool:
    """Whether the split is a test split that the instant model behind the version left out.

    An instant model is registered only while it knows of every version that its dataset has, and
    it learns from no image that one of them tests on.
    """
    facts = version.instant_model
    return facts is not None and _left_out(
        facts["dataset"], version.created_at, dataset_version, split
    )


def kept_from_teacher(
    distilled: dict[str, Any], dataset_version: DatasetVersion, split: Split
) -> bool:
    """Whether a student's teacher is itself an instant model that left the split out.

    Of a teacher that was taught by one this does not hold: it has further sources.
    """
    if distilled["known_sources"]:
        return False
    return any(
        _left_out(each["dataset"], datetime.fromisoformat(each["made_at"]), dataset_version, split)
        for each in distilled["instant_models"]
    )


def _left_out(
    dataset: str, made_at: datetime, dataset_version: DatasetVersion, split: Split
) -> bool:
    return (
        split == Split.TEST
        and dataset == str(dataset_version.dataset_id)
        and dataset_version.created_at < made_at
    )
