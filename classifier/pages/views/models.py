"""Pages about models and their versions."""

import uuid
from collections.abc import Sequence
from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.contrib.auth.mixins import LoginRequiredMixin
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views import View

from accounts.roles import Role
from classifier.evaluation.selectors.reports import visible_reports
from classifier.evaluation.selectors.verdicts import verdict_of_report
from classifier.evaluation.services.start_evaluation import start_evaluation
from classifier.models import EvaluationReport, ModelVersion, RegisteredModel
from classifier.models.alias import CHAMPION
from classifier.models.archived import listed
from classifier.pages.forms import EvaluateForm, PromoteForm
from classifier.pages.views.decision_card import decision_context
from classifier.pages.views.shared_models import shared_version
from classifier.registry.errors import GateRefused
from classifier.registry.selectors.availability import live_version, why_unavailable
from classifier.registry.selectors.exports import files_of
from classifier.registry.selectors.fast_mode import fast_mode_of
from classifier.registry.selectors.models import (
    newest_versions,
    readable_models,
    readable_version,
    visible_model,
    visible_models,
    visible_version,
)
from classifier.registry.selectors.standing import live_standings, standing_of, standings_of
from classifier.registry.selectors.tags import tags_of, with_tag
from classifier.registry.services.fast_mode import start_fast_mode, switch_fast_mode
from classifier.registry.services.set_alias import set_alias
from classifier.training.selectors.trainable import trainable_versions
from common.errors import Conflict, Invalid, Unprocessable
from datasets.models import Split
from datasets.selectors.versions import open_versions


class ModelList(LoginRequiredMixin, View):
    """The models that the person may use."""

    def get(self, request: HttpRequest) -> HttpResponse:
        archived = request.GET.get("archived") == "true"
        tag = request.GET.get("tag", "")
        everything = visible_models(request.user)
        models = list(listed(everything, archived))
        shared = readable_models(request.user).filter(is_shared=True)
        of_organizations = [model for model in models if not model.built_in]
        shown = with_tag(of_organizations, tag) if tag else of_organizations
        newest = newest_versions([model for model in shown if live_version(model) is None])
        standings = standings_of(list(newest.values()))
        live_ones = live_standings(shown)
        versions = {model.pk: live_version(model) or newest.get(model.pk) for model in shown}
        reports = newest_reports(request, list(versions.values()))
        own = [
            {
                "model": model,
                "live": live_version(model),
                "newest": newest.get(model.pk),
                "standing": standings.get(newest[model.pk].pk) if model.pk in newest else None,
                "live_standing": live_ones.get(model.pk),
                "report": reports.get(versions[model.pk]),
            }
            for model in shown
        ]
        context = {
            "own": own,
            "built_in": [(model, why_unavailable(model)) for model in models if model.built_in],
            "shared": [] if archived else [(each, live_version(each)) for each in shared],
            "archived": archived,
            "tag": tag,
            "tags": tags_of(of_organizations),
            "has_archived": listed(everything, archived=True).exists(),
            "has_versions": trainable_versions(request.user).exists(),
            "may_combine": _may_combine(request),
        }
        return render(request, "classifier/registry/model_list.html", context)


class Promote(LoginRequiredMixin, View):
    """Makes a version the champion."""

    def post(self, request: HttpRequest, model_id: uuid.UUID) -> HttpResponse:
        model = visible_model(request.user, model_id)
        form = PromoteForm(request.POST)
        if form.is_valid():
            number = form.cleaned_data["version"]
            try:
                set_alias(
                    user=request.user,
                    model=model,
                    alias=CHAMPION,
                    number=number,
                    reason=form.cleaned_data["reason"],
                    override=form.cleaned_data["override"],
                )
                messages.success(request, f"Version {number} of {model.name} is live now.")
            except (GateRefused, Invalid) as refusal:
                messages.error(request, refusal.detail)
        else:
            messages.error(request, "Choose a version, and give a reason of up to 500 characters.")
        return redirect("classifier:model", model_id)


