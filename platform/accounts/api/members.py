"""Members and invitations of an organization."""

import uuid

from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework import generics, status
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.models import Invitation, Membership, TokenScope
from accounts.policies import require_role
from accounts.roles import Role
from accounts.selectors.invitations import open_invitation, open_invitations
from accounts.selectors.members import member_by_name, members_of
from accounts.selectors.organizations import visible_organization
from accounts.serializers.organizations import (
    InvitationInput,
    InvitationSerializer,
    MemberSerializer,
    NewInvitationSerializer,
    RoleInput,
    invitation_link,
)
from accounts.services.invitations import invite, withdraw_invitation
from accounts.services.members import change_role, remove_member
from common.inputs import require_no_body


class MemberList(generics.ListAPIView):
    """The members of an organization, seen by every member."""

    serializer_class = MemberSerializer
    queryset = Membership.objects.none()

    def get_queryset(self):
        return members_of(visible_organization(self.request.user, self.kwargs["slug"]))


class MemberDetail(generics.GenericAPIView):
    """One member. Admins manage the roles up to admin, owners all; the last owner stays."""

    token_scope = TokenScope.ADMIN
    serializer_class = MemberSerializer

    @extend_schema(summary="Change a member's role", request=RoleInput, responses=MemberSerializer)
    def patch(self, request: Request, slug: str, username: str) -> Response:
        membership = member_by_name(visible_organization(request.user, slug), username)
        body = RoleInput.read(request.data)
        membership = change_role(user=request.user, membership=membership, role=Role(body["role"]))
        return Response(MemberSerializer(membership).data)

    @extend_schema(
        summary="Remove a member, or leave",
        description="Everyone may remove themselves.",
        responses={204: OpenApiResponse()},
    )
    def delete(self, request: Request, slug: str, username: str) -> Response:
        require_no_body(request)
        membership = member_by_name(visible_organization(request.user, slug), username)
        remove_member(user=request.user, membership=membership)
        return Response(status=status.HTTP_204_NO_CONTENT)


class InvitationList(generics.ListAPIView):
    """The open invitations of an organization, seen by its admins."""

    token_scope = TokenScope.ADMIN
    serializer_class = InvitationSerializer
    queryset = Invitation.objects.none()

    def get_queryset(self):
        organization = visible_organization(self.request.user, self.kwargs["slug"])
        require_role(user=self.request.user, organization=organization, role=Role.ADMIN)
        return open_invitations(self.request.user).filter(organization=organization)

    @extend_schema(
        summary="Invite a person by a link",
        description="The link works once, within seven days.",
        request=InvitationInput,
        responses={201: NewInvitationSerializer},
    )
    def post(self, request: Request, slug: str) -> Response:
        organization = visible_organization(request.user, slug)
        body = InvitationInput.read(request.data)
        invitation, secret = invite(
            user=request.user,
            organization=organization,
            role=Role(body["role"]),
        )
        answer = InvitationSerializer(invitation).data | {"link": invitation_link(secret)}
        return Response(answer, status=status.HTTP_201_CREATED)


class InvitationDetail(generics.GenericAPIView):
    """One open invitation."""

    token_scope = TokenScope.ADMIN
    serializer_class = InvitationSerializer

    @extend_schema(summary="Withdraw an invitation", responses={204: OpenApiResponse()})
    def delete(self, request: Request, slug: str, invitation_id: uuid.UUID) -> Response:
        require_no_body(request)
        organization = visible_organization(request.user, slug)
        require_role(user=request.user, organization=organization, role=Role.ADMIN)
        invitation = open_invitation(request.user, organization, invitation_id)
        withdraw_invitation(user=request.user, invitation=invitation)
        return Response(status=status.HTTP_204_NO_CONTENT)
