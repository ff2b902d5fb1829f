"""Every address of the REST API, version 1."""

from django.urls import include, path
from drf_spectacular.views import SpectacularAPIView

from common.api_docs import api_docs

app_name = "api"
urlpatterns = [
    path("schema/", SpectacularAPIView.as_view(), name="schema"),
    path("docs/", api_docs, name="docs"),
    path("", include("accounts.api_urls")),
    path("", include("jobs.api_urls")),
    path("", include("webhooks.api_urls")),
    path("", include("datasets.api_urls")),
    path("", include("classifier.api_urls")),
]
