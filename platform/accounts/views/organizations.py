"""The page Organization: its members and its invitations."""

import uuid

from django.contrib import messages
from django.contrib.auth.mixins import LoginRequiredMixin
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.decorators import method_decorator
from django.views import View
from django.views.decorators.cache import never_cache

from accounts.forms import OrganizationForm, RoleForm
from accounts.models import Organization
from accounts.policies import grantable_roles, require_role
from accounts.roles import Role
from accounts.selectors.invitations import open_invitation, open_invitations
from accounts.selectors.members import has_another_owner, member_by_id, members_of
from accounts.selectors.organizations import memberships_of, role_in, visible_organization
from accounts.selectors.sharing import shares_with
from accounts.selectors.usage import usage_rows
from accounts.serializers.organizations import invitation_link
from accounts.services.invitations import invite, withdraw_invitation
from accounts.services.members import change_role, remove_member
from accounts.services.organizations import create_organization, rename_organization
from common import shown_once


class FirstOrganization(LoginRequiredMixin, View):
    """The person's first organization: their own, as a rule."""

    def get(self, request: HttpRequest) -> HttpResponse:
        membership = memberships_of(request.user).first()
        if membership is None:
            return redirect("accounts:organization_new")
        return redirect("accounts:organization", membership.organization.slug)


class OrganizationNew(LoginRequiredMixin, View):
    """Creates an organization."""

    def get(self, request: HttpRequest) -> HttpResponse:
        return render(request, "accounts/organization_new.html", {"form": OrganizationForm()})

    def post(self, request: HttpRequest) -> HttpResponse:
        form = OrganizationForm(request.POST)
        if not form.is_valid():
            return render(request, "accounts/organization_new.html", {"form": form}, status=422)
        organization = create_organization(user=request.user, name=form.cleaned_data["name"])
        return redirect("accounts:organization", organization.slug)


@method_decorator(never_cache, name="dispatch")
class OrganizationPage(LoginRequiredMixin, View):
    """Shows an organization; its form renames it."""

    def get(self, request: HttpRequest, slug: str) -> HttpResponse:
        organization = visible_organization(request.user, slug)
        response = _page(request, organization, **_new_invitation(request, organization))
        shown_once.forget(response, request=request)
        return response

    def post(self, request: HttpRequest, slug: str) -> HttpResponse:
        organization = visible_organization(request.user, slug)
        require_role(user=request.user, organization=organization, role=Role.ADMIN)
        form = OrganizationForm(request.POST)
        if not form.is_valid():
            return _page(request, organization, status=422, name_form=form)
        name = form.cleaned_data["name"]
        rename_organization(user=request.user, organization=organization, name=name)
        return redirect("accounts:organization", slug)


class MemberRole(LoginRequiredMixin, View):
    """Gives a member another role."""

    def post(self, request: HttpRequest, slug: str, membership_id: uuid.UUID) -> HttpResponse:
        organization = visible_organization(request.user, slug)
        membership = member_by_id(organization, membership_id)
        require_role(user=request.user, organization=organization, role=Role.ADMIN)
        form = RoleForm(request.POST, grantable=list(Role))
        if form.is_valid():
            role = Role(form.cleaned_data["role"])
            change_role(user=request.user, membership=membership, role=role)
            messages.success(request, f"{membership.user} is {role.label.lower()} now.")
        return redirect("accounts:organization", slug)


class MemberRemove(LoginRequiredMixin, View):
    """Takes a member out, or lets the person leave."""

    def post(self, request: HttpRequest, slug: str, membership_id: uuid.UUID) -> HttpResponse:
        organization = visible_organization(request.user, slug)
        membership = member_by_id(organization, membership_id)
        remove_member(user=request.user, membership=membership)
        if membership.user_id == request.user.pk:
            messages.success(request, f"You have left {organization.name}.")
            return redirect("accounts:organizations")
        messages.success(request, f"{membership.user} is no longer a member.")
        return redirect("accounts:organization", slug)


class InvitationNew(LoginRequiredMixin, View):
    """Makes a link; the page of the organization shows it once, because it is stored nowhere."""

    def post(self, request: HttpRequest, slug: str) -> HttpResponse:
        organization = visible_organization(request.user, slug)
        role = role_in(request.user, organization)
        require_role(user=request.user, organization=organization, role=Role.ADMIN)
        form = RoleForm(request.POST, grantable=grantable_roles(role))
        if not form.is_valid():
            return _page(request, organization, status=422, invite_form=form)
        invitation, secret = invite(
            user=request.user, organization=organization, role=Role(form.cleaned_data["role"])
        )
        response = redirect("accounts:organization", slug)
        made = {"invitation": str(invitation.pk), "secret": secret}
        shown_once.hand_over(response, request=request, path=response.url, value=made)
        return response


class InvitationWithdraw(LoginRequiredMixin, View):
    """Makes an open link useless."""

    def post(self, request: HttpRequest, slug: str, invitation_id: uuid.UUID) -> HttpResponse:
        organization = visible_organization(request.user, slug)
        require_role(user=request.user, organization=organization, role=Role.ADMIN)
        invitation = open_invitation(request.user, organization, invitation_id)
        withdraw_invitation(user=request.user, invitation=invitation)
        messages.success(request, "The invitation is withdrawn; its link works no more.")
        return redirect("accounts:organization", slug)


def _new_invitation(request: HttpRequest, organization: Organization) -> dict[str, object]:
    """Return what the page shows of a link just made; nothing of one withdrawn since."""
    made = shown_once.take(request)
    open_ones = open_invitations(request.user).filter(organization=organization)
    invitation = open_ones.filter(pk=made["invitation"]).first() if made else None
    if invitation is None:
        return {}
    return {"new_invitation": invitation, "link": invitation_link(made["secret"])}


def _page(
    request: HttpRequest, organization: Organization, status: int = 200, **extra
) -> HttpResponse:
    role = role_in(request.user, organization)
    grantable = grantable_roles(role)
    context = {
        "organization": organization,
        "role": role,
        "manages": bool(grantable),
        "grantable": grantable,
        "memberships": memberships_of(request.user),
        "members": members_of(organization),
        "may_leave": has_another_owner(organization, request.user),
        "invitations": open_invitations(request.user).filter(organization=organization),
        "name_form": OrganizationForm(initial={"name": organization.name}),
        "invite_form": RoleForm(grantable=grantable),
        "received": shares_with(organization) if grantable else [],
        "usage": usage_rows(organization) if grantable else [],
        "tab": "organization",
        **extra,
    }
    return render(request, "accounts/organization.html", context, status=status)
