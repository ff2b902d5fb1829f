"""The labelling screen: one image after the other, by keys."""

import uuid
from dataclasses import replace
from typing import Any
from urllib.parse import urlencode

from django.contrib.auth.mixins import LoginRequiredMixin
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views import View

from datasets.models import Dataset
from datasets.policies import require_editable
from datasets.selectors.classes import class_names
from datasets.selectors.datasets import visible_dataset
from datasets.selectors.gallery import Filters, matching_images
from datasets.selectors.lacking_vectors import lacks_vectors
from datasets.services.vectors.embedding import embed_for_viewer
from datasets.views.dataset_page import dataset_page

IMAGES_AT_ONCE = 20
_ANY = uuid.UUID(int=0)


class LabelPage(LoginRequiredMixin, View):
    """Goes through what the gallery's filters show; without any, through what is not labelled."""

    def get(self, request: HttpRequest, dataset_id: uuid.UUID) -> HttpResponse:
        dataset = visible_dataset(request.user, dataset_id)
        require_editable(user=request.user, dataset=dataset)
        _have_vectors_made(dataset)
        query = {name: value for name, value in request.GET.items() if name != "trash"}
        filters = Filters.from_query(query)
        if not replace(filters, ordering="").any:
            filters = replace(filters, annotated=False)
        context = dataset_page(request.user, dataset, "")
        gallery = reverse("datasets:detail", args=[dataset.pk])
        images = reverse("api:image-list", args=[dataset.pk])
        context |= {
            "crumbs": [*context["crumbs"], (dataset.name, gallery)],
            "gallery_url": gallery + filters.query(),
            "grid_url": reverse("datasets:label_grid", args=[dataset.pk]),
            "labelling": {
                "queue": f"{images}?{urlencode(_api_query(filters))}",
                "model": reverse("api:instant-model", args=[dataset.pk]),
                "dataset": reverse("api:dataset-detail", args=[dataset.pk]),
                "total": matching_images(dataset, filters).count(),
                "classes": class_names(dataset),
                "unlabelled": replace(filters, ordering="") == Filters(annotated=False),
            },
        }
        return render(request, "datasets/label.html", context)


def _have_vectors_made(dataset: Dataset) -> None:
    """Suggestions need vectors: small images wait with theirs for a person to come."""
    if dataset.instant_model and lacks_vectors(dataset):
        embed_for_viewer(dataset)


def _api_query(filters: Filters) -> dict[str, Any]:
    """The same filters as the API's list of images names them."""
    return {**filters.values, "page_size": IMAGES_AT_ONCE}


class LabelGridPage(LoginRequiredMixin, View):
    """Up to 60 images at a time, grouped by what they may be; the groups come from the API."""

    def get(self, request: HttpRequest, dataset_id: uuid.UUID) -> HttpResponse:
        dataset = visible_dataset(request.user, dataset_id)
        require_editable(user=request.user, dataset=dataset)
        _have_vectors_made(dataset)
        context = dataset_page(request.user, dataset, "")
        gallery = reverse("datasets:detail", args=[dataset.pk])
        context |= {
            "crumbs": [*context["crumbs"], (dataset.name, gallery)],
            "gallery_url": gallery,
            "label_url": reverse("datasets:label", args=[dataset.pk]),
            "grid": {
                "url": reverse("api:label-grid", args=[dataset.pk]),
                "undo": _with_id("api:bulk-edit-undo"),
                "model": reverse("api:instant-model", args=[dataset.pk]),
                "dataset": reverse("api:dataset-detail", args=[dataset.pk]),
                "gallery": gallery,
                "register": reverse("api:instant-model-register", args=[dataset.pk]),
                "version": reverse("classifier:model_version", args=[_ANY]).replace(
                    str(_ANY), "{id}"
                ),
                "classes": class_names(dataset),
            },
        }
        return render(request, "datasets/label_grid.html", context)


def _with_id(name: str) -> str:
    """Return an address that has `{id}` where the id of something stands."""
    return reverse(name, args=[_ANY]).replace(str(_ANY), "{id}")
