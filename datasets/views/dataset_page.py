"""What every page of one dataset shares: its head, its tabs, and what a person may do there."""

from typing import Any

from django.urls import reverse

from accounts.models import User
from accounts.roles import Role
from datasets.models import Dataset, DatasetVersion, Import
from datasets.selectors.classes import class_counts, largest_classes
from datasets.selectors.datasets import ClassCount, Totals, totals
from datasets.selectors.quality import open_at_least


def may_edit(user: User, dataset: Dataset) -> bool:
    """Whether to show what changes a dataset."""
    return Dataset.objects.for_user(user, Role.EDITOR).filter(pk=dataset.pk).exists()


# A chart of thousands of classes would be megabytes of a page, and no one could read it.
MOST_BARS = 100
# What readers of a shared dataset are shown.
_SHARED_TABS = ("detail", "classes", "versions")


def shown_classes(
    dataset: Dataset, holds: Totals, filtered_by: str
) -> tuple[list[ClassCount], int]:
    """Return the classes that the chart beside a gallery shows, and how many others there are.

    All of up to 100, in their order; of more the largest, the largest first, and the one that the
    gallery is filtered by.
    """
    if holds.class_count <= MOST_BARS:
        return class_counts(dataset), 0
    largest = largest_classes(dataset, MOST_BARS, also=filtered_by)
    return largest, holds.class_count - len(largest)


def dataset_page(user: User, dataset: Dataset, active: str) -> dict[str, Any]:
    """Return the context of a dataset's page: the dataset, what it holds, tabs and crumbs."""
    holds = totals(dataset)
    versions = DatasetVersion.objects.filter(dataset=dataset).count()
    counts = {
        "detail": f"{holds.image_count:,}",
        "classes": f"{holds.class_count:,}",
        "versions": f"{versions:,}",
    }
    if not dataset.is_shared:
        counts["imports"] = f"{Import.objects.filter(dataset=dataset).count():,}"
        still, more = open_at_least(dataset)
        counts |= {"quality": f"{still:,}{'+' if more else ''}"} if still else {}
    labels = {
        "detail": "Images",
        "classes": "Classes",
        "quality": "Quality",
        "map": "Map",
        "versions": "Versions",
        "imports": "Imports",
        "settings": "Settings",
    }
    tabs = [
        {
            "label": label,
            "url": reverse(f"datasets:{name}", args=[dataset.pk]),
            "active": name == active,
            "count": counts.get(name),
        }
        for name, label in labels.items()
        if not dataset.is_shared or name in _SHARED_TABS
    ]
    in_use = dataset.deleted_at is None
    return {
        "dataset": dataset,
        "holds": holds,
        # Of one in the trash, its versions alone have pages.
        "tabs": tabs if in_use else [],
        "version_count": versions,
        "crumbs": [("Datasets", reverse("datasets:list"))],
        "may_edit": in_use and may_edit(user, dataset),
        "archive_url": reverse("api:import-list", args=[dataset.pk]),
        "images_url": reverse("api:image-list", args=[dataset.pk]),
    }
