"""The page Sessions: where one is signed in, and how to end it."""

from allauth.account.adapter import get_adapter
from django.contrib import messages
from django.contrib.auth.mixins import LoginRequiredMixin
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views import View

from accounts.devices import device_name
from accounts.new_sign_ins import NOTICES_SESSION_KEY
from accounts.selectors.sessions import session_of, sessions_of
from accounts.selectors.tokens import tokens_of
from accounts.services.sessions import end_everything, end_session


class SessionsPage(LoginRequiredMixin, View):
    """Lists the browsers in which the person is signed in."""

    def get(self, request: HttpRequest) -> HttpResponse:
        context = {
            "lines": sessions_of(request.user, request.session.session_key),
            "token_count": tokens_of(request.user).count(),
        }
        return render(request, "accounts/sessions.html", context)


class SessionEnd(LoginRequiredMixin, View):
    """Signs one of them out."""

    def post(self, request: HttpRequest, session_id: int) -> HttpResponse:
        end_session(user=request.user, session=session_of(request.user, session_id))
        messages.success(request, "That browser is signed out.")
        return redirect("accounts:sessions")


class EndEverything(LoginRequiredMixin, View):
    """Signs out everywhere, here too, and revokes every token."""

    def post(self, request: HttpRequest) -> HttpResponse:
        end_everything(user=request.user, device=device_name(request))
        get_adapter().logout(request)
        messages.success(request, "All sessions are ended and all tokens revoked.")
        return redirect("account_login")


class NoticesSeen(LoginRequiredMixin, View):
    """Puts the notices of new sign-ins away, in this session."""

    def post(self, request: HttpRequest) -> HttpResponse:
        request.session.pop(NOTICES_SESSION_KEY, None)
        by_htmx = request.headers.get("HX-Request") == "true"
        return HttpResponse() if by_htmx else redirect("accounts:sessions")
