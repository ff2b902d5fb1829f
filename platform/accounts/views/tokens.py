"""The page Tokens."""

import uuid

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


@method_decorator(never_cache, name="dispatch")
class TokensPage(LoginRequiredMixin, View):
    """Lists the person's tokens and makes new ones."""

    def get(self, request: HttpRequest) -> HttpResponse:
        return _page(request, TokenForm())

    def post(self, request: HttpRequest) -> HttpResponse:
        """Make a token. The answer holds it: it is stored nowhere, so there is no redirect."""
        form = TokenForm(request.POST)
        if not form.is_valid():
            return _page(request, form, status=422)
        token, secret = create_token(user=request.user, **form.cleaned_data)
        example = f'curl -H "Authorization: Bearer {secret}" {settings.PUBLIC_URL}/api/v1/me/'
        return _page(request, TokenForm(), new_token=token, secret=secret, example=example)


class TokenRevoke(LoginRequiredMixin, View):
    """Ends one token."""

    def post(self, request: HttpRequest, token_id: uuid.UUID) -> HttpResponse:
        token = token_of(request.user, token_id)
        revoke_token(user=request.user, token=token)
        messages.success(request, f"The token “{token.name}” works no more.")
        return redirect("accounts:tokens")


def _page(request: HttpRequest, form: TokenForm, status: int = 200, **extra) -> HttpResponse:
    context = {"form": form, "tokens": tokens_of(request.user), "tab": "tokens", **extra}
    return render(request, "accounts/tokens.html", context, status=status)
