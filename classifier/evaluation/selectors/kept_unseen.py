"""Which test images were kept from a model that is, or was made of, an instant model."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from classifier.models import ModelVersion
from datasets.models import DatasetVersion, Split


def kept_from(version: ModelVersion, dataset_version: DatasetVersion, split: Split) -> bool:
    """Whether the split is a test split that the instant models behind the version left out.

    Of nothing else behind it is it unknown what that learned from. An instant model is registered
    only while it knows of every version that its dataset has, and it learns from no image that one
    of them tests on.
    """
    return not version.others_unknown and _left_out(version.instant_models, dataset_version, split)


def kept_from_teacher(
    distilled: dict[str, Any], dataset_version: DatasetVersion, split: Split
) -> bool:
    """Whether `kept_from` holds of a student's teacher, by what its run keeps of that."""
    return not distilled["others_unknown"] and _left_out(
        distilled["instant_models"], dataset_version, split
    )


def _left_out(
    instant_models: Sequence[dict[str, str]], dataset_version: DatasetVersion, split: Split
) -> bool:
    """Whether there are instant models, and each left the split out."""
    return (
        split == Split.TEST
        and bool(instant_models)
        and all(
            each["dataset"] == str(dataset_version.dataset_id)
            and dataset_version.created_at < datetime.fromisoformat(each["made_at"])
            for each in instant_models
        )
    )
