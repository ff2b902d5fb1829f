"""Health addresses."""

from django.urls import path

from common import health

urlpatterns = [
    path("healthz/live", health.live),
    path("healthz/ready", health.ready),
]
