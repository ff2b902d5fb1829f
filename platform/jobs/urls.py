"""Pages."""

from django.urls import path

from jobs.views import pages

app_name = "jobs"
urlpatterns = [
    path("", pages.job_list, name="list"),
    path("news/", pages.news, name="news"),
    path("<uuid:pk>/", pages.job_detail, name="detail"),
    path("<uuid:pk>/live/", pages.job_live, name="live"),
    path("<uuid:pk>/retry/", pages.job_retry, name="retry"),
    path("<uuid:pk>/dismiss/", pages.job_dismiss, name="dismiss"),
]