class ModelVersionFastMode(LoginRequiredMixin, View):
    """Has the fast mode of a version made, or switches it."""

    def post(self, request: HttpRequest, version_id: uuid.UUID) -> HttpResponse:
        version = visible_version(request.user, version_id)
        wanted = request.POST.get("enabled", "")
        try:
            if wanted in ("true", "false"):
                on = wanted == "true"
                switch_fast_mode(user=request.user, version=version, enabled=on)
                state = "answers in fast mode from now on" if on else "answers with float32 again"
                messages.success(request, f"{version} {state}.")
            else:
                start_fast_mode(user=request.user, version=version)
        except Conflict as error:
            messages.error(request, error.detail)
        return redirect(f"{reverse('classifier:model_version', args=[version_id])}#fast-mode")


class ModelVersionPage(LoginRequiredMixin, View):
    """One model version: where it comes from, its files, its reports."""

    def get(self, request: HttpRequest, version_id: uuid.UUID) -> HttpResponse:
        version = readable_version(request.user, version_id)
        form = EvaluateForm(request.user, initial={"dataset_version": version.dataset_version_id})
        if version.is_shared:
            return shared_version(request, version, form)
        context = _version_context(request, version, form)
        return render(request, "classifier/registry/model_version.html", context)

    def post(self, request: HttpRequest, version_id: uuid.UUID) -> HttpResponse:
        """Start an evaluation."""
        version = readable_version(request.user, version_id)
        form = EvaluateForm(request.user, request.POST)
        if form.is_valid() and "map" in request.POST:
            return _to_mapping(version, form)
        if form.is_valid():
            try:
                report = start_evaluation(
                    user=request.user,
                    model_version=version,
                    dataset_version=form.cleaned_data["dataset_version"],
                    split=Split[form.cleaned_data["split"].upper()],
                )
                return redirect("classifier:evaluation", report.pk)
            except Unprocessable as error:
                form.add_error(None, error.detail)
        if version.is_shared:
            return shared_version(request, version, form, status=422)
        context = _version_context(request, version, form)
        return render(request, "classifier/registry/model_version.html", context, status=422)


def _to_mapping(version: ModelVersion, form: EvaluateForm) -> HttpResponse:
    """Return the way to where a person says which classes are which."""
    images, split = form.cleaned_data["dataset_version"], form.cleaned_data["split"]
    there = reverse("classifier:class_mapping", args=[version.pk])
    return redirect(f"{there}?{urlencode({'dataset_version': images.pk, 'split': split})}")


def _version_context(
    request: HttpRequest, version: ModelVersion, form: EvaluateForm
) -> dict[str, Any]:
    reports = list(visible_reports(request.user).filter(model_version=version).summarized())
    pointers = version.alias_set.all()
    report = next((each for each in reports if each.measured and not each.is_mapped), None)
    return {
        "version": version,
        "files": files_of(version),
        "differing": [each.file_name for each in version.exports.all() if each.differs],
        "fast_mode": fast_mode_of(version),
        **decision_context(version),
        "model": version.model,
        "data_opens": bool(open_versions(request.user, [version.dataset_version])),
        "reports": reports,
        "report": report,
        "verdict": verdict_of_report(report) if report else [],
        "standing": standing_of(version),
        "aliases": [pointer.alias for pointer in pointers],
        "form": form,
        "can_evaluate": form.fields["dataset_version"].queryset.exists(),  # type: ignore[attr-defined]
        "can_edit": can_edit(request, version.model),
    }


def newest_reports(
    request: HttpRequest, versions: Sequence[ModelVersion | None]
) -> dict[ModelVersion | None, EvaluationReport]:
    """Return each version's newest finished report on a test split."""
    found: dict[ModelVersion | None, EvaluationReport] = {}
    reports = visible_reports(request.user).as_it_answers()
    reports = reports.filter(
        model_version__in=[v for v in versions if v], split=Split.TEST, metrics__isnull=False
    )
    for report in reports.summarized():
        found.setdefault(report.model_version, report)
    return found


def _may_combine(request: HttpRequest) -> bool:
    """Whether there are two models that the person may make an ensemble of."""
    return listed(RegisteredModel.objects.for_user(request.user, Role.EDITOR)).count() > 1


def can_edit(request: HttpRequest, model: RegisteredModel) -> bool:
    """Whether the person may change the model."""
    return RegisteredModel.objects.for_user(request.user, Role.EDITOR).filter(pk=model.pk).exists()


def may_keep_gate(request: HttpRequest, model: RegisteredModel) -> bool:
    """Whether the person may set the model's gate, and pass by it."""
    return RegisteredModel.objects.for_user(request.user, Role.ADMIN).filter(pk=model.pk).exists()
