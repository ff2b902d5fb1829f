"""The page of a model's retraining: when it is drafted, and the draft that waits."""

import uuid

from django.contrib import messages
from django.contrib.auth.mixins import LoginRequiredMixin
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views import View

from classifier.models import DraftStatus, RegisteredModel
from classifier.pages.retraining_form import RetrainingForm
from classifier.pages.views.models import may_keep_gate
from classifier.registry.policies import require_gate_keeper
from classifier.registry.selectors.models import visible_model
from classifier.retraining.selectors.drafts import retraining_of, visible_draft, visible_drafts
from classifier.retraining.services.decide import dismiss_draft, start_draft
from classifier.retraining.services.set_rule import set_rule
from common.errors import Conflict

_EARLIER = 10


class RetrainingPage(LoginRequiredMixin, View):
    """A form for admins; the rule in words for everyone else."""

    def get(self, request: HttpRequest, model_id: uuid.UUID) -> HttpResponse:
        model = _model(request, model_id)
        return _page(request, model, None)

    def post(self, request: HttpRequest, model_id: uuid.UUID) -> HttpResponse:
        model = _model(request, model_id)
        require_gate_keeper(user=request.user, model=model)
        form = RetrainingForm(request.POST)
        if form.is_valid():
            try:
                set_rule(user=request.user, model=model, **form.wish())
                messages.success(request, f"The rule of {model.name} holds from now on.")
                return redirect("classifier:retraining", model_id)
            except Conflict as fault:
                form.add_error(None, fault.detail)
        return _page(request, model, form, status=422)


class StartDraft(LoginRequiredMixin, View):
    """Freeze, and train."""

    def post(self, request: HttpRequest, draft_id: uuid.UUID) -> HttpResponse:
        draft = visible_draft(request.user, draft_id)
        run = start_draft(user=request.user, draft=draft)
        return redirect("classifier:run", run.pk)


class DismissDraft(LoginRequiredMixin, View):
    """Let it go."""

    def post(self, request: HttpRequest, draft_id: uuid.UUID) -> HttpResponse:
        draft = visible_draft(request.user, draft_id)
        reason = request.POST.get("reason", "").strip()[:400]
        dismiss_draft(user=request.user, draft=draft, reason=reason)
        messages.success(request, "The draft is dismissed.")
        return redirect("classifier:retraining", draft.model_id)


def _model(request: HttpRequest, model_id: uuid.UUID) -> RegisteredModel:
    model = visible_model(request.user, model_id)
    if model.built_in:
        raise Conflict(f"{model.name} is built in: it is not retrained.", code="does_not_apply")
    return model


def _page(
    request: HttpRequest, model: RegisteredModel, form: RetrainingForm | None, status: int = 200
) -> HttpResponse:
    found = retraining_of(model)
    earlier = visible_drafts(request.user).filter(model=model).exclude(status=DraftStatus.OPEN)
    context = {
        "model": model,
        "rule": found.rule,
        "standing": found.standing,
        "draft": found.draft,
        "form": form or RetrainingForm.of(found.rule),
        "is_admin": may_keep_gate(request, model),
        "earlier": earlier[:_EARLIER],
    }
    return render(request, "classifier/retraining/retraining.html", context, status=status)
