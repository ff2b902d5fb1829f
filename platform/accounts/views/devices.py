"""The page where a person approves a program that asks for a token."""

from allauth.account.decorators import reauthentication_required
from allauth.core import ratelimit
from django.contrib import messages
from django.contrib.auth.mixins import LoginRequiredMixin
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.decorators import method_decorator
from django.views import View
from django.views.decorators.cache import never_cache

from accounts.forms import DeviceCodeForm
from accounts.models import DeviceRequest, TokenScope
from accounts.selectors.device_requests import open_request
from accounts.services.device_requests import decide
from common.errors import NotFound


@method_decorator(never_cache, name="dispatch")
class DevicePage(LoginRequiredMixin, View):
    """Takes the code that the program shows, and says what the program asks for."""

    def get(self, request: HttpRequest) -> HttpResponse:
        return render(request, "accounts/device.html", {"form": DeviceCodeForm(), "tab": "tokens"})

    def post(self, request: HttpRequest) -> HttpResponse:
        form = DeviceCodeForm(request.POST)
        if not form.is_valid():
            return _again(request, form)
        if not ratelimit.consume(request, action="device_code", user=request.user):
            form.add_error("code", "Too many codes in five minutes. Wait a little.")
            return _again(request, form, status=429)
        try:
            wish = open_request(form.cleaned_data["code"])
        except NotFound as error:
            form.add_error("code", error.detail)
            return _again(request, form)
        return _asked(request, wish)


@method_decorator(never_cache, name="dispatch")
class DeviceDecision(LoginRequiredMixin, View):
    """Approves or denies."""

    @method_decorator(reauthentication_required(app="accounts"))
    def post(self, request: HttpRequest) -> HttpResponse:
        form = DeviceCodeForm(request.POST)
        if not form.is_valid() or not ratelimit.consume(
            request, action="device_code", user=request.user
        ):
            return redirect("accounts:device")
        approved = request.POST.get("decision") == "approve"
        try:
            wish = decide(user=request.user, user_code=form.cleaned_data["code"], approved=approved)
        except NotFound as error:
            form.add_error("code", error.detail)
            return _again(request, form)
        said = "gets its token now" if approved else "gets no token"
        messages.success(request, f"“{wish.name}” {said}. You may close this page.")
        return redirect("accounts:tokens")


def _again(request: HttpRequest, form: DeviceCodeForm, status: int = 422) -> HttpResponse:
    context = {"form": form, "tab": "tokens"}
    return render(request, "accounts/device.html", context, status=status)


def _asked(request: HttpRequest, wish: DeviceRequest) -> HttpResponse:
    scopes = [TokenScope(scope).label for scope in wish.scopes]
    context = {"wish": wish, "scopes": scopes, "tab": "tokens"}
    return render(request, "accounts/device_request.html", context)
