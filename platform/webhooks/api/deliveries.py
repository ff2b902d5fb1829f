"""`webhooks/{id}/deliveries/` and `webhook-deliveries/{id}/replay/`."""

import uuid

from drf_spectacular.utils import extend_schema
from rest_framework import generics
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.models import TokenScope
from common.inputs import require_no_body
from jobs.api.accepted import accepted
from jobs.idempotency import IdempotentMixin
from webhooks.filters import DeliveryFilter
from webhooks.models import WebhookDelivery
from webhooks.selectors.endpoints import deliveries_of, managed_delivery, managed_endpoint
from webhooks.serializers import TRIES, DeliverySerializer, TriedDeliverySerializer, tried
from webhooks.services.tries import replay


class DeliveryList(generics.ListAPIView):
    """What was and is to be sent to a webhook, with its last tries."""

    token_scope = TokenScope.ADMIN
    serializer_class = DeliverySerializer
    filterset_class = DeliveryFilter
    queryset = WebhookDelivery.objects.none()

    def get_queryset(self):
        return deliveries_of(managed_endpoint(self.request.user, self.kwargs["endpoint_id"]))


class DeliveryReplay(IdempotentMixin, APIView):
    """One delivery, once more."""

    token_scope = TokenScope.ADMIN

    @extend_schema(
        summary="Send a delivery once more",
        description=f"Whatever has become of it, with the same `webhook-id` and body. {TRIES}",
        request=None,
        responses={202: TriedDeliverySerializer},
    )
    def post(self, request: Request, delivery_id: uuid.UUID) -> Response:
        require_no_body(request)
        delivery = managed_delivery(request.user, delivery_id)
        job = replay(user=request.user, delivery=delivery)
        return accepted(tried(delivery, job), job)
