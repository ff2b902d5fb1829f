"""Pages about a version's decision: its promise, and thresholds by hand."""

import uuid

from django.contrib import messages
from django.contrib.auth.mixins import LoginRequiredMixin
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views import View

from classifier.models import ModelVersion
from classifier.pages.forms import DecisionForm
from classifier.pages.selectors.thresholds import thresholds_data
from classifier.pages.views.models import can_edit
from classifier.registry.selectors.decision import decision_of
from classifier.registry.selectors.models import visible_version
from classifier.registry.services.decision import remove_decision, set_decision
from common.errors import Conflict, NotFound


class ModelVersionDecision(LoginRequiredMixin, View):
    """Sets a version's decision by a promise, or removes it."""

    def post(self, request: HttpRequest, version_id: uuid.UUID) -> HttpResponse:
        version = visible_version(request.user, version_id)
        try:
            if request.POST.get("remove"):
                remove_decision(user=request.user, version=version)
                messages.success(request, f"{version} answers without a decision from now on.")
            else:
                self._set(request, version)
        except (Conflict, NotFound) as error:
            messages.error(request, error.detail)
        return redirect(f"{reverse('classifier:model_version', args=[version_id])}#decisions")

    def _set(self, request: HttpRequest, version: ModelVersion) -> None:
        form = DecisionForm(request.POST)
        if not form.is_valid():
            for faults in form.errors.values():
                messages.error(request, str(faults[0]))
            return
        row = set_decision(user=request.user, version=version, wish=form.wish(version.class_names))
        if row.measured:
            messages.success(request, f"{version} decides so from its next answer on.")


class Thresholds(LoginRequiredMixin, View):
    """A slider for each class: what a threshold lets through, on the validation answers."""

    def get(self, request: HttpRequest, version_id: uuid.UUID) -> HttpResponse:
        version = visible_version(request.user, version_id)
        decision = decision_of(version)
        if decision is None or decision.held is None:
            messages.error(
                request, "Set a decision first: its job measures what thresholds are told from."
            )
            return redirect(f"{reverse('classifier:model_version', args=[version_id])}#decisions")
        context = {
            "version": version,
            "decision": decision,
            "data": thresholds_data(decision),
            "can_edit": can_edit(request, version.model),
        }
        return render(request, "classifier/registry/thresholds.html", context)
