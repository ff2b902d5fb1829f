"""The answer to a request that starts work."""

from collections.abc import Mapping
from typing import Any

from django.urls import reverse
from rest_framework import status
from rest_framework.response import Response

from jobs.models import Job


def accepted(resource_data: Mapping[str, Any], job: Job) -> Response:
    """Return 202 with the new resource and the job's address in `Location`."""
    location = reverse("api:job", args=[job.pk])
    return Response(resource_data, status=status.HTTP_202_ACCEPTED, headers={"Location": location})
