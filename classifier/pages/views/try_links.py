"""The page of a model's try links, and the page that such a link opens."""

import uuid
from typing import Any

from django import forms
from django.contrib import messages
from django.contrib.auth.mixins import LoginRequiredMixin
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.decorators import method_decorator
from django.views import View
from django.views.decorators.cache import never_cache

from classifier.models import RegisteredModel
from classifier.pages.qr_code import qr_code_path
from classifier.pages.views.models import can_edit
from classifier.prediction.selectors.try_links import (
    TryLinkState,
    address_of,
    state_of,
    try_links_of,
    visible_try_link,
)
from classifier.prediction.services.try_links.manage import (
    DEFAULT_DAYS,
    DEFAULT_PREDICTIONS,
    MOST_DAYS,
    MOST_PREDICTIONS,
    make_try_link,
    revoke_try_link,
)
from classifier.registry.selectors.availability import live_version
from classifier.registry.selectors.models import visible_model
from common import shown_once
from common.errors import Conflict, DomainError
from common.forms import TextField

_PAGE = "classifier:try_links"
_SHOWN = 50
_WORDS = {
    TryLinkState.WORKS: ("works", "good"),
    TryLinkState.REVOKED: ("revoked", "neutral"),
    TryLinkState.EXPIRED: ("expired", "neutral"),
    TryLinkState.USED_UP: ("used up", "neutral"),
    TryLinkState.ARCHIVED: ("waits: the model is archived", "wait"),
    TryLinkState.MAKER_MAY_NOT: ("stopped: who made it may no longer", "wait"),
}


class TryLinkForm(forms.Form):
    """For whom a link is, and how far it reaches."""

    name = TextField(
        max_length=80, label="For whom", help_text="Such as “open day”. Only members see it."
    )
    days = forms.IntegerField(
        min_value=1, max_value=MOST_DAYS, initial=DEFAULT_DAYS, label="Works for (days)"
    )
    max_predictions = forms.IntegerField(
        min_value=1,
        max_value=MOST_PREDICTIONS,
        initial=DEFAULT_PREDICTIONS,
        label="Images in all",
        help_text="A camera that looks on asks about one a second.",
    )


@method_decorator(never_cache, name="dispatch")
class TryLinksPage(LoginRequiredMixin, View):
    """Lists a model's try links, and makes new ones."""

    def get(self, request: HttpRequest, model_id: uuid.UUID) -> HttpResponse:
        model = _model(request, model_id)
        response = _page(request, model, TryLinkForm(), 200, **_new_link(request, model))
        shown_once.forget(response, request=request)
        return response

    def post(self, request: HttpRequest, model_id: uuid.UUID) -> HttpResponse:
        """Make a link, and show it once on the page that the browser is sent to."""
        model = _model(request, model_id)
        form = TryLinkForm(request.POST)
        if form.is_valid():
            try:
                link, secret = make_try_link(user=request.user, model=model, **form.cleaned_data)
                response = redirect(_PAGE, model.pk)
                made = {"link": str(link.pk), "secret": secret}
                shown_once.hand_over(response, request=request, path=request.path, value=made)
                return response
            except DomainError as error:
                if error.status in (403, 404):
                    raise
                form.add_error(None, f"{error.detail} {error.hint}".strip())
        return _page(request, model, form, 422)


class TryLinkRevoke(LoginRequiredMixin, View):
    """Ends one link."""

    def post(self, request: HttpRequest, link_id: uuid.UUID) -> HttpResponse:
        link = visible_try_link(request.user, link_id)
        revoke_try_link(user=request.user, link=link)
        messages.success(request, f"The link “{link.name}” opens nothing any more.")
        return redirect(_PAGE, link.model_id)


class TryPage(View):
    """What a try link opens: the same page for everyone, which knows no one and sets no cookie.

    The link's secret stands behind `#`, so it does not come here; the page's script sends it to
    `api/v1/try/`.
    """

    def get(self, request: HttpRequest) -> HttpResponse:
        response = render(request, "classifier/prediction/try_page.html")
        response.headers["Referrer-Policy"] = "no-referrer"
        response.headers["Permissions-Policy"] = "camera=(self), microphone=(), geolocation=()"
        response.headers["X-Robots-Tag"] = "noindex"
        return response


def _model(request: HttpRequest, model_id: uuid.UUID) -> RegisteredModel:
    model = visible_model(request.user, model_id)
    if model.built_in:
        raise Conflict(f"{model.name} is built in: no link opens it.", code="does_not_apply")
    return model


def _new_link(request: HttpRequest, model: RegisteredModel) -> dict[str, Any]:
    """Return what the page shows of a link just made; nothing of one revoked since."""
    made = shown_once.take(request)
    link = try_links_of(request.user, model).filter(pk=made["link"]).first() if made else None
    if link is None or state_of(link) is not TryLinkState.WORKS:
        return {}
    url = address_of(made["secret"])
    path, side = qr_code_path(url)
    return {"new_link": link, "url": url, "qr_path": path, "qr_side": side}


def _page(
    request: HttpRequest, model: RegisteredModel, form: TryLinkForm, status: int, **extra: Any
) -> HttpResponse:
    links = list(try_links_of(request.user, model)[:_SHOWN])
    rows = [(link, *_WORDS[state_of(link)]) for link in links]
    context = {
        "model": model,
        "form": form,
        "rows": rows,
        "live": live_version(model),
        "can_edit": can_edit(request, model),
        **extra,
    }
    return render(request, "classifier/prediction/try_links.html", context, status=status)
