"""Every address of the site."""

from django.contrib import admin
from django.urls import include, path

from config import health
from jobs.views.metrics import metrics

handler400 = "common.error_pages.bad_request"
handler404 = "common.error_pages.not_found"
handler500 = "common.error_pages.server_error"
urlpatterns = [
    path("healthz/live", health.live),
    path("healthz/ready", health.ready),
    path("metrics", metrics, name="metrics"),
    path("admin/", admin.site.urls),
    path("accounts/", include("config.account_urls")),
    path("api/v1/", include("config.api_urls")),
    path("", include("accounts.urls")),
    path("jobs/", include("jobs.urls")),
    path("", include("webhooks.urls")),
    path("datasets/", include("datasets.urls")),
    path("", include("classifier.pages.urls")),
]
