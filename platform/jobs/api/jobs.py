from typing import Any

from django.db.models import Prefetch, QuerySet
from django_filters import rest_framework as filters
from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework.generics import ListAPIView, RetrieveAPIView
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from common.inputs import require_no_body
from jobs.api.accepted import accepted
from jobs.idempotency import IdempotentMixin
from jobs.models import Job, JobAttempt, Status
from jobs.selectors.jobs import visible_job, visible_jobs
from jobs.serializers import JobDetailSerializer, JobSerializer
from jobs.services.cancel import cancel
from jobs.services.dismiss import dismiss
from jobs.services.retry import retry


class JobFilter(filters.FilterSet):
    kind = filters.CharFilter()
    status = filters.MultipleChoiceFilter(choices=Status.choices)
    organization = filters.CharFilter(field_name="organization__slug")

    class Meta:
        model = Job
        fields: list[str] = []


class JobList(ListAPIView):
    """Background work of your organizations, newest first."""

    serializer_class = JobSerializer
    filterset_class = JobFilter
    queryset = Job.objects.none()

    def get_queryset(self) -> QuerySet[Job]:
        """Keep what the caller may see."""
        return visible_jobs(self.request.user)


class JobDetail(RetrieveAPIView):
    """One job with its attempts: why each ended, the end of its log, when the next one starts."""

    serializer_class = JobDetailSerializer
    queryset = Job.objects.none()

    def get_queryset(self) -> QuerySet[Job]:
        """Keep what the caller may see."""
        attempts = Prefetch("attempt_set", JobAttempt.objects.order_by("fence"))
        return (
            visible_jobs(self.request.user)
            .select_related("organization")
            .prefetch_related(attempts)
        )


class JobCancel(APIView):
    """Cancel a job: at once while it waits, within seconds while it runs."""

    @extend_schema(
        request=None,
        responses={200: JobSerializer, 409: OpenApiResponse(description="It has ended.")},
    )
    def post(self, request: Request, pk: Any) -> Response:
        """Cancel; asking again changes nothing."""
        require_no_body(request)
        job = cancel(user=request.user, job=visible_job(request.user, pk))
        return Response(JobSerializer(job).data)


class JobRetry(IdempotentMixin, APIView):
    """Run a failed or cancelled job again, as a new job."""

    @extend_schema(
        request=None,
        responses={202: JobSerializer, 409: OpenApiResponse(description="It cannot be retried.")},
    )
    def post(self, request: Request, pk: Any) -> Response:
        """Start the new job; it goes on from the last checkpoint, if there is one."""
        require_no_body(request)
        job = retry(user=request.user, job=visible_job(request.user, pk))
        return accepted(JobSerializer(job).data, job)


class JobDismiss(APIView):
    """Take a failed job off Home, where it waits for people; it stays among the jobs."""

    @extend_schema(
        request=None,
        responses={200: JobSerializer, 409: OpenApiResponse(description="It has not failed.")},
    )
    def post(self, request: Request, pk: Any) -> Response:
        """Dismiss; doing so again changes nothing."""
        require_no_body(request)
        job = dismiss(user=request.user, job=visible_job(request.user, pk))
        return Response(JobSerializer(job).data)
