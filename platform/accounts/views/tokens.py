"""The page Tokens."""

import uuid

from allauth.account.decorators import reauthentication_required
from django.conf import settings
from django.contrib import messages
from django.contrib.auth.mixins import LoginRequiredMixin
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.decorators import method_decorator
from django.views import View
from django.views.decorators.cache import never_cache

from accounts.forms import TokenForm
from accounts.selectors.tokens import token_of, tokens_of
from accounts.services.tokens import create_token, revoke_token
from common import shown_once


@method_decorator(never_cache, name="dispatch")
class TokensPage(LoginRequiredMixin, View):
    """Lists the person's tokens and makes new ones."""

    def get(self, request: HttpRequest) -> HttpResponse:
        response = _page(request, TokenForm(), **_new_token(request))
        shown_once.forget(response, request=request)
        return response

    @method_decorator(reauthentication_required(app="accounts"))
    def post(self, request: HttpRequest) -> HttpResponse:
        """Make a token, and show it once on the page that the browser is sent to."""
        form = TokenForm(request.POST)
        if not form.is_valid():
            return _page(request, form, status=422)
        token, secret = create_token(user=request.user, **form.cleaned_data)
        response = redirect("accounts:tokens")
        made = {"token": str(token.pk), "secret": secret}
        shown_once.hand_over(response, request=request, path=request.path, value=made)
        return response


class TokenRevoke(LoginRequiredMixin, View):
    """Ends one token."""

    def post(self, request: HttpRequest, token_id: uuid.UUID) -> HttpResponse:
        token = token_of(request.user, token_id)
        revoke_token(user=request.user, token=token)
        messages.success(request, f"The token “{token.name}” works no more.")
        return redirect("accounts:tokens")


def _new_token(request: HttpRequest) -> dict[str, object]:
    """Return what the page shows of a token just made; nothing of one revoked since."""
    made = shown_once.take(request)
    token = tokens_of(request.user).filter(pk=made["token"]).first() if made else None
    if token is None:
        return {}
    secret = made["secret"]
    example = f'curl -H "Authorization: Bearer {secret}" {settings.PUBLIC_URL}/api/v1/me/'
    return {"new_token": token, "secret": secret, "example": example}


def _page(request: HttpRequest, form: TokenForm, status: int = 200, **extra) -> HttpResponse:
    context = {"form": form, "tokens": tokens_of(request.user), "tab": "tokens", **extra}
    return render(request, "accounts/tokens.html", context, status=status)
