"""Pages about webhooks and alerts. The file stands at the root, as organizations do."""

from django.urls import path

from webhooks.views import alerts, webhooks

app_name = "webhooks"
_organization = "organizations/<slug:slug>/"
_endpoint = "webhooks/<uuid:endpoint_id>/"
urlpatterns = [
    path("webhooks/", webhooks.FirstWebhooks.as_view(), name="first"),
    path(f"{_organization}webhooks/", webhooks.WebhookListPage.as_view(), name="list"),
    path(_endpoint, webhooks.WebhookPage.as_view(), name="endpoint"),
    path(f"{_endpoint}switch/", webhooks.WebhookSwitch.as_view(), name="switch"),
    path(f"{_endpoint}remove/", webhooks.WebhookRemove.as_view(), name="remove"),
    path(f"{_endpoint}secret/", webhooks.WebhookSecretPage.as_view(), name="secret"),
    path(f"{_endpoint}test/", webhooks.WebhookTestPage.as_view(), name="test"),
    path(
        "webhooks/deliveries/<uuid:delivery_id>/replay/",
        webhooks.DeliveryReplayPage.as_view(),
        name="replay",
    ),
    path("alerts/", alerts.FirstAlerts.as_view(), name="first_alerts"),
    path("alerts/stop/<str:signed>/", alerts.AlertsStop.as_view(), name="alerts_stop"),
    path(f"{_organization}alerts/", alerts.AlertsPage.as_view(), name="alerts"),
]
