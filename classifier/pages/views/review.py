"""The review queue: one image after the other, by keys; and what goes into it."""

import uuid
from typing import Any

from django.contrib import messages
from django.contrib.auth.mixins import LoginRequiredMixin
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views import View

from accounts.models import Organization
from classifier.models import ReviewKind, ReviewSelection
from classifier.pages.forms import add_field_errors
from classifier.pages.review_forms import BatchReviewForm, SelectionForm
from classifier.pages.selectors.review_page import (
    Part,
    datasets_for_answers,
    learned_datasets,
    organizations_with_work,
    parts_of,
    with_id,
)
from classifier.review.selectors.acting import organization_of_work
from classifier.review.selectors.items import (
    DIVERSITY,
    ORDERS,
    UNCERTAINTY,
    batch_to_review,
    visible_selection,
)
from classifier.review.services.select import select_batch, select_predictions, start_selection
from common.errors import Conflict, Invalid
from common.ids import id_in
from common.page_query import KnownQuery, one_of
from jobs.models import TERMINAL
from jobs.selectors.panels import job_panel


class ReviewPage(LoginRequiredMixin, KnownQuery):
    """Goes through the open items of an organization, or of one dataset or model in it."""

    query_parameters = ("organization", "dataset", "model", "order")

    def get(self, request: HttpRequest) -> HttpResponse:
        work = organizations_with_work(request.user)
        if not work:
            return render(request, "classifier/review/nothing.html")
        asked = request.GET.get("organization", "")
        order = one_of("order", request.GET.get("order", ""), ORDERS) or UNCERTAINTY
        chosen = next((each for each in work if each[0].slug == asked), None)
        if asked and chosen is None:
            return render(request, "classifier/review/nothing.html", {"elsewhere": True})
        organization, total, may_answer = chosen or work[0]
        parts = parts_of(request.user, organization)
        part = _asked_part(request, parts)
        if part is None and (request.GET.get("dataset") or request.GET.get("model")):
            return render(request, "classifier/review/nothing.html", {"elsewhere": True})
        context = {
            "work": work,
            "organization": organization,
            "parts": parts,
            "part": part,
            "total": part.count if part else total,
            "all_count": total,
            "order": order,
            "by_diversity": order == DIVERSITY,
            "may_answer": may_answer,
        }
        context["review"] = _screen(request, organization, context)
        return render(request, "classifier/review/review.html", context)


def _asked_part(request: HttpRequest, parts: list[Part]) -> Part | None:
    for kind in ("dataset", "model"):
        wanted = id_in(request.GET.get(kind))
        for part in parts:
            if part.kind == kind and part.pk == wanted:
                return part
    return None


def _screen(
    request: HttpRequest, organization: Organization, context: dict[str, Any]
) -> dict[str, Any]:
    """What the page's module needs."""
    part: Part | None = context["part"]
    targets = datasets_for_answers(request.user, organization)
    models = [each.pk for each in context["parts"] if each.kind == "model"]
    return {
        "claim": reverse("api:review-item-claim"),
        "release": reverse("api:review-item-release"),
        "answer": with_id("api:review-item-answer"),
        "undo": with_id("api:review-item-undo"),
        "classes": with_id("api:class-list"),
        "organization": organization.slug,
        "order": context["order"],
        "part": {part.kind: str(part.pk)} if part else {},
        "total": context["total"],
        "datasets": [{"id": str(each.pk), "name": each.name} for each in targets],
        "learned": learned_datasets(models),
        "select": reverse("classifier:review_select"),
    }


class SelectPage(LoginRequiredMixin, KnownQuery):
    """What goes into the queue."""

    query_parameters = ("dataset", "model", "kind")

    def get(self, request: HttpRequest) -> HttpResponse:
        dataset, model = id_in(request.GET.get("dataset")), id_in(request.GET.get("model"))
        kind = ReviewKind.PREDICTIONS if request.GET.get("model") else ReviewKind.UNLABELLED
        initial = {"dataset": dataset, "model": model, "kind": request.GET.get("kind") or kind}
        return _form(request, SelectionForm(request.user, initial=initial))

    def post(self, request: HttpRequest) -> HttpResponse:
        form = SelectionForm(request.user, request.POST)
        if form.is_valid():
            try:
                selection = _selected(request, form.cleaned_data)
                return redirect("classifier:review_selection", selection.pk)
            except Invalid as error:
                add_field_errors(error, form)
            except Conflict as error:
                form.add_error(None, error.detail)
        return _form(request, form, status=422)


def _selected(request: HttpRequest, values: dict[str, Any]) -> ReviewSelection:
    if values["kind"] != ReviewKind.PREDICTIONS:
        return start_selection(user=request.user, dataset=values["dataset"], kind=values["kind"])
    percent = values["confidence"]
    return select_predictions(
        user=request.user,
        organization=organization_of_work(request.user, values["model"], None),
        model=values["model"],
        confidence=None if percent is None else percent / 100,
    )


def _form(request: HttpRequest, form: SelectionForm, status: int = 200) -> HttpResponse:
    return render(request, "classifier/review/select.html", {"form": form}, status=status)


class SelectionPage(LoginRequiredMixin, View):
    """What became of what was chosen."""

    def get(self, request: HttpRequest, selection_id: uuid.UUID) -> HttpResponse:
        selection = visible_selection(request.user, selection_id)
        of: Any = selection.dataset or selection.model or selection.batch
        context = {
            "selection": selection,
            "of": of.source_name if selection.batch else of,
            "panel": job_panel(request.user, selection.job, "Selection for review"),
            "under_way": selection.job.status not in TERMINAL,
            "queue": _queue(selection),
        }
        return render(request, "classifier/review/selection.html", context)


class SendBatch(LoginRequiredMixin, View):
    """The doubtful answers of a batch, from its own page."""

    def post(self, request: HttpRequest, batch_id: uuid.UUID) -> HttpResponse:
        batch = batch_to_review(request.user, batch_id)
        form = BatchReviewForm(request.POST)
        if not form.is_valid():
            messages.error(request, " ".join(str(each) for each in form.errors["confidence"]))
            return redirect("classifier:batch", batch_id)
        try:
            selection = select_batch(user=request.user, batch=batch, confidence=form.share())
        except Conflict as error:
            messages.error(request, error.detail)
            return redirect("classifier:batch", batch_id)
        return redirect("classifier:review_selection", selection.pk)


def _queue(selection: ReviewSelection) -> str:
    """Return the address of the part of the queue that the selection is of."""
    address = f"{reverse('classifier:review')}?organization={selection.organization.slug}"
    if selection.dataset_id:
        return f"{address}&dataset={selection.dataset_id}"
    model_id = selection.model_id
    if selection.batch is not None:
        model_id = selection.batch.model_version.model_id
    return f"{address}&model={model_id}"
