"""Say which classes of a model are those of a dataset version, and have it measured so."""

import uuid
from typing import Any
from urllib.parse import urlencode

from django.contrib.auth.mixins import LoginRequiredMixin
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse

from classifier.evaluation.selectors.reports import visible_report
from classifier.evaluation.services.start_evaluation import require_may_evaluate, start_evaluation
from classifier.models import ModelVersion
from classifier.pages.selectors.mapping_form import MappingForm, empty_mapping, sent_mapping
from classifier.registry.selectors.models import readable_version
from common.errors import Conflict, Invalid, Unprocessable
from common.ids import id_in
from common.page_query import KnownQuery
from datasets.models import DatasetVersion, Split
from datasets.selectors.versions import readable_version as readable_dataset_version


class ClassMapping(LoginRequiredMixin, KnownQuery):
    """A row for each class; the address names the images, and what it is compared with then."""

    query_parameters = ("dataset_version", "split", "against", "take")

    def get(self, request: HttpRequest, version_id: uuid.UUID) -> HttpResponse:
        version, images, split = _asked(request, version_id)
        take = request.GET.get("take") == "suggested"
        return _page(request, version, images, split, empty_mapping(version, images, split, take))

    def post(self, request: HttpRequest, version_id: uuid.UUID) -> HttpResponse:
        """Add what was searched for, or start the evaluation."""
        version, images, split = _asked(request, version_id)
        against = request.GET.get("against")
        other = visible_report(request.user, id_in(against)) if against else None
        form = sent_mapping(version, images, split, request.POST)
        if request.POST.get("action") != "evaluate":
            return _page(request, version, images, split, form)
        if form.searched:
            problem = "You have searched for classes: look at what was found, then evaluate."
            return _page(request, version, images, split, form, problem)
        if not form.complete:
            problem = "Say of each class what it is."
            return _page(request, version, images, split, form, problem)
        try:
            report = start_evaluation(
                user=request.user,
                model_version=version,
                dataset_version=images,
                split=split,
                class_mapping=form.mapping,
                other_classes="wrong" if form.other_classes == "wrong" else "left_out",
            )
        except (Conflict, Unprocessable) as error:
            return _page(request, version, images, split, form, error.detail)
        if other is not None:
            there = reverse("classifier:report_comparison", args=[other.pk])
            return redirect(f"{there}?{urlencode({'against': report.pk})}")
        return redirect("classifier:evaluation", report.pk)


def _asked(
    request: HttpRequest, version_id: uuid.UUID
) -> tuple[ModelVersion, DatasetVersion, Split]:
    version = readable_version(request.user, version_id)
    images = readable_dataset_version(request.user, id_in(request.GET.get("dataset_version")))
    # Nothing else can be done here, so who may not start an evaluation is told so at once.
    require_may_evaluate(user=request.user, model_version=version, dataset_version=images)
    split = request.GET.get("split", Split.TEST.label)
    if split.upper() not in Split.__members__:
        raise Invalid(f"split must be train, validation or test; received {split[:40]!r}.")
    return version, images, Split[split.upper()]


def _page(
    request: HttpRequest,
    version: ModelVersion,
    images: DatasetVersion,
    split: Split,
    form: MappingForm,
    problem: str = "",
) -> HttpResponse:
    query: dict[str, Any] = {"dataset_version": images.pk, "split": split.label}
    if request.GET.get("against"):
        query["against"] = id_in(request.GET["against"])
    context = {
        "version": version,
        "images": images,
        "split": split.label,
        "form": form,
        "problem": problem,
        "compares": "against" in query,
        "address": f"?{urlencode(query)}",
        "take_address": f"?{urlencode({**query, 'take': 'suggested'})}",
    }
    template = "classifier/evaluation/class_mapping.html"
    return render(request, template, context, status=422 if problem else 200)
