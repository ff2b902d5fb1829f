"""Buttons of a model's page that move aliases."""

import uuid

from django.contrib import messages
from django.contrib.auth.mixins import LoginRequiredMixin
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.views import View

from classifier.models import RegisteredModel
from classifier.pages.alias_forms import AliasForm, RollbackForm
from classifier.registry.selectors.models import visible_model, visible_versions
from classifier.registry.services.remove_alias import remove_alias
from classifier.registry.services.roll_back import roll_back
from classifier.registry.services.set_alias import set_alias
from common.errors import Conflict, Invalid, NotFound


class RollBack(LoginRequiredMixin, View):
    """Makes the version live that was live before."""

    def post(self, request: HttpRequest, model_id: uuid.UUID) -> HttpResponse:
        model = visible_model(request.user, model_id)
        form = RollbackForm(request.POST)
        if not form.is_valid():
            messages.error(request, "Load the page again: it does not say which version is live.")
            return _back(model)
        try:
            pointer = roll_back(user=request.user, model=model, **form.cleaned_data)
        except (Conflict, Invalid) as error:
            messages.error(request, error.detail)
        else:
            messages.success(request, f"Version {pointer.version.number} is live again.")
        return _back(model)


class AliasSet(LoginRequiredMixin, View):
    """Points an alias at a version."""

    def post(self, request: HttpRequest, model_id: uuid.UUID) -> HttpResponse:
        model = visible_model(request.user, model_id)
        versions = visible_versions(request.user).filter(model=model).order_by("-number")
        form = AliasForm(versions, request.POST)
        if not form.is_valid():
            messages.error(request, "Name an alias, and choose a version of this model.")
            return _back(model)
        alias, number = form.cleaned_data["alias"], int(form.cleaned_data["version"])
        try:
            set_alias(
                user=request.user,
                model=model,
                alias=alias,
                number=number,
                reason=form.cleaned_data["reason"],
            )
        except (Conflict, Invalid) as error:
            messages.error(request, error.detail)
        else:
            messages.success(request, f"“{alias}” points at version {number}.")
        return _back(model)


class AliasRemove(LoginRequiredMixin, View):
    """Takes an alias away."""

    def post(self, request: HttpRequest, model_id: uuid.UUID) -> HttpResponse:
        model = visible_model(request.user, model_id)
        alias = request.POST.get("alias", "")
        try:
            remove_alias(user=request.user, model=model, alias=alias)
        except (Conflict, NotFound) as error:
            messages.error(request, error.detail)
        else:
            messages.success(request, f"“{alias}” is removed.")
        return _back(model)


def _back(model: RegisteredModel) -> HttpResponse:
    return redirect(f"{reverse('classifier:model', args=[model.pk])}#aliases")
