"""Buttons about what is shared: accept, decline, end."""

import uuid

from django.contrib import messages
from django.contrib.auth.mixins import LoginRequiredMixin
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.views import View

from accounts.selectors.sharing import visible_share
from accounts.services.sharing import accept_share, end_share, offer_share
from accounts.sharing import Subject
from common.errors import Conflict, Invalid


class ShareAccept(LoginRequiredMixin, View):
    """Accepts an offer."""

    def post(self, request: HttpRequest, share_id: uuid.UUID) -> HttpResponse:
        share = accept_share(user=request.user, share=visible_share(request.user, share_id))
        messages.success(
            request, f"{share.name} of {share.organization} is shared with {share.receiver} now."
        )
        return _back(request)


class ShareEnd(LoginRequiredMixin, View):
    """Ends a share, withdraws or declines an offer."""

    def post(self, request: HttpRequest, share_id: uuid.UUID) -> HttpResponse:
        share = visible_share(request.user, share_id)
        end_share(user=request.user, share=share)
        done = "is no longer shared" if share.accepted_at else "is no longer offered"
        messages.success(request, f"{share.name} {done}.")
        return _back(request)


def offer_from_page(request: HttpRequest, subject: Subject) -> None:
    """Offer what a page shows to the organization that its form names, and say what came of it."""
    receiver = request.POST.get("receiver", "")
    may_copy = request.POST.get("may_copy") == "true"
    try:
        offer_share(user=request.user, subject=subject, receiver=receiver, may_copy=may_copy)
    except (Conflict, Invalid) as error:
        messages.error(request, f"{error.detail} {error.hint}".strip())
    else:
        messages.success(request, f"{subject.name} is offered to {receiver.strip()}.")


def _back(request: HttpRequest) -> HttpResponse:
    there = request.POST.get("next", "")
    if url_has_allowed_host_and_scheme(there, allowed_hosts=None):
        return redirect(there)
    return redirect(reverse("accounts:organizations"))
