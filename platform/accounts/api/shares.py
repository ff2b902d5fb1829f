"""Shares: what an organization lets another one read."""

import uuid

from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework import generics, status
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.models import Share, TokenScope
from accounts.policies import require_role
from accounts.roles import Role
from accounts.selectors.organizations import visible_organization
from accounts.selectors.sharing import shares_of, shares_with, visible_share
from accounts.serializers.shares import (
    LIMITS,
    GivenShareSerializer,
    ReceivedShareSerializer,
    ShareInput,
)
from accounts.services.sharing import accept_share, end_share, offer_share
from accounts.sharing import Subject
from common.inputs import require_no_body


class GivenShares(generics.ListAPIView):
    """With whom an object is shared, and to whom it is offered; seen by its admins.

    Each app says of its objects which one an address names.
    """

    token_scope = TokenScope.ADMIN
    serializer_class = GivenShareSerializer
    queryset = Share.objects.none()

    def subject(self) -> Subject:
        """Return what is shared; raises `NotFound`, and `Forbidden` for who only reads it."""
        raise NotImplementedError

    def get_queryset(self):
        subject = self.subject()
        require_role(user=self.request.user, organization=subject.organization, role=Role.ADMIN)
        return shares_of(subject)

    @extend_schema(
        summary="Offer it to another organization, to read",
        description=LIMITS,
        request=ShareInput,
        responses={201: GivenShareSerializer},
    )
    def post(self, request: Request, **_: uuid.UUID) -> Response:
        subject = self.subject()
        body = ShareInput.read(request.data)
        share = offer_share(user=request.user, subject=subject, **body)
        return Response(GivenShareSerializer(share).data, status=status.HTTP_201_CREATED)


class ReceivedShares(generics.ListAPIView):
    """What is shared with an organization, and offered to it; seen by its admins."""

    token_scope = TokenScope.ADMIN
    serializer_class = ReceivedShareSerializer
    queryset = Share.objects.none()

    def get_queryset(self):
        organization = visible_organization(self.request.user, self.kwargs["slug"])
        require_role(user=self.request.user, organization=organization, role=Role.ADMIN)
        return shares_with(organization)


class ShareDetail(generics.GenericAPIView):
    """One share or offer."""

    token_scope = TokenScope.ADMIN
    serializer_class = GivenShareSerializer

    @extend_schema(
        summary="End a share, or withdraw or decline an offer",
        description="At once, by an admin of either side. Jobs of the receiver that still read it "
        "are cancelled; what it has made of it stays: runs, models and copies, and reports and "
        "predictions for as long as the model is there. What the receiver declines cannot be "
        "offered to it again for 14 days (409 `declined`), and after three declined offers "
        "nothing can.",
        responses={204: OpenApiResponse()},
    )
    def delete(self, request: Request, share_id: uuid.UUID) -> Response:
        require_no_body(request)
        end_share(user=request.user, share=visible_share(request.user, share_id))
        return Response(status=status.HTTP_204_NO_CONTENT)


class ShareAccept(APIView):
    """The answer to an offer."""

    token_scope = TokenScope.ADMIN

    @extend_schema(
        summary="Accept an offer",
        description="By an admin of the organization that it was made to.",
        request=None,
        responses=ReceivedShareSerializer,
    )
    def post(self, request: Request, share_id: uuid.UUID) -> Response:
        require_no_body(request)
        share = accept_share(user=request.user, share=visible_share(request.user, share_id))
        return Response(ReceivedShareSerializer(share).data)
