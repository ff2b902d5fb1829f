"""What every page of one dataset shares: its head, its tabs, and what a person may do there."""

from typing import Any

from django.urls import reverse

from accounts.models import User
from accounts.roles import Role
from datasets.models import Dataset, DatasetVersion, Import
from datasets.selectors.datasets import contents
from datasets.selectors.quality import open_count


def may_edit(user: User, dataset: Dataset) -> bool:
    """Whether to show what changes a dataset."""
    return Dataset.objects.for_user(user, Role.EDITOR).filter(pk=dataset.pk).exists()


# What readers of a shared dataset are shown.
_SHARED_TABS = ("detail", "classes", "versions")


def dataset_page(user: User, dataset: Dataset, active: str) -> dict[str, Any]:
    """Return the context of a dataset's page: the dataset, what it holds, tabs and crumbs."""
    holds = contents(dataset)
    counts: dict[str, int | None] = {
        "detail": holds.image_count,
        "classes": len(holds.classes),
        "quality": None if dataset.is_shared else open_count(dataset) or None,
        "imports": None if dataset.is_shared else Import.objects.filter(dataset=dataset).count(),
        "versions": DatasetVersion.objects.filter(dataset=dataset).count(),
    }
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
            "count": f"{counts[name]:,}" if counts.get(name) is not None else None,
        }
        for name, label in labels.items()
        if not dataset.is_shared or name in _SHARED_TABS
    ]
    in_use = dataset.deleted_at is None
    return {
        "dataset": dataset,
        "contents": holds,
        # Of one in the trash, its versions alone have pages.
        "tabs": tabs if in_use else [],
        "version_count": counts["versions"],
        "crumbs": [("Datasets", reverse("datasets:list"))],
        "may_edit": in_use and may_edit(user, dataset),
        "archive_url": reverse("api:import-list", args=[dataset.pk]),
        "images_url": reverse("api:image-list", args=[dataset.pk]),
    }
