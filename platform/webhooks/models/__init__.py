from webhooks.models.alert import AlertChoice, MailAlert
from webhooks.models.delivery import DeliveryStatus, WebhookAttempt, WebhookDelivery
from webhooks.models.endpoint import WebhookEndpoint

__all__ = [
    "AlertChoice",
    "DeliveryStatus",
    "MailAlert",
    "WebhookAttempt",
    "WebhookDelivery",
    "WebhookEndpoint",
]
