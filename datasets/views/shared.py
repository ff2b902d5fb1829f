"""A dataset of another organization, which shares it: to look at."""

from typing import Any

from django.http import HttpResponse
from django.shortcuts import render

from common.requests import HtmxRequest
from datasets.models import Dataset, Image
from datasets.selectors.gallery import Filters, gallery_page
from datasets.views.dataset_page import MOST_BARS, dataset_page, shown_classes
from datasets.views.tiles import tile


def shared_gallery(request: HtmxRequest, dataset: Dataset) -> HttpResponse:
    """Return the images, and how many of each class; without what its owners do with them."""
    asked = Filters.from_query(request.GET.dict())
    filters = Filters(class_name=asked.class_name, q=asked.q)
    page = gallery_page(dataset, filters, request.GET.get("after", ""))
    context: dict[str, Any] = {
        "tiles": [tile(image) for image in page.images],
        "next_url": request.path + filters.query(after=page.next_cursor)
        if page.next_cursor
        else "",
    }
    if request.htmx:
        return render(request, "datasets/parts/tiles.html", context)
    context |= {**dataset_page(request.user, dataset, "detail"), "filters": filters}
    shown, left = shown_classes(dataset, context["holds"], filters.class_name)
    rows: list[dict[str, Any]] = [
        {
            "label": label.name,
            "value": label.image_count,
            "url": request.path + Filters(class_name=label.name).query(),
            "active": label.name == filters.class_name,
        }
        for label in shown
    ]
    most = max((row["value"] for row in rows), default=1) or 1
    context["bars"] = {"rows": rows, "max": most, "left": left, "most": MOST_BARS}
    return render(request, "datasets/shared.html", context)


def shared_image(request: HtmxRequest, image: Image) -> HttpResponse:
    """Return the page of one image, without who labelled it."""
    context = dataset_page(request.user, image.dataset, "")
    crumbs = [*context["crumbs"], (image.dataset.name, context["tabs"][0]["url"])]
    metadata = list(image.metadata.items())
    context |= {"image": image, "metadata": metadata, "crumbs": crumbs}
    return render(request, "datasets/shared_image.html", context)
