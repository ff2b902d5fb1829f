"""Pages about models that were trained elsewhere."""

import uuid
from typing import Any

from django.contrib.auth.mixins import LoginRequiredMixin
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views import View

from accounts.models import User
from classifier.engine.foreign.scaling import SCALINGS
from classifier.models import ModelImport
from classifier.pages.forms import add_field_errors
from classifier.pages.model_import_form import ModelImportForm
from classifier.registry.selectors.model_imports import visible_import, visible_imports
from classifier.registry.services.importing.start_import import start_model_import
from common.errors import DomainError, Invalid, NotFound
from common.page_query import KnownQuery
from datasets.models import Image
from datasets.selectors.datasets import contents_of
from jobs.selectors.panels import job_panel

_LATEST = 10


class NewModelImport(LoginRequiredMixin, KnownQuery):
    """Asks for the file and for what it cannot say."""

    query_parameters = ("model",)

    def get(self, request: HttpRequest) -> HttpResponse:
        model = request.GET.get("model", "")
        form = ModelImportForm(request.user, initial={"model": model, "fit": "stretch"})
        return _form_page(request, form)

    def post(self, request: HttpRequest) -> HttpResponse:
        """Start the import; a script, which shows how far the upload is, is told the address."""
        form = ModelImportForm(request.user, request.POST, request.FILES)
        if form.is_valid():
            file = form.cleaned_data["file"]
            try:
                row = start_model_import(
                    user=request.user, file=file, file_name=file.name, wish=form.wish()
                )
            except Invalid as error:
                add_field_errors(error, form)
            except DomainError as error:
                if isinstance(error, NotFound):
                    raise
                form.add_error(None, f"{error.detail} {error.hint}".strip())
            else:
                there = reverse("classifier:model_import", args=[row.pk])
                if request.accepts("text/html"):
                    return redirect(there)
                return JsonResponse({"url": there})
        if request.accepts("text/html"):
            return _form_page(request, form, status=422)
        faults = [str(fault) for each in form.errors.values() for fault in each]
        return JsonResponse({"detail": " ".join(faults), "status": 422}, status=422)


class ModelImportPage(LoginRequiredMixin, View):
    """One import: what the file says, what was stated, what it answers."""

    def get(self, request: HttpRequest, import_id: uuid.UUID) -> HttpResponse:
        row = visible_import(request.user, import_id)
        context = {
            "row": row,
            "version": row.version,
            "panel": job_panel(request.user, row.job, "Import"),
            "active": not row.job.is_terminal,
            "scaling": SCALINGS[row.input["scaling"]],
            "tried": _tried(request.user, row),
            "others": _others(row),
        }
        return render(request, "classifier/registry/model_import.html", context)


def _form_page(request: HttpRequest, form: ModelImportForm, status: int = 200) -> HttpResponse:
    datasets = list(form.fields["dataset"].queryset[:_LATEST])  # type: ignore[attr-defined]
    contents = contents_of(datasets)
    names = {
        str(dataset.pk): sorted(each.name for each in contents[dataset.pk].classes)
        for dataset in datasets
    }
    context = {
        "form": form,
        "class_names": names,
        "latest": visible_imports(request.user)[:_LATEST],
    }
    return render(request, "classifier/registry/model_import_new.html", context, status=status)


def _tried(user: User, row: ModelImport) -> list[dict[str, Any]]:
    """Return the answers of the trial whose images are still there, the wrong ones first."""
    answers = row.trial["answers"] if row.trial else []
    images = Image.objects.for_user(user).alive().in_bulk([each["image"] for each in answers])
    shown = [
        {**each, "image": image, "right": each["true"] == each["predicted"]}
        for each in answers
        if (image := images.get(uuid.UUID(each["image"]))) is not None
    ]
    return sorted(shown, key=lambda each: each["right"])


def _others(row: ModelImport) -> list[tuple[str, int, bool]]:
    """Return how many images each scaling has right, the most first; True for the stated one."""
    if not row.trial:
        return []
    found = {**row.trial["others"], row.input["scaling"]: row.trial["right"]}
    stated = row.input["scaling"]
    return sorted(
        ((SCALINGS[name].formula, right, name == stated) for name, right in found.items()),
        key=lambda each: -each[1],
    )
