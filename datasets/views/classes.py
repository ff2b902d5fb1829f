"""The classes of a dataset: add, rename, merge."""

import uuid

from django.contrib import messages
from django.contrib.auth.mixins import LoginRequiredMixin
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views import View

from common.errors import Conflict, Invalid
from datasets.forms import ClassForm, MergeForm
from datasets.selectors.datasets import visible_dataset
from datasets.selectors.images import visible_class
from datasets.services.classes import create_class, merge_class, rename_class
from datasets.views.frame import frame


class ClassList(LoginRequiredMixin, View):
    """Every class with its images, and a form for a new one."""

    def get(self, request: HttpRequest, dataset_id: uuid.UUID) -> HttpResponse:
        dataset = visible_dataset(request.user, dataset_id)
        context = {**frame(request.user, dataset, "classes"), "form": ClassForm()}
        return render(request, "datasets/classes.html", context)

    def post(self, request: HttpRequest, dataset_id: uuid.UUID) -> HttpResponse:
        dataset = visible_dataset(request.user, dataset_id)
        form = ClassForm(request.POST)
        if form.is_valid():
            try:
                create_class(user=request.user, dataset=dataset, name=form.cleaned_data["name"])
                return redirect("datasets:classes", dataset_id)
            except (Conflict, Invalid) as error:
                form.add_error("name", error.detail)
        context = {**frame(request.user, dataset, "classes"), "form": form}
        return render(request, "datasets/classes.html", context, status=422)


class ClassRename(LoginRequiredMixin, View):
    """Gives a class another name."""

    def post(self, request: HttpRequest, class_id: uuid.UUID) -> HttpResponse:
        label = visible_class(request.user, class_id)
        form = ClassForm(request.POST)
        if form.is_valid():
            try:
                rename_class(user=request.user, label=label, name=form.cleaned_data["name"])
                messages.success(request, "Renamed. Frozen versions keep the old name.")
            except (Conflict, Invalid) as error:
                messages.error(request, f"{error.detail} {error.hint}".strip())
        else:
            messages.error(request, "A class needs a name of up to 120 characters.")
        return redirect("datasets:classes", label.dataset_id)


class ClassMerge(LoginRequiredMixin, View):
    """Moves the images of a class into another one."""

    def post(self, request: HttpRequest, class_id: uuid.UUID) -> HttpResponse:
        label = visible_class(request.user, class_id)
        form = MergeForm(request.POST, label=label)
        if not form.is_valid():
            messages.error(request, "Choose another class of this dataset.")
            return redirect("datasets:classes", label.dataset_id)
        name, into = label.name, form.cleaned_data["into"]
        moved = merge_class(user=request.user, label=label, into=into)
        messages.success(request, f"{moved:,} images moved from {name} to {into.name}.")
        return redirect("datasets:classes", label.dataset_id)
