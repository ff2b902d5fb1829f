"""Pages about batch predictions."""

import uuid
from dataclasses import replace
from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.contrib.auth.mixins import LoginRequiredMixin
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views import View

from accounts.models import User
from accounts.roles import Role
from classifier.batches.selectors.batches import (
    Mix,
    mix_of,
    rate_of,
    visible_batch,
    visible_batches,
)
from classifier.batches.selectors.exports import FORMATS
from classifier.batches.selectors.results import DECISIONS, OUTCOMES, ResultFilter, results_of
from classifier.batches.services.add_answers import start_addition
from classifier.batches.services.end_batch import delete_batch
from classifier.models import BatchPrediction, BatchResult, BatchSource
from classifier.pages.batch_form import AdditionForm, BatchForm
from classifier.pages.filter_words import in_words
from classifier.pages.forms import add_field_errors
from common.errors import DomainError, Forbidden, Invalid, NotFound
from common.page_query import KnownQuery, one_of
from datasets.models import Image
from datasets.selectors.datasets import readable_datasets, visible_datasets
from datasets.selectors.gallery import METADATA, Filters
from jobs.models import Status
from jobs.selectors.panels import job_panel

PAGE_SIZE = 30
RESULTS = 60
# Classes that the page draws a bar for; a list below has all.
_BARS = 12
_FILTERS = [name for name in Filters.NAMES if name not in ("ordering", "trash")]


class BatchList(LoginRequiredMixin, KnownQuery):
    """The batches of the person's organizations; a form starts one."""

    query_parameters = ("page",)

    def get(self, request: HttpRequest) -> HttpResponse:
        everything = visible_batches(request.user)
        page = Paginator(everything, PAGE_SIZE).get_page(request.GET.get("page"))
        return render(request, "classifier/batches/list.html", {"page": page})

    def post(self, request: HttpRequest) -> HttpResponse:
        form = BatchForm(request.user, request.POST, request.FILES)
        if form.is_valid():
            try:
                batch = form.start()
            except Invalid as error:
                add_field_errors(error, form)
            except DomainError as error:
                if isinstance(error, Forbidden | NotFound):
                    raise
                form.add_error(None, f"{error.detail} {error.hint}".strip())
            else:
                return redirect("classifier:batch", batch_id=batch.pk)
        return _form_page(request, form, status=422)


class NewBatch(LoginRequiredMixin, View):
    """Asks which images a model is to be asked about; an address may name all but the zip.

    The gallery sends the images that are selected there, which are too many for an address.
    """

    def get(self, request: HttpRequest) -> HttpResponse:
        return _form_page(request, BatchForm(request.user, initial=_initial(request.GET.dict())))

    def post(self, request: HttpRequest) -> HttpResponse:
        """Show the form for what was selected; nothing is started."""
        asked = request.POST.dict()
        asked.pop("csrfmiddlewaretoken", None)
        return _form_page(request, BatchForm(request.user, initial=_initial(asked)))


class BatchPage(LoginRequiredMixin, KnownQuery):
    """One batch: progress, what was answered, each image, downloads."""

    query_parameters = ("class_name", "decision", "outcome", "below", "page")

    def get(self, request: HttpRequest, batch_id: uuid.UUID) -> HttpResponse:
        batch = visible_batch(request.user, batch_id)
        return _batch_page(request, batch, _addition_form(request.user, batch))


class BatchAdditionStart(LoginRequiredMixin, View):
    """Puts the accepted answers into a dataset."""

    def post(self, request: HttpRequest, batch_id: uuid.UUID) -> HttpResponse:
        batch = visible_batch(request.user, batch_id)
        form = _addition_form(request.user, batch, request.POST)
        if form is None:
            raise NotFound("You may not put answers of this batch into a dataset.")
        if form.is_valid():
            try:
                start_addition(user=request.user, batch=batch, **form.chosen())
            except Invalid as error:
                add_field_errors(error, form)
            except DomainError as error:
                if isinstance(error, Forbidden | NotFound):
                    raise
                form.add_error(None, f"{error.detail} {error.hint}".strip())
            else:
                messages.success(request, "The answers are on their way into the dataset.")
                return redirect("classifier:batch", batch_id=batch.pk)
        return _batch_page(request, batch, form, status=422)


class BatchDelete(LoginRequiredMixin, View):
    """Deletes a batch."""

    def post(self, request: HttpRequest, batch_id: uuid.UUID) -> HttpResponse:
        batch = visible_batch(request.user, batch_id)
        try:
            delete_batch(user=request.user, batch=batch)
        except DomainError as error:
            if isinstance(error, Forbidden | NotFound):
                raise
            messages.error(request, f"{error.detail} {error.hint}".strip())
            return redirect("classifier:batch", batch_id=batch.pk)
        messages.success(request, f"The batch of {batch.source_name} was deleted.")
        return redirect("classifier:batch_list")


