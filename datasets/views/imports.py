"""The imports into a dataset, and one import with its report."""

import uuid
from typing import Any

from django.contrib import messages
from django.contrib.auth.mixins import LoginRequiredMixin
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views import View

from common.errors import Conflict, Invalid, TooLarge
from datasets import kinds
from datasets.errors import ArchiveRefused
from datasets.forms import LicenceForm
from datasets.models import Import, Outcome
from datasets.selectors.datasets import visible_dataset
from datasets.selectors.import_findings import checked_since
from datasets.selectors.import_question import code_page_title, import_question, mapping_of
from datasets.selectors.imports import imports_of, items_of, visible_import
from datasets.selectors.jobs_under_way import job_under_way
from datasets.selectors.quality import findings_of
from datasets.services.intake.confirm_import import confirm_import, dismiss_import
from datasets.services.intake.start_import import start_import
from datasets.services.intake.state_licence import state_licence
from datasets.views.dataset_page import dataset_page
from jobs.models import Status
from jobs.selectors.panels import job_panel

ITEMS_PER_PAGE = 100


class ImportList(LoginRequiredMixin, View):
    """Every archive that came in; the form without JavaScript posts here."""

    def get(self, request: HttpRequest, dataset_id: uuid.UUID) -> HttpResponse:
        dataset = visible_dataset(request.user, dataset_id)
        page = Paginator(imports_of(dataset), 50).get_page(request.GET.get("page"))
        context = {**dataset_page(request.user, dataset, "imports"), "page": page}
        return render(request, "datasets/imports.html", context)

    def post(self, request: HttpRequest, dataset_id: uuid.UUID) -> HttpResponse:
        dataset = visible_dataset(request.user, dataset_id)
        archive = request.FILES.get("archive")
        try:
            if archive is None:
                raise Invalid("Choose a zip file to import; received none.")
            source = start_import(
                user=request.user,
                dataset=dataset,
                archive=archive,
                archive_name=archive.name or "",
                ask=request.POST.get("ask") == "true",
            )
        except (Invalid, TooLarge, ArchiveRefused) as error:
            page = Paginator(imports_of(dataset), 50).get_page(1)
            context = {
                **dataset_page(request.user, dataset, "imports"),
                "page": page,
                "problem": error,
            }
            return render(request, "datasets/imports.html", context, status=error.status)
        return redirect("datasets:import", source.pk)


class ImportPage(LoginRequiredMixin, View):
    """An import while it runs, and what became of each file that was not added."""

    def get(self, request: HttpRequest, import_id: uuid.UUID) -> HttpResponse:
        source = visible_import(request.user, import_id)
        outcome = request.GET.get("outcome", "")
        items = items_of(source).select_related("image")
        if outcome in Outcome.values:
            items = items.filter(outcome=outcome)
        page = Paginator(items, ITEMS_PER_PAGE).get_page(request.GET.get("page"))
        context = _import_context(request, source)
        context |= {"page": page, "outcome": outcome}
        return render(request, "datasets/import.html", context)


class ImportConfirm(LoginRequiredMixin, View):
    """The answer to how an archive is meant."""

    def post(self, request: HttpRequest, import_id: uuid.UUID) -> HttpResponse:
        source = visible_import(request.user, import_id)
        layout = request.POST.get("layout", "")
        try:
            confirm_import(
                user=request.user,
                source=source,
                layout=layout,
                encoding=request.POST.get("encoding", ""),
                class_mapping=mapping_of(source, layout, request.POST),
            )
        except (Invalid, Conflict) as error:
            context = {**_import_context(request, source), "problem": error}
            return render(request, "datasets/import.html", context, status=error.status)
        return redirect("datasets:import", source.pk)


class ImportLicence(LoginRequiredMixin, View):
    """The form that states the licence of an import's images."""

    def post(self, request: HttpRequest, import_id: uuid.UUID) -> HttpResponse:
        source = visible_import(request.user, import_id)
        form = LicenceForm(request.POST)
        try:
            if not form.is_valid():
                raise Invalid(next(iter(form.errors.values()))[0])
            state_licence(user=request.user, source=source, **form.cleaned_data)
        except Invalid as error:
            messages.error(request, error.detail)
        else:
            messages.success(request, "The licence is kept.")
        return redirect("datasets:import", source.pk)


class ImportDismiss(LoginRequiredMixin, View):
    """Putting an import that failed or waits out of sight."""

    def post(self, request: HttpRequest, import_id: uuid.UUID) -> HttpResponse:
        source = visible_import(request.user, import_id)
        dismiss_import(user=request.user, source=source)
        messages.success(request, f"{source.archive_name} was dismissed and its archive removed.")
        return redirect("datasets:imports", source.dataset_id)


def _import_context(request: HttpRequest, source: Import) -> dict[str, Any]:
    """Return what every page of one import shows."""
    context = dataset_page(request.user, source.dataset, "imports")
    ended_badly = source.job.status in (Status.FAILED, Status.CANCELLED)
    return context | {
        "source": source,
        "result": source.job.result or {},
        "taken": source.readings[0] if source.job.result and source.readings else None,
        "code_page": code_page_title(source.encoding),
        "question": import_question(source, request.POST)
        if source.status == "needs_confirmation"
        else None,
        "chosen": request.POST.get("layout", ""),
        "licence": source.stated_licence,
        "licence_form": LicenceForm(
            {"licence": source.licence, "licence_text": source.licence_text}
        ),
        "panel": job_panel(request.user, source.job, source.archive_name),
        "can_dismiss": context["may_edit"] and ended_badly and not source.dismissed_at,
        **_findings(source),
    }


def _findings(source: Import) -> dict[str, Any]:
    """Return what the quality check has found of an import's images, or the check under way."""
    if not (source.job.result or {}).get("images_added"):
        return {"findings": None, "check": None}
    found = findings_of(source.dataset) if checked_since(source) else None
    return {
        "findings": found,
        "open_findings": sum(finding.items for finding in found or []),
        "check": None if found is not None else job_under_way(source.dataset, kinds.CHECK_QUALITY),
    }
