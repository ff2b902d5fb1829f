"""The labelling screen: one image after the other, by keys."""

import uuid
from typing import Any
from urllib.parse import urlencode

from django.contrib.auth.mixins import LoginRequiredMixin
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views import View

from datasets.policies import require_editable
from datasets.selectors.datasets import visible_dataset
from datasets.selectors.gallery import Filters, matching_images
from datasets.views.dataset_page import dataset_page

IMAGES_AT_ONCE = 20


class LabelPage(LoginRequiredMixin, View):
    """Goes through what the gallery's filters show; without any, through what is not labelled."""

    def get(self, request: HttpRequest, dataset_id: uuid.UUID) -> HttpResponse:
        dataset = visible_dataset(request.user, dataset_id)
        require_editable(user=request.user, dataset=dataset)
        query = {name: value for name, value in request.GET.items() if name != "trash"}
        filters = Filters.from_query(query)
        if not filters.any:
            filters = Filters(annotated=False)
        context = dataset_page(request.user, dataset, "")
        gallery = reverse("datasets:detail", args=[dataset.pk])
        images = reverse("api:image-list", args=[dataset.pk])
        context |= {
            "crumbs": [*context["crumbs"], (dataset.name, gallery)],
            "gallery_url": gallery + filters.query(),
            "labelling": {
                "queue": f"{images}?{urlencode(_api_query(filters))}",
                "total": matching_images(dataset, filters).count(),
                "classes": [label.name for label in context["contents"].classes],
                "unlabelled": filters == Filters(annotated=False),
            },
        }
        return render(request, "datasets/label.html", context)


def _api_query(filters: Filters) -> dict[str, Any]:
    """The same filters as the API's list of images names them."""
    return {**filters.values, "page_size": IMAGES_AT_ONCE}
