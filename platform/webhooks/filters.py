"""What lists of webhooks and deliveries can be narrowed by."""

from django_filters import rest_framework as filters

from webhooks.events import SENT_EVENTS
from webhooks.models import DeliveryStatus, WebhookDelivery, WebhookEndpoint


class WebhookFilter(filters.FilterSet):
    """Webhooks of one organization."""

    organization = filters.CharFilter(field_name="organization__slug")

    class Meta:
        model = WebhookEndpoint
        fields: list[str] = []


class DeliveryFilter(filters.FilterSet):
    """Deliveries by what became of them, and of which event."""

    status = filters.ChoiceFilter(choices=DeliveryStatus.choices)
    event = filters.ChoiceFilter(choices=SENT_EVENTS)

    class Meta:
        model = WebhookDelivery
        fields: list[str] = []
