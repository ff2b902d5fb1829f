"""The page of a model's predictions over time, and of drift."""

import uuid
from typing import Any

from django.contrib import messages
from django.contrib.auth.mixins import LoginRequiredMixin
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views import View

from accounts.models import Organization
from accounts.roles import Role
from classifier.models import RegisteredModel
from classifier.monitoring.selectors.drift import checks_of, watch_of
from classifier.monitoring.selectors.figures import whose_figures
from classifier.monitoring.selectors.promises import promises_of
from classifier.monitoring.selectors.reference import why_not_looked
from classifier.monitoring.services.set_watch import set_watch
from classifier.monitoring.services.start_check import start_check
from classifier.pages.drift_watch_form import DriftWatchForm
from classifier.pages.selectors.monitoring_page import (
    figures_of,
    moved_images,
    span_name,
    spans_for,
)
from classifier.registry.selectors.availability import live_version
from classifier.registry.selectors.models import readable_model
from common.errors import Conflict, Invalid

_CHECKS = 20


class Monitoring(LoginRequiredMixin, View):
    """Charts of a model's predictions, its drift checks, and its promise."""

    def get(self, request: HttpRequest, model_id: uuid.UUID) -> HttpResponse:
        model, organization = _asked(request, model_id)
        return render(
            request, "classifier/monitoring/page.html", _context(request, model, organization)
        )

    def post(self, request: HttpRequest, model_id: uuid.UUID) -> HttpResponse:
        """Look for drift now, or change how it is looked for."""
        model, organization = _asked(request, model_id)
        here = f"{reverse('classifier:monitoring', args=[model.pk])}?organization="
        here += organization.slug
        if "check" in request.POST:
            try:
                start_check(user=request.user, model=model, organization=organization)
                messages.success(request, "The check has been queued.")
            except Conflict as error:
                messages.error(request, error.detail)
            return redirect(f"{here}#drift")
        form = DriftWatchForm(request.POST)
        if form.is_valid():
            try:
                set_watch(
                    user=request.user, model=model, organization=organization, **form.changes()
                )
                messages.success(request, "Loupe now looks for drift like this.")
                return redirect(f"{here}#drift")
            except Invalid as error:
                form.add_error(None, error.detail)
        context = _context(request, model, organization) | {"form": form}
        return render(request, "classifier/monitoring/page.html", context, status=422)


def _asked(request: HttpRequest, model_id: uuid.UUID) -> tuple[RegisteredModel, Organization]:
    model = readable_model(request.user, model_id)
    return model, whose_figures(request.user, model, request.GET.get("organization", ""))


def _context(
    request: HttpRequest, model: RegisteredModel, organization: Organization
) -> dict[str, Any]:
    checks = list(checks_of(request.user, organization, model)[:_CHECKS])
    told = [check for check in checks if check.judgement]
    watch, live = watch_of(organization, model), live_version(model)
    newest = told[0] if told else None
    return {
        "model": model,
        "organization": organization,
        "organizations": _organizations(request, model, organization),
        "live": live,
        "spans": spans_for(request.GET.get("span", ""), organization),
        **figures_of(organization, model, request.GET.get("span", "")),
        "checks": checks,
        "newest": newest,
        "under_way": next((each for each in checks if not each.job.is_terminal), None),
        "moved": moved_images(request.user, newest) if newest else [],
        "watch": watch,
        "why_not_looked": why_not_looked(live, organization, watch) if live else "",
        "form": DriftWatchForm.of(watch),
        "promises": promises_of(request.user, model),
        "may_check": Organization.objects.for_user(request.user, Role.EDITOR)
        .filter(pk=organization.pk)
        .exists(),
    }


def _organizations(
    request: HttpRequest, model: RegisteredModel, chosen: Organization
) -> list[dict[str, Any]]:
    """Return what leads to the figures of each of the person's organizations, if it has several."""
    rows = list(Organization.objects.for_user(request.user).order_by("name"))
    if len(rows) < 2:
        return []
    here = reverse("classifier:monitoring", args=[model.pk])
    span = span_name(request.GET.get("span", ""))
    return [
        {
            "label": row.name,
            "url": f"{here}?organization={row.slug}&span={span}",
            "active": row.pk == chosen.pk,
        }
        for row in rows
    ]
