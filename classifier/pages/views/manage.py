"""Manage a model or a run: rename, archive, delete, with what depends on it."""

import uuid
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, ClassVar

from django.contrib import messages
from django.contrib.auth.mixins import LoginRequiredMixin
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views import View

from accounts.querysets import TenantQuerySet
from accounts.roles import Role
from accounts.selectors.sharing import share_card
from accounts.views.shares import offer_from_page
from classifier.pages.alias_forms import NoteForm
from classifier.pages.forms import ModelDetailsForm, RunDetailsForm, add_field_errors
from classifier.registry.selectors.dependents import (
    Dependents,
    dependents_of_model,
    dependents_of_version,
)
from classifier.registry.selectors.models import visible_model, visible_version
from classifier.registry.services.delete_version import delete_version
from classifier.registry.services.manage_model import delete_model, edit_model
from classifier.registry.services.note_version import note_version
from classifier.training.selectors.dependents import dependents_of_run
from classifier.training.selectors.runs import visible_run
from classifier.training.services.manage_run import delete_run, edit_run
from common.errors import Conflict, Invalid


@dataclass(frozen=True)
class Managed:
    """What the pages of models, versions and runs do alike, each with its own functions.

    `values` are those that its form begins with; `lists` is where it is listed. Without words about
    `archiving` it cannot be archived.
    """

    noun: str
    routes: str
    lists: Callable[[Any], str]
    argument: str
    find: Callable[..., Any]
    form: Callable[..., Any]
    edit: Callable[..., Any]
    delete: Callable[..., None]
    dependents: Callable[[Any], Dependents]
    archiving: str = ""
    values: Callable[[Any], dict[str, Any]] = vars


MODEL = Managed(
    noun="model",
    routes="classifier:model",
    lists=lambda model: reverse("classifier:model_list"),
    argument="model",
    find=visible_model,
    form=ModelDetailsForm,
    edit=edit_model,
    delete=delete_model,
    dependents=dependents_of_model,
    archiving="An archived model leaves every list and answers no predictions. "
    "It comes back as it was.",
)
VERSION = Managed(
    noun="version",
    routes="classifier:model_version",
    lists=lambda version: reverse("classifier:model", args=[version.model_id]),
    argument="version",
    find=visible_version,
    form=NoteForm,
    edit=note_version,
    delete=delete_version,
    dependents=dependents_of_version,
    values=lambda version: {"tags": ", ".join(version.tags), "note": version.note_text},
)
RUN = Managed(
    noun="run",
    routes="classifier:run",
    lists=lambda run: reverse("classifier:run_list"),
    argument="run",
    find=visible_run,
    form=RunDetailsForm,
    edit=edit_run,
    delete=delete_run,
    dependents=dependents_of_run,
    archiving="An archived run leaves every list. Its version and report stay, "
    "and it comes back as it was.",
)


class _ManagedView(LoginRequiredMixin, View):
    managed: ClassVar[Managed] = MODEL

    def found(self, pk: uuid.UUID) -> Any:
        """Return the model or run; raises `NotFound`."""
        return self.managed.find(self.request.user, pk)

    def values(self, subject: Any) -> dict[str, Any]:
        """Return the arguments of the services."""
        return {"user": self.request.user, self.managed.argument: subject}


class Settings(_ManagedView):
    """Name and description, archive, delete."""

    def get(self, request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
        subject = self.found(pk)
        return self._page(subject, self.managed.form(initial=self.managed.values(subject)))

    def post(self, request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
        """Save name and description."""
        subject = self.found(pk)
        form = self.managed.form(request.POST)
        if form.is_valid():
            try:
                self.managed.edit(**self.values(subject), **form.cleaned_data)
                messages.success(request, "Saved.")
                return redirect(f"{self.managed.routes}_settings", pk)
            except Invalid as error:
                add_field_errors(error, form)
        return self._page(self.found(pk), form, status=422)

    def _page(self, subject: Any, form: Any, status: int = 200) -> HttpResponse:
        context = {
            "subject": subject,
            "managed": self.managed,
            "form": form,
            "back_url": reverse(self.managed.routes, args=[subject.pk]),
            "list_url": self.managed.lists(subject),
            "archive_url": self.managed.archiving
            and reverse(f"{self.managed.routes}_archive", args=[subject.pk]),
            "delete_url": reverse(f"{self.managed.routes}_delete", args=[subject.pk]),
            "organization": type(subject).objects.all().organization_of(subject),
            "dependents": self.managed.dependents(subject),
            "may_edit": _has_role(self.request, subject, Role.EDITOR),
            "may_delete": _has_role(self.request, subject, Role.ADMIN),
            "sharing": share_card(self.request.user, subject.subject)
            if self.managed is MODEL
            else None,
        }
        return render(self.request, "classifier/pages/manage.html", context, status=status)


class Archive(_ManagedView):
    """Out of the lists, or back into them."""

    def post(self, request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
        subject = self.found(pk)
        archived = request.POST.get("archived") == "true"
        self.managed.edit(**self.values(subject), archived=archived)
        state = "archived" if archived else "back in the lists"
        messages.success(request, f"{subject} is {state}.")
        return redirect(f"{self.managed.routes}_settings", pk)


class Share(_ManagedView):
    """To another organization, to read."""

    def post(self, request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
        offer_from_page(request, self.found(pk).subject)
        return redirect(reverse("classifier:model_settings", args=[pk]) + "#sharing")


class Delete(_ManagedView):
    """For ever."""

    def post(self, request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
        subject = self.found(pk)
        name, lists = str(subject), self.managed.lists(subject)
        try:
            self.managed.delete(**self.values(subject))
        except Conflict as error:
            messages.error(request, error.detail)
            return redirect(f"{self.managed.routes}_settings", pk)
        messages.success(request, f"{name} is deleted.")
        return redirect(lists)


def _has_role(request: HttpRequest, subject: Any, role: Role) -> bool:
    rows: TenantQuerySet = type(subject).objects.all()
    return rows.for_user(request.user, role).filter(pk=subject.pk).exists()
