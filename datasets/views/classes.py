"""The classes of a dataset: add, rename, merge, delete, each with what it will touch."""

import uuid
from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.contrib.auth.mixins import LoginRequiredMixin
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views import View

from common.errors import Conflict, Invalid
from datasets.forms import ClassForm, ClassNoteForm, MergeForm
from datasets.models import ClassLabel, Dataset
from datasets.selectors.classes import class_use, classes_of, visible_class
from datasets.selectors.datasets import readable_dataset, visible_dataset
from datasets.services.labelling.class_note import set_class_note
from datasets.services.labelling.classes import create_class, rename_class
from datasets.services.labelling.remove_class import delete_class, merge_class
from datasets.views.dataset_page import dataset_page
from datasets.views.edits import offer_undo


class ClassList(LoginRequiredMixin, View):
    """Every class with its images, and a form for a new one."""

    def get(self, request: HttpRequest, dataset_id: uuid.UUID) -> HttpResponse:
        dataset = readable_dataset(request.user, dataset_id)
        return render(request, "datasets/classes.html", _list(request, dataset, ClassForm()))

    def post(self, request: HttpRequest, dataset_id: uuid.UUID) -> HttpResponse:
        dataset = visible_dataset(request.user, dataset_id)
        form = ClassForm(request.POST)
        if form.is_valid():
            try:
                create_class(user=request.user, dataset=dataset, name=form.cleaned_data["name"])
                return redirect("datasets:classes", dataset_id)
            except (Conflict, Invalid) as error:
                form.add_error("name", error.detail)
        context = _list(request, dataset, form)
        return render(request, "datasets/classes.html", context, status=422)


def _list(request: HttpRequest, dataset: Dataset, form: ClassForm) -> dict[str, Any]:
    page = dataset_page(request.user, dataset, "classes")
    return {**page, "classes": classes_of(dataset), "form": form}


class ClassPage(LoginRequiredMixin, View):
    """One class: what it is in, and what renaming, merging or deleting it would change."""

    def get(self, request: HttpRequest, class_id: uuid.UUID) -> HttpResponse:
        return _class_page(request, visible_class(request.user, class_id))


def _class_page(
    request: HttpRequest, label: ClassLabel, status: int = 200, **context: Any
) -> HttpResponse:
    shared = dataset_page(request.user, label.dataset, "classes")
    others = classes_of(label.dataset).exclude(pk=label.pk)
    classes_url = reverse("datasets:classes", args=[label.dataset_id])
    context = {
        **shared,
        "crumbs": [*shared["crumbs"], (label.dataset.name, classes_url)],
        "label": label,
        "use": class_use(label),
        "others": others,
        "form": ClassForm(initial={"name": label.name}),
        "note_form": ClassNoteForm(initial={"description": label.description, "link": label.link}),
        **context,
    }
    return render(request, "datasets/class.html", context, status=status)


class ClassRename(LoginRequiredMixin, View):
    """Gives a class another name.

    The message's Undo renames it back: `?name=` says to what, `?called=` from what.
    """

    def post(self, request: HttpRequest, class_id: uuid.UUID) -> HttpResponse:
        label = visible_class(request.user, class_id)
        before, called = label.name, request.GET.get("called")
        if called not in (None, before):
            messages.warning(request, f"Not undone: it is called {before} by now.")
            return redirect("datasets:classes", label.dataset_id)
        form = ClassForm(request.POST if called is None else request.GET)
        if form.is_valid():
            try:
                label = rename_class(user=request.user, label=label, name=form.cleaned_data["name"])
                _say_renamed(request, label, before, undone=called is not None)
                return redirect("datasets:classes", label.dataset_id)
            except (Conflict, Invalid) as error:
                form.add_error("name", f"{error.detail} {error.hint}".strip())
        return _class_page(request, visible_class(request.user, class_id), 422, form=form)


def _say_renamed(request: HttpRequest, label: ClassLabel, before: str, *, undone: bool) -> None:
    if undone:
        messages.success(request, f"Undone: it is called {label.name} again.")
    elif label.name == before:
        messages.success(request, f"Nothing to change: it is called {before}.")
    else:
        undo = f"{request.path}?{urlencode({'name': before, 'called': label.name})}"
        messages.success(request, f"{before} is called {label.name} now.", extra_tags=undo)


class ClassNote(LoginRequiredMixin, View):
    """Sets what goes with answers of a class."""

    def post(self, request: HttpRequest, class_id: uuid.UUID) -> HttpResponse:
        label = visible_class(request.user, class_id)
        form = ClassNoteForm(request.POST)
        if form.is_valid():
            try:
                set_class_note(user=request.user, label=label, **form.cleaned_data)
                messages.success(request, f"The note of {label.name} is saved.")
                return redirect("datasets:class", class_id)
            except Invalid as error:
                form.add_error(error.errors[0].pointer.strip("/"), error.detail)
        return _class_page(request, label, 422, note_form=form)


class ClassMerge(LoginRequiredMixin, View):
    """Moves the images of a class into another one."""

    def post(self, request: HttpRequest, class_id: uuid.UUID) -> HttpResponse:
        label = visible_class(request.user, class_id)
        form = MergeForm(request.POST, label=label)
        if not form.is_valid():
            problem = "Choose another class of this dataset."
            return _class_page(request, label, 422, merge_problem=problem)
        name, into = label.name, form.cleaned_data["into"]
        edit = merge_class(user=request.user, label=label, into=into)
        moved = len(edit.image_ids)
        offer_undo(request, edit, f"{moved:,} images moved from {name} to {into.name}.")
        return redirect("datasets:classes", edit.dataset_id)


class ClassDelete(LoginRequiredMixin, View):
    """Takes a class away; its images have none then."""

    def post(self, request: HttpRequest, class_id: uuid.UUID) -> HttpResponse:
        label = visible_class(request.user, class_id)
        name = label.name
        edit = delete_class(user=request.user, label=label)
        count = len(edit.image_ids)
        words = f" {count:,} images have no class now." if count else ""
        offer_undo(request, edit, f"{name} is deleted.{words}")
        return redirect("datasets:classes", edit.dataset_id)
