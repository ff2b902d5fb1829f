"""Every address of the site."""

from django.contrib import admin
from django.urls import include, path

from accounts.views.password_reset import PasswordReset
from jobs.views.metrics import metrics

handler400 = "common.error_pages.bad_request"
handler404 = "common.error_pages.not_found"
handler500 = "common.error_pages.server_error"
urlpatterns = [
    path("", include("common.urls")),
    path("metrics", metrics, name="metrics"),
    path("admin/", admin.site.urls),
    # Before allauth's own page at this address.
    path("accounts/password/reset/", PasswordReset.as_view(), name="account_reset_password"),
    path("accounts/", include("allauth.urls")),
    path("api/v1/", include("config.api_urls")),
    path("", include("accounts.urls")),
    path("jobs/", include("jobs.urls")),
    path("datasets/", include("datasets.urls")),
    path("", include("classifier.urls")),
]
