"""The list of datasets, a new one, one's settings, the trash."""

import uuid
from urllib.parse import urlencode

from django.contrib import messages
from django.contrib.auth.mixins import LoginRequiredMixin
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views import View

from accounts.selectors.sharing import share_card
from accounts.views.shares import offer_from_page
from common.errors import Invalid
from common.texts import nfc
from datasets.forms import DatasetSettingsForm, NewDatasetForm
from datasets.models import Dataset
from datasets.selectors.cards import cards_of
from datasets.selectors.datasets import readable_datasets, visible_dataset
from datasets.selectors.licences import licences_in
from datasets.selectors.trash import (
    goes_at,
    has_trash,
    trashed_datasets,
    trashed_images,
    with_versions,
)
from datasets.services.create_dataset import create_dataset
from datasets.services.edit_dataset import edit_dataset
from datasets.services.intake.sample_dataset import load_sample_dataset
from datasets.services.trash import restore_dataset, trash_dataset
from datasets.views.dataset_page import dataset_page

PAGE_SIZE = 24


class DatasetList(LoginRequiredMixin, View):
    """Every dataset with pictures of several classes and what it holds."""

    def get(self, request: HttpRequest) -> HttpResponse:
        datasets = readable_datasets(request.user)
        q = nfc(request.GET.get("q", "").strip().replace("\0", ""))
        if q:
            datasets = datasets.filter(name__icontains=q)
        page = Paginator(datasets, PAGE_SIZE).get_page(request.GET.get("page"))
        context = {
            "page": page,
            "cards": cards_of(list(page)),
            "q": q,
            "query": f"&{urlencode({'q': q})}" if q else "",
            "has_trash": has_trash(request.user),
        }
        return render(request, "datasets/list.html", context)


class DatasetNew(LoginRequiredMixin, View):
    """Creates a dataset."""

    def get(self, request: HttpRequest) -> HttpResponse:
        return _new(request, NewDatasetForm(user=request.user))

    def post(self, request: HttpRequest) -> HttpResponse:
        form = NewDatasetForm(request.POST, user=request.user)
        if not form.is_valid():
            return _new(request, form, status=422)
        dataset = create_dataset(
            user=request.user,
            organization=form.cleaned_data["organization"],
            **form.cleaned_values(),
        )
        return redirect("datasets:detail", dataset.pk)


def _new(request: HttpRequest, form: NewDatasetForm, status: int = 200) -> HttpResponse:
    context = {"form": form, "crumbs": [("Datasets", reverse("datasets:list"))]}
    return render(request, "datasets/new.html", context, status=status)


class SampleNew(LoginRequiredMixin, View):
    """Loads the sample dataset into the person's own organization."""

    def post(self, request: HttpRequest) -> HttpResponse:
        source = load_sample_dataset(user=request.user)
        return redirect("datasets:import", source.pk)


class DatasetSettings(LoginRequiredMixin, View):
    """Name, description, whether Loupe suggests classes, and the way to the trash."""

    def get(self, request: HttpRequest, dataset_id: uuid.UUID) -> HttpResponse:
        dataset = visible_dataset(request.user, dataset_id)
        form = DatasetSettingsForm(
            {name: getattr(dataset, name) for name in DatasetSettingsForm.base_fields}
        )
        return _settings(request, dataset, form)

    def post(self, request: HttpRequest, dataset_id: uuid.UUID) -> HttpResponse:
        dataset = visible_dataset(request.user, dataset_id)
        form = DatasetSettingsForm(request.POST)
        if not form.is_valid():
            return _settings(request, dataset, form, status=422)
        try:
            edit_dataset(user=request.user, dataset=dataset, **form.changes())
        except Invalid as error:
            faulty = error.errors[0].pointer.strip("/") if error.errors else None
            form.add_error(faulty, error.detail)
            return _settings(request, dataset, form, status=422)
        messages.success(request, "Saved.")
        return redirect("datasets:settings", dataset_id)


def _settings(
    request: HttpRequest, dataset: Dataset, form: DatasetSettingsForm, status: int = 200
) -> HttpResponse:
    context = {
        **dataset_page(request.user, dataset, "settings"),
        "form": form,
        "licences": licences_in(dataset),
        "sharing": share_card(request.user, dataset.subject),
    }
    return render(request, "datasets/settings.html", context, status=status)


class DatasetShare(LoginRequiredMixin, View):
    """Offers a dataset to another organization."""

    def post(self, request: HttpRequest, dataset_id: uuid.UUID) -> HttpResponse:
        subject = visible_dataset(request.user, dataset_id).subject
        offer_from_page(request, subject)
        return redirect(reverse("datasets:settings", args=[dataset_id]) + "#sharing")


class DatasetTrash(LoginRequiredMixin, View):
    """Moves a dataset to the trash."""

    def post(self, request: HttpRequest, dataset_id: uuid.UUID) -> HttpResponse:
        dataset = visible_dataset(request.user, dataset_id)
        trash_dataset(user=request.user, dataset=dataset)
        messages.success(request, f"{dataset.name} is in the trash.")
        return redirect("datasets:trash")


class DatasetRestore(LoginRequiredMixin, View):
    """Takes a dataset out of the trash."""

    def post(self, request: HttpRequest, dataset_id: uuid.UUID) -> HttpResponse:
        dataset = visible_dataset(request.user, dataset_id, in_trash=True)
        restore_dataset(user=request.user, dataset=dataset)
        messages.success(request, f"{dataset.name} is back.")
        return redirect("datasets:detail", dataset_id)


class Trash(LoginRequiredMixin, View):
    """The datasets in the trash, and those that have images there; each until which day."""

    def get(self, request: HttpRequest) -> HttpResponse:
        page = Paginator(trashed_datasets(request.user), 50).get_page(request.GET.get("page"))
        datasets = list(page)
        kept = with_versions(datasets)
        rows = [
            (dataset, goes_at(dataset.deleted_at), dataset.pk in kept)
            for dataset in datasets
            if dataset.deleted_at
        ]
        context = {
            "page": page,
            "rows": rows,
            "images": trashed_images(request.user),
            "crumbs": [("Datasets", reverse("datasets:list"))],
        }
        return render(request, "datasets/trash.html", context)
