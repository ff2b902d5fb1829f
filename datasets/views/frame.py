"""What every page of one dataset shares: its tabs, and what its parts are called."""

from dataclasses import dataclass
from typing import Any

from django.urls import reverse

from accounts.models import User
from accounts.roles import Role
from datasets.models import Dataset, DatasetVersion, Image, Import
from datasets.selectors.datasets import contents
from datasets.selectors.quality import open_count


@dataclass(frozen=True)
class Tile:
    """An image as the gallery's template wants it."""

    id: str
    name: str
    class_name: str
    split: str
    width: int
    height: int
    excluded: bool
    thumbnail_url: str
    url: str


def tile(image: Image, query: str = "") -> Tile:
    """Return the tile of an image; `query` keeps the gallery's filters on its page."""
    return Tile(
        id=str(image.pk),
        name=image.name,
        class_name=image.class_label.name if image.class_label else "",
        split=image.split,
        width=image.width,
        height=image.height,
        excluded=image.excluded_at is not None,
        thumbnail_url=reverse("api:image-thumbnail", args=[image.pk]),
        url=reverse("datasets:image", args=[image.pk]) + query,
    )


def may_edit(user: User, dataset: Dataset) -> bool:
    """Whether to show what changes a dataset."""
    return Dataset.objects.for_user(user, Role.EDITOR).filter(pk=dataset.pk).exists()


def frame(user: User, dataset: Dataset, active: str) -> dict[str, Any]:
    """Return the context of a dataset's page: the dataset, what it holds, tabs and crumbs."""
    holds = contents(dataset)
    counts: dict[str, int | None] = {
        "detail": holds.image_count,
        "classes": len(holds.classes),
        "quality": open_count(dataset) or None,
        "imports": Import.objects.filter(dataset=dataset).count(),
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
    ]
    return {
        "dataset": dataset,
        "contents": holds,
        "tabs": tabs,
        "version_count": counts["versions"],
        "crumbs": [("Datasets", reverse("datasets:list"))],
        "may_edit": may_edit(user, dataset),
        "archive_url": reverse("api:import-list", args=[dataset.pk]),
        "images_url": reverse("api:image-list", args=[dataset.pk]),
    }
