"""The pages of kept predictions: the list, one of them, and the switch."""

import uuid
from collections.abc import Sequence
from typing import Any

from django.contrib import messages
from django.contrib.auth.mixins import LoginRequiredMixin
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views import View

from accounts.models import Membership, Organization
from accounts.roles import Role
from accounts.selectors.organizations import memberships_of, role_in, visible_organization
from classifier.models import KeptPrediction
from classifier.pages.kept_forms import MIB, FeedbackForm, KeepForm, StopForm
from classifier.prediction.filters import DECISIONS, FEEDBACKS, KeptPredictionFilter
from classifier.prediction.selectors.kept import (
    keeping_of,
    keeping_organizations,
    kept_figures,
    kept_predictions,
    models_of,
)
from classifier.prediction.selectors.predictions import prediction_with_images, visible_prediction
from classifier.prediction.services.delete_kept import delete_all_kept, delete_kept
from classifier.prediction.services.give_feedback import give_feedback, take_back_feedback
from classifier.prediction.services.set_keeping import (
    WhatIsThere,
    keep_predictions,
    stop_keeping,
)
from classifier.registry.selectors.models import readable_versions
from common.errors import DomainError, Invalid
from common.page_query import KnownQuery

PER_PAGE = 60
_LIST = "classifier:kept_predictions"
_ONE = "classifier:kept_prediction"
_FILTERS = (
    "organization", "model", "version", "class_name", "decision", "feedback", "confidence_min",
    "confidence_max", "since", "until",
)  # fmt: skip


class KeptPredictions(LoginRequiredMixin, KnownQuery):
    """Predictions of the person's organizations whose images are kept."""

    query_parameters = (*_FILTERS, "page")

    def get(self, request: HttpRequest) -> HttpResponse:
        found = KeptPredictionFilter(request.GET, queryset=kept_predictions(request.user))
        rows = found.qs if found.is_valid() else KeptPrediction.objects.none()
        page = Paginator(rows, PER_PAGE).get_page(request.GET.get("page"))
        asked = request.GET.copy()
        asked.pop("page", None)
        memberships = list(memberships_of(request.user))
        keeping = _keeping_of_all(memberships)
        context = {
            "page": page,
            "asked": {name: request.GET.get(name, "") for name in _FILTERS},
            "is_filtered": any(request.GET.get(name) for name in _FILTERS),
            "query": asked.urlencode(),
            "errors": [text for texts in found.errors.values() for text in texts],
            "decisions": DECISIONS,
            "feedbacks": FEEDBACKS,
            "models": models_of(request.user),
            "memberships": memberships,
            "keeping": keeping,
            "to_switch": next((each for each in keeping if each["may_switch"]), None),
            "is_on": any(each["is_on"] for each in keeping),
            "editor_in": _editor_in(memberships),
        }
        status = 200 if found.is_valid() else 400
        return render(request, "classifier/prediction/kept_list.html", context, status=status)


def _keeping_of_all(memberships: Sequence[Membership]) -> list[dict[str, Any]]:
    on = keeping_organizations([each.organization for each in memberships])
    return [
        {
            "organization": membership.organization,
            "is_on": membership.organization_id in on,
            "may_switch": Role(membership.role) in Role.ADMIN.at_least(),
        }
        for membership in memberships
    ]


def _editor_in(memberships: Sequence[Membership]) -> set[uuid.UUID]:
    enough = Role.EDITOR.at_least()
    return {each.organization_id for each in memberships if Role(each.role) in enough}


class DeleteKept(LoginRequiredMixin, View):
    """Deletes what was ticked in the list, of one organization."""

    def post(self, request: HttpRequest, slug: str) -> HttpResponse:
        organization = visible_organization(request.user, slug)
        try:
            ids = [uuid.UUID(each) for each in request.POST.getlist("prediction")]
            count = delete_kept(user=request.user, organization=organization, prediction_ids=ids)
            messages.success(request, f"{count:,} {_predictions(count)} deleted.")
        except ValueError:
            raise Invalid("A ticked prediction has no id that Loupe gives.") from None
        except Invalid as error:
            messages.error(request, f"Nothing was deleted. {error.detail}")
        return redirect(_LIST)


class DeleteAllKept(LoginRequiredMixin, View):
    """Deletes all that an organization keeps."""

    def post(self, request: HttpRequest, slug: str) -> HttpResponse:
        organization = visible_organization(request.user, slug)
        count = delete_all_kept(user=request.user, organization=organization)
        messages.success(request, f"{count:,} {_predictions(count)} deleted.")
        return redirect("classifier:prediction_keeping", slug)


def _predictions(count: int) -> str:
    return "prediction was" if count == 1 else "predictions were"


