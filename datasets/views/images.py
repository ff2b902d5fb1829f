"""One image: what it is, its class, who gave it that."""

import uuid
from collections.abc import Sequence
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
from datasets.models import BulkAction, Image
from datasets.selectors.classes import class_names
from datasets.selectors.gallery import Filters, neighbours
from datasets.selectors.images import readable_image, visible_image
from datasets.selectors.trash import goes_at
from datasets.services.labelling.annotate import edit_image
from datasets.services.labelling.bulk_edit import bulk_edit
from datasets.views.dataset_page import dataset_page
from datasets.views.edits import offer_undo
from datasets.views.shared import shared_image


class ImagePage(LoginRequiredMixin, View):
    """One image: what it is, its class, who gave it that."""

    def get(self, request: HtmxRequest, image_id: uuid.UUID) -> HttpResponse:
        image = readable_image(request.user, image_id)
        if image.is_shared:
            return shared_image(request, image)
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
    context = dataset_page(request.user, image.dataset, "")
    return context | {
        "image": image,
        # Pairs: a template would take a column called `items` for a dictionary's method.
        "metadata": list(image.metadata.items()),
        "goes_at": goes_at(image.deleted_at) if image.deleted_at else None,
        "file_url": reverse("api:image-file", args=[image.pk]),
        "form": LabelForm(initial={"class_name": class_name, "expected_class_name": class_name}),
        "annotations": image.annotations.select_related("created_by").order_by("-created_at")[:20],
        "class_names": class_names(image.dataset),
        "query": filters.query(),
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
        excluded = _wanted(request, "excluded", ("true", "false")) == "true"
        edit_image(user=request.user, image=image, changes={"excluded": excluded})
        words = "is left out of new versions" if excluded else "goes into new versions again"
        messages.success(request, f"{image.name} {words}.")
        filters = Filters.from_query(request.GET.dict())
        return redirect(reverse("datasets:image", args=[image_id]) + filters.query())


class ImageTrash(LoginRequiredMixin, View):
    """Moves an image to the trash, or takes it out again."""

    def post(self, request: HttpRequest, image_id: uuid.UUID) -> HttpResponse:
        image = visible_image(request.user, image_id, in_trash=True)
        action = BulkAction(_wanted(request, "action", (BulkAction.TRASH, BulkAction.RESTORE)))
        bulk = bulk_edit(
            user=request.user, dataset=image.dataset, action=action, selection=[image.pk]
        )
        restored = action == BulkAction.RESTORE
        words = "is out of the trash again" if restored else "is in the trash"
        offer_undo(request, bulk.edit, f"{image.name} {words}.")
        filters = Filters.from_query(request.GET.dict())
        address = reverse("datasets:detail", args=[image.dataset_id])
        return redirect(address + filters.query())


def _wanted(request: HttpRequest, name: str, allowed: Sequence[str]) -> str:
    """Return what a button said it would do, whatever another person has done meanwhile.

    Raises `Invalid` for anything else.
    """
    wanted = request.POST.get(name, "")
    if wanted not in allowed:
        raise Invalid(f"{name} may be {' or '.join(allowed)}; received {wanted[:40] or 'none'}.")
    return wanted
