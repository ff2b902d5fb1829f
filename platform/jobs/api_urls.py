"""Routes of the REST API, relative to /api/v1/."""

from django.urls import path

from jobs.api.events import JobEvents
from jobs.api.jobs import JobCancel, JobDetail, JobDismiss, JobList, JobRetry

urlpatterns = [
    path("jobs/", JobList.as_view(), name="job_list"),
    path("jobs/<uuid:pk>/", JobDetail.as_view(), name="job"),
    path("jobs/<uuid:pk>/cancel/", JobCancel.as_view(), name="job_cancel"),
    path("jobs/<uuid:pk>/retry/", JobRetry.as_view(), name="job_retry"),
    path("jobs/<uuid:pk>/dismiss/", JobDismiss.as_view(), name="job_dismiss"),
    path("jobs/<uuid:pk>/events/", JobEvents.as_view(), name="job_events"),
]
