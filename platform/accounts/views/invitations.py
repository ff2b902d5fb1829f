"""The page that an invitation's link opens."""

from urllib.parse import urlencode

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.decorators import method_decorator
from django.views import View
from django.views.decorators.cache import never_cache

from accounts.invited import INVITATION_SESSION_KEY
from accounts.models import Membership
from accounts.selectors.invitations import invitation_by_secret
from accounts.services.invitations import accept_invitation
from common.errors import NotFound


@method_decorator(never_cache, name="dispatch")
class InvitationPage(View):
    """Shows who invites to what; the button joins. Opening the link changes nothing."""

    def get(self, request: HttpRequest, secret: str) -> HttpResponse:
        try:
            invitation = invitation_by_secret(secret)
        except NotFound as error:
            return render(
                request, "accounts/invitation_invalid.html", {"problem": error}, status=404
            )
        # Lets the invited person sign up where sign-up is closed (accounts.adapter).
        if not request.user.is_authenticated:
            request.session[INVITATION_SESSION_KEY] = secret
        members = Membership.objects.filter(organization=invitation.organization)
        context = {
            "invitation": invitation,
            "member": request.user.is_authenticated and members.filter(user=request.user).exists(),
            "after": urlencode({"next": request.path}),
        }
        return render(request, "accounts/invitation.html", context)

    def post(self, request: HttpRequest, secret: str) -> HttpResponse:
        """Join the organization."""
        if not request.user.is_authenticated:
            here = urlencode({"next": request.path})
            return redirect(f"{reverse('account_login')}?{here}")
        membership = accept_invitation(user=request.user, secret=secret)
        request.session.pop(INVITATION_SESSION_KEY, None)
        organization = membership.organization
        messages.success(request, f"You are {membership.role} in {organization.name} now.")
        return redirect("accounts:organization", organization.slug)
