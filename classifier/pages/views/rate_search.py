"""A search for a learning rate: started beside its field, shown there and on a page of its own."""

import uuid
from typing import Any
from urllib.parse import urlencode

import msgspec
from django.contrib.auth.mixins import LoginRequiredMixin
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views import View

from classifier.engine.fit.rate_curve import Suggestion
from classifier.engine.presets.registry import PRESETS
from classifier.models import RateSearch
from classifier.pages.settings_form import SettingsForm
from classifier.training.selectors.rate_searches import visible_search
from classifier.training.selectors.trainable import trainable_versions
from classifier.training.services.search_rate import start_search
from common.errors import DomainError, NotFound
from common.ids import id_in
from jobs.selectors.panels import job_panel

_PANEL = "classifier/training/rate_search.html"
_METHODS = {
    "steepest": "where the loss falls fastest",
    "tenth_of_minimum": "a tenth of the rate with the lowest loss",
}


class RateSearchStart(LoginRequiredMixin, View):
    """Starts a search with the settings of the form, for htmx."""

    def post(self, request: HttpRequest) -> HttpResponse:
        preset = request.POST.get("preset", "")
        chosen = request.POST.get("dataset_version", "")
        version = trainable_versions(request.user).filter(pk=id_in(chosen)).first()
        if preset not in PRESETS or version is None:
            raise NotFound("There is no such preset or version.")
        form = SettingsForm(preset, request.POST)
        if not form.is_valid():
            names = ", ".join(str(form.fields[name].label) for name in form.errors)
            return _refused(request, f"No value that can be read: {names}.")
        try:
            search = start_search(
                user=request.user,
                dataset_version=version,
                preset=preset,
                config=form.sent,
                setting=request.POST.get("rate", ""),
            )
        except DomainError as error:
            if isinstance(error, NotFound):
                raise
            return _refused(request, f"{error.detail} {error.hint}".strip())
        return render(request, _PANEL, _context(request, search))


class RateSearchPage(LoginRequiredMixin, View):
    """One search: beside the field for htmx, else with links to New run."""

    def get(self, request: HttpRequest, search_id: uuid.UUID) -> HttpResponse:
        search = visible_search(request.user, search_id)
        context = _context(request, search)
        if request.htmx:  # type: ignore[attr-defined]
            return render(request, _PANEL, context)
        context["links"] = True
        return render(request, "classifier/training/rate_search_page.html", context)


def _refused(request: HttpRequest, fault: str) -> HttpResponse:
    return render(request, _PANEL, {"fault": fault}, status=422)


def _context(request: HttpRequest, search: RateSearch) -> dict[str, Any]:
    found = search.curve.suggestions if search.curve else []
    preset = PRESETS[search.preset]
    return {
        "search": search,
        "preset": preset,
        "rate": preset.settings[search.setting],
        "panel": job_panel(request.user, search.job, "Search for a learning rate"),
        "suggestions": [_shown(search, each) for each in found],
        "chart": _chart(search),
    }


def _shown(search: RateSearch, suggestion: Suggestion) -> dict[str, str]:
    rate = f"{suggestion.learning_rate:.10f}".rstrip("0")
    config = {**search.config, search.setting: rate}
    # An unticked box is not sent.
    sent = {
        f"config-{name}": "" if value is None else value
        for name, value in config.items()
        if value is not False
    }
    query = {"dataset_version": search.dataset_version_id, "preset": search.preset, **sent}
    return {
        "rate": rate,
        "why": _METHODS[suggestion.method],
        "url": f"{reverse('classifier:run_new')}?{urlencode(query)}",
    }


def _chart(search: RateSearch) -> dict[str, Any] | None:
    curve = search.curve
    if curve is None or not curve.points:
        return None
    return {
        "points": msgspec.to_builtins(curve.points),
        "marks": [each.learning_rate for each in curve.suggestions],
    }
