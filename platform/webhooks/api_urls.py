"""Routes of the REST API, relative to /api/v1/."""

from django.urls import path

from webhooks.api import alerts, deliveries, webhooks

urlpatterns = [
    path("webhooks/", webhooks.WebhookList.as_view(), name="webhook-list"),
    path("webhooks/<uuid:endpoint_id>/", webhooks.WebhookDetail.as_view(), name="webhook-detail"),
    path(
        "webhooks/<uuid:endpoint_id>/secret/",
        webhooks.WebhookSecret.as_view(),
        name="webhook-secret",
    ),
    path("webhooks/<uuid:endpoint_id>/test/", webhooks.WebhookTest.as_view(), name="webhook-test"),
    path(
        "webhooks/<uuid:endpoint_id>/deliveries/",
        deliveries.DeliveryList.as_view(),
        name="webhook-delivery-list",
    ),
    path(
        "webhook-deliveries/<uuid:delivery_id>/replay/",
        deliveries.DeliveryReplay.as_view(),
        name="webhook-delivery-replay",
    ),
    path("organizations/<slug:slug>/alerts/", alerts.Alerts.as_view(), name="alerts"),
]
