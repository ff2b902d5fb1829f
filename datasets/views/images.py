"""A dataset's gallery, and one image."""

import uuid
from typing import Any

from django.contrib import messages
from django.contrib.auth.mixins import LoginRequiredMixin
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views import View

from common.errors import Conflict, Invalid
from common.requests import HtmxRequest
from datasets.forms import LabelForm
from datasets.models import Dataset, Image, SplitName
from datasets.selectors.datasets import Contents, visible_dataset
from datasets.selectors.gallery import UNLABELLED, Filters, gallery_page, neighbours
from datasets.selectors.images import visible_image
from datasets.selectors.imports import imports_of
from datasets.selectors.quality import findings_of
from datasets.services.annotate import edit_image
from datasets.services.trash import trash_image
from datasets.views.frame import frame, tile
from jobs.models import TERMINAL


class DatasetPage(LoginRequiredMixin, View):
    """The gallery with its filters, the balance of classes, and where files are dropped."""

    def get(self, request: HtmxRequest, dataset_id: uuid.UUID) -> HttpResponse:
        dataset = visible_dataset(request.user, dataset_id)
        filters = Filters.from_query(request.GET.dict())
        page = gallery_page(dataset, filters, request.GET.get("after", ""))
        next_url = ""
        if page.next_cursor:
            next_url = request.path + filters.query(after=page.next_cursor)
        context: dict[str, Any] = {
            "tiles": [tile(image, filters.query()) for image in page.images],
            "next_url": next_url,
        }
        if request.htmx:
            return render(request, "datasets/parts/tiles.html", context)
        context |= frame(request.user, dataset, "detail")
        context |= {
            "filters": filters,
            "bars": _class_bars(request.path, context["contents"], filters),
            "splits": _split_chips(request.path, dataset, filters),
            "issues": _issue_chips(request.path, dataset, filters),
            "running": imports_of(dataset).exclude(job__status__in=TERMINAL)[:3],
        }
        return render(request, "datasets/detail.html", context)


def _class_bars(path: str, contents: Contents, filters: Filters) -> dict[str, Any]:
    """One bar per class, each a link that filters by it, or that takes the filter away."""
    rows = [(label.name, label.name, label.image_count) for label in contents.classes]
    if contents.unlabelled_count:
        rows.append(("Not labelled", UNLABELLED, contents.unlabelled_count))
    bars = [
        {
            "label": label,
            "value": count,
            "url": path + filters.query(class_name="" if filters.class_name == name else name),
            "active": filters.class_name == name,
        }
        for label, name, count in rows
    ]
    return {"rows": bars, "max": max((count for _, _, count in rows), default=1) or 1}


def _split_chips(path: str, dataset: Dataset, filters: Filters) -> list[dict[str, Any]]:
    """The folders that images came from; none for a dataset without any."""
    used = set(
        Image.objects.alive().filter(dataset=dataset).order_by().values_list("split", flat=True)
        .distinct()
    )  # fmt: skip
    return [
        {
            "label": label,
            "url": path + filters.query(split="" if filters.split == value else value),
            "active": filters.split == value,
        }
        for value, label in SplitName.choices
        if value in used
    ]


def _issue_chips(path: str, dataset: Dataset, filters: Filters) -> list[dict[str, Any]]:
    """What the quality report found; none before the first check."""
    return [
        {
            "label": finding.kind.label,
            "count": finding.count,
            "url": path
            + filters.query(issue="" if filters.issue == finding.kind else finding.kind),
            "active": filters.issue == finding.kind,
        }
        for finding in findings_of(dataset)
    ]


class ImagePage(LoginRequiredMixin, View):
    """One image: what it is, its class, who gave it that."""

    def get(self, request: HttpRequest, image_id: uuid.UUID) -> HttpResponse:
        image = visible_image(request.user, image_id)
        return render(request, "datasets/image.html", _image_context(request, image))

    def post(self, request: HttpRequest, image_id: uuid.UUID) -> HttpResponse:
        image = visible_image(request.user, image_id)
        form = LabelForm(request.POST)
        if form.is_valid():
            try:
                edit_image(
                    user=request.user,
                    image=image,
                    changes={"class_name": form.cleaned_data["class_name"]},
                    expected_class=form.cleaned_data["expected_class_name"],
                )
                return redirect(f"{request.path}{Filters.from_query(request.GET.dict()).query()}")
            except (Conflict, Invalid) as error:
                form.add_error("class_name", error.detail)
        context = {**_image_context(request, image), "form": form}
        return render(request, "datasets/image.html", context, status=422)


def _image_context(request: HttpRequest, image: Image) -> dict[str, Any]:
    filters = Filters.from_query(request.GET.dict())
    newer, older = neighbours(image, filters)
    class_name = image.class_label.name if image.class_label else ""
    gallery = reverse("datasets:detail", args=[image.dataset_id]) + filters.query()
    context = frame(request.user, image.dataset, "")
    return context | {
        "image": image,
        "file_url": reverse("api:image-file", args=[image.pk]),
        "form": LabelForm(initial={"class_name": class_name, "expected_class_name": class_name}),
        "annotations": image.annotations.select_related("created_by").order_by("-created_at")[:20],
        "newer_url": _image_url(newer, filters),
        "older_url": _image_url(older, filters),
        "crumbs": [*context["crumbs"], (image.dataset.name, gallery)],
    }


def _image_url(image_id: uuid.UUID | None, filters: Filters) -> str:
    return reverse("datasets:image", args=[image_id]) + filters.query() if image_id else ""


class ImageExclude(LoginRequiredMixin, View):
    """Leaves an image out of new versions, or takes it in again."""

    def post(self, request: HttpRequest, image_id: uuid.UUID) -> HttpResponse:
        image = visible_image(request.user, image_id)
        excluded = image.excluded_at is None
        edit_image(user=request.user, image=image, changes={"excluded": excluded})
        words = "is left out of new versions" if excluded else "goes into new versions again"
        messages.success(request, f"{image.name} {words}.")
        return redirect("datasets:image", image_id)


class ImageTrash(LoginRequiredMixin, View):
    """Moves an image to the trash."""

    def post(self, request: HttpRequest, image_id: uuid.UUID) -> HttpResponse:
        image = visible_image(request.user, image_id)
        trash_image(user=request.user, image=image)
        messages.success(request, f"{image.name} is in the trash.")
        return redirect("datasets:detail", image.dataset_id)
