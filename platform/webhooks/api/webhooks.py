"""`webhooks/`: addresses outside that an organization's events are sent to."""

import uuid

from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework import generics, status
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.models import TokenScope
from accounts.roles import Role
from accounts.selectors.organizations import default_organization, organization_by_slug
from common.inputs import require_no_body
from jobs.api.accepted import accepted
from jobs.idempotency import IdempotentMixin
from webhooks.filters import WebhookFilter
from webhooks.models import WebhookEndpoint
from webhooks.selectors.endpoints import managed_endpoint, managed_endpoints
from webhooks.serializers import (
    DELIVERING,
    LIMITS,
    TRIES,
    NewWebhookSerializer,
    TriedDeliverySerializer,
    WebhookInput,
    WebhookPatch,
    WebhookSerializer,
    tried,
)
from webhooks.services.endpoints import (
    add_endpoint,
    change_endpoint,
    remove_endpoint,
    rotate_secret,
)
from webhooks.services.tries import send_test


class WebhookList(generics.ListAPIView):
    """The webhooks of the organizations where you are an admin."""

    token_scope = TokenScope.ADMIN
    serializer_class = WebhookSerializer
    filterset_class = WebhookFilter
    queryset = WebhookEndpoint.objects.none()

    def get_queryset(self):
        return managed_endpoints(self.request.user)

    @extend_schema(
        summary="Add a webhook",
        description=f"{LIMITS} {DELIVERING}",
        request=WebhookInput,
        responses={201: NewWebhookSerializer},
    )
    def post(self, request: Request) -> Response:
        body = WebhookInput.read(request.data)
        slug = body.pop("organization", None)
        organization = (
            organization_by_slug(request.user, slug, Role.ADMIN)
            if slug
            else default_organization(request.user)
        )
        endpoint, secret = add_endpoint(user=request.user, organization=organization, **body)
        return Response(_with_secret(endpoint, secret), status=status.HTTP_201_CREATED)


class WebhookDetail(APIView):
    """One webhook."""

    token_scope = TokenScope.ADMIN

    @extend_schema(summary="Show a webhook", responses=WebhookSerializer)
    def get(self, request: Request, endpoint_id: uuid.UUID) -> Response:
        return Response(WebhookSerializer(managed_endpoint(request.user, endpoint_id)).data)

    @extend_schema(
        summary="Change a webhook, or switch it off or on",
        description="What happens while it is switched off is not sent later.",
        request=WebhookPatch,
        responses=WebhookSerializer,
    )
    def patch(self, request: Request, endpoint_id: uuid.UUID) -> Response:
        endpoint = managed_endpoint(request.user, endpoint_id)
        body = WebhookPatch.read(request.data)
        changed = change_endpoint(user=request.user, endpoint=endpoint, **body)
        return Response(WebhookSerializer(changed).data)

    @extend_schema(
        summary="Remove a webhook and the log of its deliveries", responses={204: OpenApiResponse()}
    )
    def delete(self, request: Request, endpoint_id: uuid.UUID) -> Response:
        require_no_body(request)
        remove_endpoint(user=request.user, endpoint=managed_endpoint(request.user, endpoint_id))
        return Response(status=status.HTTP_204_NO_CONTENT)


class WebhookSecret(APIView):
    """The secret that a receiver checks signatures with."""

    token_scope = TokenScope.ADMIN

    @extend_schema(
        summary="Make a new secret",
        description="For a day both secrets sign (`webhook-signature` then holds two signatures), "
        "so there is time to change the receiver.",
        request=None,
        responses=NewWebhookSerializer,
    )
    def post(self, request: Request, endpoint_id: uuid.UUID) -> Response:
        require_no_body(request)
        endpoint = managed_endpoint(request.user, endpoint_id)
        secret = rotate_secret(user=request.user, endpoint=endpoint)
        return Response(_with_secret(managed_endpoint(request.user, endpoint_id), secret))


class WebhookTest(IdempotentMixin, APIView):
    """A test of one webhook."""

    token_scope = TokenScope.ADMIN

    @extend_schema(
        summary="Send a test event",
        description=f"`webhook.test`, also to a webhook that is switched off. {TRIES}",
        request=None,
        responses={202: TriedDeliverySerializer},
    )
    def post(self, request: Request, endpoint_id: uuid.UUID) -> Response:
        require_no_body(request)
        endpoint = managed_endpoint(request.user, endpoint_id)
        delivery, job = send_test(user=request.user, endpoint=endpoint)
        return accepted(tried(delivery, job), job)


def _with_secret(endpoint: WebhookEndpoint, secret: str) -> dict[str, object]:
    return {**WebhookSerializer(endpoint).data, "secret": secret}
