"""The images of a version, as they were frozen."""

import uuid
from typing import Any

from django.contrib.auth.mixins import LoginRequiredMixin
from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views import View

from common.requests import HtmxRequest
from datasets.models import DatasetVersion, Sample, Split
from datasets.selectors.forgotten import forgotten_in
from datasets.selectors.samples import SampleFilters, sample_page
from datasets.selectors.versions import readable_version
from datasets.views.dataset_page import dataset_page
from datasets.views.tiles import Tile


class SamplesPage(LoginRequiredMixin, View):
    """A gallery of a version's samples with the class and the split of then."""

    def get(self, request: HtmxRequest, version_id: uuid.UUID) -> HttpResponse:
        version = readable_version(request.user, version_id)
        filters = SampleFilters.from_query(request.GET.dict())
        samples, cursor = sample_page(version, filters, request.GET.get("after", ""))
        if version.dataset.deleted_at is not None:
            # Images in the trash are shown to no one.
            samples, cursor = [], ""
        context: dict[str, Any] = {
            "tiles": [_tile(version, sample) for sample in samples],
            "next_url": request.path + filters.query(after=cursor) if cursor else "",
        }
        if request.htmx:
            return render(request, "datasets/parts/tiles.html", context)
        context |= dataset_page(request.user, version.dataset, "versions")
        context |= {
            "version": version,
            "filters": filters,
            "forgotten": forgotten_in(version),
            "splits": _chips(request.path, version, filters),
            "bars": _bars(request.path, version, filters),
            # What is frozen is only looked at.
            "may_edit": False,
        }
        return render(request, "datasets/version_samples.html", context)


def _tile(version: DatasetVersion, sample: Sample) -> Tile:
    return Tile(
        id=str(sample.image_id),
        name=sample.name,
        class_name=version.class_names[sample.class_index],
        split=sample.get_split_display(),
        width=sample.image.width,
        height=sample.image.height,
        excluded=False,
        thumbnail_url=reverse("api:image-thumbnail", args=[sample.image_id]),
        url=reverse("datasets:image", args=[sample.image_id]),
    )


def _chips(path: str, version: DatasetVersion, filters: SampleFilters) -> list[dict[str, Any]]:
    return [
        {
            "label": split,
            "count": sum(version.sample_counts[split].values()),
            "url": path + filters.query(split="" if filters.split == split else split),
            "active": filters.split == split,
        }
        for split in Split.labels
    ]


def _bars(path: str, version: DatasetVersion, filters: SampleFilters) -> dict[str, Any]:
    """One bar per class, counted in the split that is shown."""
    splits = [filters.split] if filters.split else Split.labels
    rows = [
        {
            "label": name,
            "value": sum(version.sample_counts[split][name] for split in splits),
            "url": path + filters.query(class_name="" if filters.class_name == name else name),
            "active": filters.class_name == name,
        }
        for name in version.class_names
    ]
    return {"rows": rows, "max": max(row["value"] for row in rows) or 1}
