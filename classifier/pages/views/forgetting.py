"""Which models learned from an image, and having it forgotten."""

import uuid

from django.contrib import messages
from django.contrib.auth.mixins import LoginRequiredMixin
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views import View

from classifier.lineage.selectors.forgetting import (
    forgotten_of,
    may_forget,
    models_of,
    preview_of,
)
from classifier.lineage.services.start_forgetting import start_forgetting
from classifier.pages.forms import ForgetForm
from common.errors import Conflict, Invalid
from datasets.models import Image
from datasets.selectors.forgotten import forgotten_before, visible_forgetting
from datasets.selectors.images import kept_image
from jobs.selectors.panels import job_panel


class ImageModels(LoginRequiredMixin, View):
    """The part of an image's page that says which models have something of it."""

    def get(self, request: HttpRequest, image_id: uuid.UUID) -> HttpResponse:
        image = kept_image(request.user, image_id)
        context = {
            "image": image,
            "found": models_of(image),
            "may_forget": may_forget(request.user, image),
            "before": forgotten_before(image),
        }
        return render(request, "classifier/lineage/image_models.html", context)


class ForgetImage(LoginRequiredMixin, View):
    """What forgetting an image would remove and leave, and the form that starts it."""

    def get(self, request: HttpRequest, image_id: uuid.UUID) -> HttpResponse:
        image = kept_image(request.user, image_id)
        return _preview(request, image, None, 200)

    def post(self, request: HttpRequest, image_id: uuid.UUID) -> HttpResponse:
        image = kept_image(request.user, image_id)
        preview = preview_of(image)
        form = ForgetForm(preview.others, request.POST)
        if form.is_valid():
            try:
                forgetting = start_forgetting(
                    user=request.user,
                    image=image,
                    reason=form.cleaned_data["reason"],
                    datasets=[uuid.UUID(pk) for pk in form.cleaned_data["datasets"]],
                )
                messages.success(request, "The image is being forgotten.")
                return redirect("classifier:forgetting", forgetting.pk)
            except (Conflict, Invalid) as error:
                form.add_error(None, error.detail)
        return _preview(request, image, form, 422)


def _preview(
    request: HttpRequest, image: Image, form: ForgetForm | None, status: int
) -> HttpResponse:
    preview = preview_of(image)
    context = {
        "image": image,
        "preview": preview,
        "form": form or ForgetForm(preview.others),
        "may_forget": may_forget(request.user, image),
    }
    return render(request, "classifier/lineage/forget.html", context, status=status)


class ForgettingPage(LoginRequiredMixin, View):
    """What was removed of an image, and what remains."""

    def get(self, request: HttpRequest, forgetting_id: uuid.UUID) -> HttpResponse:
        forgetting = visible_forgetting(request.user, forgetting_id)
        context = {
            "forgetting": forgetting,
            "forgotten": forgotten_of(forgetting),
            "counts": counts_in_words(forgetting.counts),
            "panel": job_panel(request.user, forgetting.job),
        }
        return render(request, "classifier/lineage/forgetting.html", context)


_WORDS = {
    "images": ("image of the dataset", "images of the datasets"),
    "samples": ("place in a frozen version", "places in frozen versions"),
    "files": ("file with its thumbnail", "files with their thumbnails"),
    "fingerprints": ("fingerprint", "fingerprints"),
    "annotations": ("entry of its labelling", "entries of its labelling"),
    "import_items": ("line of an import's report", "lines of import reports"),
    "reports": ("report's answer to it", "reports' answers to it"),
    "training_vectors": ("training vector kept by decisions", "training vectors kept by decisions"),
    "cached_pixels": (
        "row of cached pixels on the worker's machine",
        "rows of cached pixels on the worker's machine",
    ),
    "run_pictures": ("run's sample pictures", "runs' sample pictures"),
    "predictions": ("kept prediction", "kept predictions"),
}


def counts_in_words(counts: dict[str, int]) -> list[tuple[int, str]]:
    """Return what was removed: how many, and of what."""
    return [
        (number, _WORDS[name][number != 1]) for name in _WORDS if (number := counts.get(name, 0))
    ]
