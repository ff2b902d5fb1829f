"""`me/` and `organizations/`."""

from drf_spectacular.utils import extend_schema
from rest_framework import generics, status
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.models import Membership, TokenScope
from accounts.quotas import PersonalQuota
from accounts.selectors.members import member_by_name
from accounts.selectors.organizations import memberships_of, visible_organization
from accounts.selectors.usage import personal_usage
from accounts.serializers.organizations import (
    MeSerializer,
    OrganizationInput,
    OrganizationPatch,
    OrganizationSerializer,
)
from accounts.services.organizations import create_organization, rename_organization


class Me(APIView):
    """Who the caller is."""

    @extend_schema(summary="Who I am", responses=MeSerializer)
    def get(self, request: Request) -> Response:
        me = {
            "username": request.user.get_username(),
            "organizations": memberships_of(request.user),
            "usage": {
                quota.value: personal_usage(request.user, quota)._asdict()
                for quota in PersonalQuota
            },
        }
        return Response(MeSerializer(me).data)


class OrganizationList(generics.ListAPIView):
    """The organizations that the caller is in."""

    token_scope = TokenScope.ADMIN
    serializer_class = OrganizationSerializer
    queryset = Membership.objects.none()

    def get_queryset(self):
        return memberships_of(self.request.user)

    @extend_schema(
        summary="Create an organization, with the caller as its owner",
        request=OrganizationInput,
        responses={201: OrganizationSerializer},
    )
    def post(self, request: Request) -> Response:
        body = OrganizationInput.read(request.data)
        organization = create_organization(user=request.user, **body)
        membership = member_by_name(organization, request.user.get_username())
        return Response(OrganizationSerializer(membership).data, status=status.HTTP_201_CREATED)


class OrganizationDetail(APIView):
    """One organization."""

    token_scope = TokenScope.ADMIN

    @extend_schema(summary="Show an organization", responses=OrganizationSerializer)
    def get(self, request: Request, slug: str) -> Response:
        organization = visible_organization(request.user, slug)
        membership = member_by_name(organization, request.user.get_username())
        return Response(OrganizationSerializer(membership).data)

    @extend_schema(
        summary="Rename an organization",
        request=OrganizationPatch,
        responses=OrganizationSerializer,
    )
    def patch(self, request: Request, slug: str) -> Response:
        organization = visible_organization(request.user, slug)
        body = OrganizationPatch.read(request.data)
        rename_organization(user=request.user, organization=organization, name=body["name"])
        membership = member_by_name(organization, request.user.get_username())
        return Response(OrganizationSerializer(membership).data)
