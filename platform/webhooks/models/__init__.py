from webhooks.models.alert import AlertChoice, MailAlert
from webhooks.models.delivery import DeliveryStatus, WebhookAttempt, WebhookDelivery
from webhooks.models.endpoint import WebhookEndpoint
from webhooks.models.told_job import ToldJob

__all__ = [
    "AlertChoice",
    "DeliveryStatus",
    "MailAlert",
    "ToldJob",
    "WebhookAttempt",
    "WebhookDelivery",
    "WebhookEndpoint",
]
