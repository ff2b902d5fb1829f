"""Every address of the site."""

from django.contrib import admin
from django.urls import include, path

from jobs.views.metrics import metrics

handler404 = "common.error_pages.not_found"
urlpatterns = [
    path("", include("common.urls")),
    path("metrics", metrics, name="metrics"),
    path("admin/", admin.site.urls),
    path("accounts/", include("allauth.urls")),
    path("api/v1/", include("config.api_urls")),
    path("team/", include("accounts.urls")),
    path("jobs/", include("jobs.urls")),
    path("datasets/", include("datasets.urls")),
    path("", include("classifier.urls")),
]
