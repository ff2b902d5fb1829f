"""The page of a model's gate: its rules, and which versions would pass them."""

import uuid
from typing import Any

from django.contrib import messages
from django.contrib.auth.mixins import LoginRequiredMixin
from django.forms import BoundField
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views import View

from classifier.models import ModelGate, RegisteredModel
from classifier.pages.gate_form import GateForm
from classifier.pages.selectors.gate_page import (
    Suggestion,
    choices_of,
    preview,
    suggestions,
)
from classifier.pages.views.models import can_edit, may_keep_gate
from classifier.registry.policies import require_gate_keeper
from classifier.registry.selectors.model_gate import gate_rows, live_now
from classifier.registry.selectors.models import visible_model
from classifier.registry.services.check_gate import check_gate
from classifier.registry.services.set_gate import set_gate
from common.errors import Conflict, Invalid
from datasets.models import DatasetVersion

EARLIER = 20


class ModelGatePage(LoginRequiredMixin, View):
    """A form for admins; the rules in words for everyone else."""

    def get(self, request: HttpRequest, model_id: uuid.UUID) -> HttpResponse:
        model = _model(request, model_id)
        gate = gate_rows(model).first()
        form = GateForm(choices_of(model, gate, gate.dataset_version if gate else None))
        return _page(request, model, gate, form)

    def post(self, request: HttpRequest, model_id: uuid.UUID) -> HttpResponse:
        """Set the gate; with `draft`, show the form again with what it takes."""
        model = _model(request, model_id)
        require_gate_keeper(user=request.user, model=model)
        gate, form = _sent(request, model)
        if request.POST.get("draft"):
            return _page(request, model, gate, form)
        if form.is_valid():
            try:
                set_gate(
                    user=request.user,
                    model=model,
                    rules=[rule for _, rule in form.placed_rules()],
                    dataset_version=form.chosen_set(),
                    number=form.cleaned_data["number"],
                )
                _say(request, model)
                return redirect("classifier:model_gate", model_id)
            except Invalid as fault:
                _place(fault, form)
            except Conflict as fault:
                form.add_error(None, fault.detail)
        return _page(request, model, gate, form, status=422)


class GatePreview(LoginRequiredMixin, View):
    """Which versions would pass the rules of a form that is not saved."""

    def post(self, request: HttpRequest, model_id: uuid.UUID) -> HttpResponse:
        model = _model(request, model_id)
        require_gate_keeper(user=request.user, model=model)
        _, form = _sent(request, model)
        faults: list[str] = []
        if form.is_valid():
            rules = [rule for _, rule in form.placed_rules()]
            try:
                check_gate(model=model, rules=rules, dataset_version=form.chosen_set())
            except Invalid as fault:
                faults = [error.detail for error in fault.errors]
        else:
            faults = [str(error) for errors in form.errors.values() for error in errors]
        context: dict[str, Any] = {"model": model, "faults": faults, "is_draft": True}
        if not faults:
            context["preview"] = preview(model, rules, form.chosen_set())
            context["can_edit"] = True
        return render(request, "classifier/registry/gate_preview.html", context)


def _model(request: HttpRequest, model_id: uuid.UUID) -> RegisteredModel:
    model = visible_model(request.user, model_id)
    if model.built_in:
        raise Conflict(f"{model.name} is built in: it has no gate.", code="does_not_apply")
    return model


def _sent(request: HttpRequest, model: RegisteredModel) -> tuple[ModelGate | None, GateForm]:
    gate = gate_rows(model).first()
    wanted = request.POST.get("dataset_version", "")
    choices = choices_of(model, gate, None)
    images: DatasetVersion | None = next(
        (each for each in choices.sets if str(each.pk) == wanted), None
    )
    if images is not None:
        choices = choices_of(model, gate, images)
    return gate, GateForm(choices, request.POST)


def _page(
    request: HttpRequest,
    model: RegisteredModel,
    gate: ModelGate | None,
    form: GateForm,
    status: int = 200,
) -> HttpResponse:
    is_keeper = may_keep_gate(request, model)
    images = gate.dataset_version if gate else None
    if form.is_bound and is_keeper:
        form.is_valid()
        images = form.chosen_set() if "dataset_version" in form.cleaned_data else None
    context = {
        "model": model,
        "gate": gate,
        "form": form,
        "is_keeper": is_keeper,
        "can_edit": can_edit(request, model),
        "metrics": _metric_rows(model, form, images),
        "live": live_now(model),
        "preview": preview(model),
        "unreadable": gate is not None and gate.read is None,
        "earlier": gate_rows(model)[1 : EARLIER + 1],
    }
    return render(request, "classifier/registry/gate.html", context, status=status)


def _metric_rows(
    model: RegisteredModel, form: GateForm, images: DatasetVersion | None
) -> list[tuple[BoundField, Suggestion | None]]:
    """Return the fields of figures, each with the live version's own."""
    found = {each.field: each for each in suggestions(model, images)}
    return [(field, found.get(field.name)) for field in form.metric_fields]


def _place(fault: Invalid, form: GateForm) -> None:
    """Put what a service refused beside the fields that it is about."""
    placed = form.placed_rules()
    for error in fault.errors:
        parts = error.pointer.split("/")
        if parts[1] == "rules" and len(parts) > 2:
            form.add_error(placed[int(parts[2])][0], error.detail)
        else:
            form.add_error(
                "dataset_version" if parts[1] == "dataset_version" else None, error.detail
            )


def _say(request: HttpRequest, model: RegisteredModel) -> None:
    messages.success(request, f"The gate of {model.name} holds from now on.")
    live = live_now(model)
    if live is not None and not live.gate.passed:
        messages.warning(
            request, f"Version {live.version.number}, which stays live, would not pass it today."
        )
