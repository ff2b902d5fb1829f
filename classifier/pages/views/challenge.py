"""The page of a model's challenge: who is right more often, and the buttons of admins."""

import uuid
from typing import Any

from django import forms
from django.contrib import messages
from django.contrib.auth.mixins import LoginRequiredMixin
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views import View

from classifier.models import ChallengeMode, ModelAlias, RegisteredModel
from classifier.models.alias import CHALLENGER, CHAMPION
from classifier.pages.views.models import can_edit, may_keep_gate
from classifier.prediction.selectors.challenge import challenges_of, comparison_of
from classifier.prediction.selectors.kept import keeping_organizations
from classifier.prediction.services.challenge.manage import (
    promote_challenger,
    start_challenge,
    stop_challenge,
)
from classifier.registry.errors import GateRefused
from classifier.registry.selectors.models import visible_model
from common.errors import Conflict
from common.forms import TextField

_PAGE = "classifier:challenge"
EARLIER = 20


class ChallengeForm(forms.Form):
    """How the challenger takes part, and in which part of the calls."""

    mode = forms.ChoiceField(
        label="The challenger",
        widget=forms.RadioSelect,
        initial=ChallengeMode.SHADOW.value,
        choices=[
            (
                ChallengeMode.SHADOW.value,
                "answers in the shadow: it is asked after the live version has answered",
            ),
            (ChallengeMode.SHARE.value, "answers a share of the calls in the live version's place"),
        ],
    )
    percent = forms.FloatField(
        label="Of the calls (%)", min_value=0.1, max_value=100, initial=10, localize=False
    )


class PromoteChallengerForm(forms.Form):
    """Why the challenger goes live."""

    reason = TextField(max_length=500, required=False, label="Reason")


class ChallengePage(LoginRequiredMixin, View):
    """The challenge that runs, else the last one; its form begins one."""

    def get(self, request: HttpRequest, model_id: uuid.UUID) -> HttpResponse:
        return _page(request, visible_model(request.user, model_id), None, 200)

    def post(self, request: HttpRequest, model_id: uuid.UUID) -> HttpResponse:
        model = visible_model(request.user, model_id)
        form = ChallengeForm(request.POST)
        if form.is_valid():
            try:
                start_challenge(
                    user=request.user,
                    model=model,
                    mode=ChallengeMode(form.cleaned_data["mode"]),
                    share=form.cleaned_data["percent"] / 100,
                )
                messages.success(request, "The challenge has begun.")
                return redirect(_PAGE, model.pk)
            except Conflict as error:
                form.add_error(None, error.detail)
        return _page(request, model, form, 422)


class StopChallenge(LoginRequiredMixin, View):
    """Ends the challenge."""

    def post(self, request: HttpRequest, model_id: uuid.UUID) -> HttpResponse:
        stop_challenge(user=request.user, model=visible_model(request.user, model_id))
        messages.success(request, "The challenge has ended. The live version answers all calls.")
        return redirect(_PAGE, model_id)


class PromoteTheChallenger(LoginRequiredMixin, View):
    """Makes the challenger live."""

    def post(self, request: HttpRequest, model_id: uuid.UUID) -> HttpResponse:
        model = visible_model(request.user, model_id)
        form = PromoteChallengerForm(request.POST)
        reason = form.cleaned_data["reason"] if form.is_valid() else ""
        try:
            pointer = promote_challenger(user=request.user, model=model, reason=reason)
            messages.success(request, f"Version {pointer.version.number} is live now.")
        except GateRefused as error:
            messages.error(request, f"The gate refuses the challenger. {error.detail}")
        return redirect(_PAGE, model_id)


def _page(
    request: HttpRequest, model: RegisteredModel, form: ChallengeForm | None, status: int
) -> HttpResponse:
    challenges = list(challenges_of(model)[: EARLIER + 1])
    shown = challenges[0] if challenges else None
    found = ModelAlias.objects.filter(model=model, alias__in=(CHAMPION, CHALLENGER))
    aliases = {row.alias: row.version for row in found.select_related("version")}
    organization = model.organization
    context: dict[str, Any] = {
        "model": model,
        "challenge": shown,
        "runs": shown is not None and shown.ended_at is None,
        "comparison": comparison_of(shown) if shown else None,
        "earlier": challenges[1:],
        "champion": aliases.get(CHAMPION),
        "challenger": aliases.get(CHALLENGER),
        "keeps": organization is not None and bool(keeping_organizations([organization])),
        "may_start": may_keep_gate(request, model),
        "may_promote": can_edit(request, model),
        "form": form or ChallengeForm(),
        "promote_form": PromoteChallengerForm(),
    }
    return render(request, "classifier/prediction/challenge.html", context, status=status)