def _initial(asked: dict[str, str]) -> dict[str, Any]:
    """Return what an address or the gallery says; raises `Invalid` for what the form lacks."""
    known = {"model", "version", "dataset", "dataset_version", "split", "images", *_FILTERS}
    unknown = [name for name in asked if name not in known and not name.startswith(METADATA)]
    if unknown:
        names = ", ".join(sorted(known))
        raise Invalid(f"This page knows no {unknown[0][:40]!r}; it knows {names}.")
    filters = Filters.from_query({n: v for n, v in asked.items() if n not in ("images",)})
    # A box of the form says so.
    unlabelled = filters.annotated is False
    if unlabelled:
        filters = replace(filters, annotated=None)
    # In a version's address `split` is the version's.
    of_version = bool(asked.get("dataset_version"))
    source = BatchSource.DATASET_VERSION if of_version else BatchSource.DATASET
    return {
        "model": asked.get("model", ""),
        "version": asked.get("version", ""),
        "dataset": asked.get("dataset", ""),
        "dataset_version": asked.get("dataset_version", ""),
        "split": asked.get("split", "") if of_version else "",
        "images": asked.get("images", ""),
        "unlabelled": unlabelled,
        "filter": "" if of_version else filters.query(),
        "source": source if of_version or asked.get("dataset") else BatchSource.ARCHIVE,
    }


def _form_page(request: HttpRequest, form: BatchForm, status: int = 200) -> HttpResponse:
    filters, count = form.filters, form.image_count
    context = {
        "form": form,
        "filters": in_words(filters),
        "image_count": count,
        "has_models": form.fields["model"].queryset.exists(),  # type: ignore[attr-defined]
        "has_datasets": readable_datasets(request.user).exists(),
    }
    return render(request, "classifier/batches/new.html", context, status=status)


def _batch_page(
    request: HttpRequest, batch: BatchPrediction, form: AdditionForm | None, status: int = 200
) -> HttpResponse:
    query = request.GET if request.method == "GET" else {}
    wanted = _wanted(query)
    mix = mix_of(batch)
    page = Paginator(results_of(batch, wanted), RESULTS).get_page(query.get("page"))
    shown = {name: value for name, value in query.items() if value and name != "page"}
    panel = job_panel(request.user, batch.job, "Batch prediction")
    context = {
        "batch": batch,
        "panel": panel,
        "active": not batch.job.is_terminal,
        "mix": mix,
        "rate": rate_of(batch),
        "bars": _bars(batch, mix, wanted),
        "more_classes": max(0, len(mix.classes) - _BARS),
        "page": page,
        "rows": _with_pictures(request.user, batch, list(page)),
        "decisions": [
            (name, mix.decisions.get(name, 0), _query(shown, decision=name)) for name in DECISIONS
        ]
        if batch.rule is not None
        else [],
        "errors_query": _query({}, outcome="error"),
        "shown": shown,
        "query": urlencode(shown),
        "downloads": [
            (each.title, _download(batch, name, shown)) for name, each in FORMATS.items()
        ],
        "form": form,
        "additions": batch.additions.select_related("job").order_by("-created_at")[:10],
        "may_change": panel.may_change,
        "succeeded": batch.job.status == Status.SUCCEEDED,
    }
    return render(request, "classifier/batches/batch.html", context, status=status)


def _wanted(query: Any) -> ResultFilter:
    below = query.get("below", "")
    try:
        most = float(below) if below else None
    except ValueError:
        raise Invalid(f"below must be a number from 0 to 1; received {below[:40]!r}.") from None
    return ResultFilter(
        class_name=query.get("class_name", ""),
        decision=one_of("decision", query.get("decision", ""), DECISIONS),
        outcome=one_of("outcome", query.get("outcome", ""), OUTCOMES),
        most=most,
    )


def _bars(batch: BatchPrediction, mix: Mix, wanted: ResultFilter) -> dict[str, Any]:
    rows: list[dict[str, Any]] = [
        {
            "label": each.class_name,
            "value": each.images,
            "url": f"?{urlencode({'class_name': each.class_name})}",
            "active": each.class_name == wanted.class_name,
        }
        for each in mix.classes[:_BARS]
    ]
    return {"rows": rows, "max": max((row["value"] for row in rows), default=1)}


def _with_pictures(
    user: User, batch: BatchPrediction, rows: list[BatchResult]
) -> list[dict[str, Any]]:
    """Return results with the addresses of their pictures: of what the person may see now."""
    ids = [row.image_id for row in rows if row.image_id]
    seen = set(
        Image.objects.for_reader(user).alive().filter(pk__in=ids).values_list("pk", flat=True)
    )
    found = []
    for row in rows:
        picture = page = ""
        if row.image_id in seen:
            picture = reverse("api:image-thumbnail", args=[row.image_id])
            page = reverse("datasets:image", args=[row.image_id])
        elif row.file is not None:
            picture = reverse("api:batch-thumbnail", args=[batch.pk, row.index])
            page = reverse("api:batch-image", args=[batch.pk, row.index])
        folder, _, name = row.name.rpartition("/")
        parts = {"folder": folder, "file_name": name}
        found.append({"result": row, "picture": picture, "page": page, **parts})
    return found


def _addition_form(user: User, batch: BatchPrediction, data: Any = None) -> AdditionForm | None:
    """Return the form for those who may use it, once the batch has all its answers."""
    if batch.job.status != Status.SUCCEEDED:
        return None
    own = BatchPrediction.objects.for_user(user, Role.EDITOR).filter(pk=batch.pk)
    if not own.exists():
        return None
    return AdditionForm(
        batch, visible_datasets(user), data, initial={"dataset": batch.dataset_id or ""}
    )


def _query(shown: dict[str, str], **changes: str) -> str:
    return f"?{urlencode({**shown, **changes})}"


def _download(batch: BatchPrediction, format: str, shown: dict[str, str]) -> str:
    names = {"below": "below_probability"}
    asked = {names.get(name, name): value for name, value in shown.items()}
    url = reverse("api:batch-result-list", args=[batch.pk])
    return f"{url}?{urlencode({'format': format, **asked})}"