class KeptPredictionPage(LoginRequiredMixin, View):
    """One prediction with its images, what was answered and what people say of it."""

    def get(self, request: HttpRequest, prediction_id: uuid.UUID) -> HttpResponse:
        return _page(request, prediction_id, None, 200)

    def post(self, request: HttpRequest, prediction_id: uuid.UUID) -> HttpResponse:
        """Give feedback."""
        prediction, kept = prediction_with_images(request.user, prediction_id)
        if kept is None:
            return _page(request, prediction_id, None, 409)
        form = FeedbackForm(request.user, kept, request.POST)
        if form.is_valid():
            try:
                said = give_feedback(
                    user=request.user,
                    prediction=prediction,
                    class_name=form.cleaned_data["class_name"],
                    add_to_dataset=form.cleaned_data["add_to_dataset"],
                )
                where = form.cleaned_data["add_to_dataset"]
                added = f", and the image is in {where.name}" if where else ""
                messages.success(request, f"The true class is {said.class_name}{added}.")
                return redirect(_ONE, prediction_id)
            except DomainError as error:
                if error.status in (403, 404):
                    raise
                form.add_error(None, f"{error.detail} {error.hint}".strip())
        return _page(request, prediction_id, form, 422)


def _page(
    request: HttpRequest, prediction_id: uuid.UUID, form: FeedbackForm | None, status: int
) -> HttpResponse:
    prediction, kept = prediction_with_images(request.user, prediction_id)
    version = prediction.model_version
    feedback = getattr(prediction, "feedback", None)
    role = role_in(request.user, prediction.organization)
    context: dict[str, Any] = {
        "prediction": prediction,
        "kept": kept,
        "version": version,
        # No longer, once the share of its model has ended.
        "may_ask": readable_versions(request.user).filter(pk=version.pk).exists(),
        "feedback": feedback,
        "added": list(feedback.images.select_related("dataset")) if feedback else [],
        "keeping": keeping_of(prediction.organization),
        "may_edit": role in Role.EDITOR.at_least(),
        "may_switch": role in Role.ADMIN.at_least(),
    }
    if kept is not None:
        initial = {"class_name": feedback.class_name if feedback else ""}
        context["form"] = form or FeedbackForm(request.user, kept, initial=initial)
    return render(request, "classifier/prediction/kept_detail.html", context, status=status)


class TakeBackFeedback(LoginRequiredMixin, View):
    """Forgets what was said of a prediction."""

    def post(self, request: HttpRequest, prediction_id: uuid.UUID) -> HttpResponse:
        prediction = visible_prediction(request.user, prediction_id)
        take_back_feedback(user=request.user, prediction=prediction)
        messages.success(request, "The feedback is taken back.")
        return redirect(_ONE, prediction_id)


class DeleteOneKept(LoginRequiredMixin, View):
    """Deletes one prediction."""

    def post(self, request: HttpRequest, prediction_id: uuid.UUID) -> HttpResponse:
        prediction = visible_prediction(request.user, prediction_id)
        delete_kept(
            user=request.user,
            organization=prediction.organization,
            prediction_ids=[prediction.pk],
        )
        messages.success(request, "The prediction was deleted.")
        return redirect(_LIST)


class PredictionKeepingPage(LoginRequiredMixin, View):
    """Whether an organization keeps its predictions; admins change it."""

    def get(self, request: HttpRequest, slug: str) -> HttpResponse:
        return _keeping_page(request, visible_organization(request.user, slug), {}, 200)

    def post(self, request: HttpRequest, slug: str) -> HttpResponse:
        organization = visible_organization(request.user, slug)
        if "stop" in request.POST:
            return _stop(request, organization)
        form = KeepForm(request.POST)
        if form.is_valid():
            try:
                keep_predictions(
                    user=request.user,
                    organization=organization,
                    days=form.cleaned_data["days"],
                    max_bytes=form.cleaned_data["mebibytes"] * MIB,
                )
                messages.success(request, f"{organization} keeps its predictions from now on.")
                return redirect("classifier:prediction_keeping", organization.slug)
            except DomainError as error:
                if error.status in (403, 404):
                    raise
                form.add_error(None, f"{error.detail} {error.hint}".strip())
        return _keeping_page(request, organization, {"keep_form": form}, 422)


def _stop(request: HttpRequest, organization: Organization) -> HttpResponse:
    form = StopForm(request.POST)
    asks = kept_figures(organization).predictions > 0
    if asks and not form.is_valid():
        return _keeping_page(request, organization, {"stop_form": form}, 422)
    said = WhatIsThere(form.cleaned_data["what_is_there"]) if asks else None
    stop_keeping(user=request.user, organization=organization, what_is_there=said)
    messages.success(request, f"{organization} keeps no predictions from now on.")
    return redirect("classifier:prediction_keeping", organization.slug)


def _keeping_page(
    request: HttpRequest, organization: Organization, forms: dict[str, Any], status: int
) -> HttpResponse:
    keeping = keeping_of(organization)
    initial = {}
    if keeping is not None:
        initial = {"days": keeping.days, "mebibytes": max(1, keeping.max_bytes // MIB)}
    context = {
        "organization": organization,
        "keeping": keeping,
        "is_on": bool(keeping and keeping.enabled),
        "figures": kept_figures(organization),
        "may_switch": role_in(request.user, organization) in Role.ADMIN.at_least(),
        "keep_form": KeepForm(initial=initial),
        "stop_form": StopForm(),
        **forms,
    }
    return render(request, "classifier/prediction/keeping.html", context, status=status)
