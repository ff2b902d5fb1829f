"""`dataset-copies/`."""

import uuid
from typing import Any

from drf_spectacular.utils import PolymorphicProxySerializer, extend_schema
from rest_framework import generics
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.models import Organization, User
from accounts.selectors.organizations import organization_for_work
from datasets.models import DatasetCopy
from datasets.selectors.copying import (
    Source,
    checked_mapping,
    plan_of,
    visible_copies,
    visible_copy,
)
from datasets.serializers.copies import (
    CopyPlanSerializer,
    DatasetCopySerializer,
    VersionCopyInput,
    WholeCopyInput,
    copy_input,
)
from datasets.services.copy_dataset import check_copy, start_copy
from jobs.api.accepted import accepted
from jobs.idempotency import IdempotentMixin

BODY = PolymorphicProxySerializer(
    component_name="DatasetCopyInput",
    serializers=[VersionCopyInput, WholeCopyInput],
    resource_type_field_name=None,
)


class DatasetCopyList(IdempotentMixin, generics.ListAPIView):
    """The copies into the caller's organizations, with where each came from."""

    serializer_class = DatasetCopySerializer
    queryset = DatasetCopy.objects.none()

    def get_queryset(self):
        return visible_copies(self.request.user)

    @extend_schema(
        summary="Copy a dataset or a version into an organization",
        description="Into a new dataset, with images, classes, notes of classes, and where each "
        "label came from; without the names of people. Needs the role editor on both sides, or a "
        "share with leave to copy. A person may have five copies under way. What the copy came "
        "from is kept as text, and stays when that is gone.",
        request=BODY,
        responses={202: DatasetCopySerializer},
    )
    def post(self, request: Request) -> Response:
        body = copy_input(request.data).read(request.data, context={"request": request})
        source, organization = _named(request.user, body)
        copy = start_copy(
            user=request.user,
            source=source,
            organization=organization,
            name=body.get("name", ""),
            class_mapping=body.get("class_mapping"),
        )
        return accepted(DatasetCopySerializer(copy).data, copy.job)


class DatasetCopyPreview(APIView):
    """What a copy would hold."""

    @extend_schema(
        summary="Count what a copy would hold",
        request=BODY,
        responses=CopyPlanSerializer,
    )
    def post(self, request: Request) -> Response:
        body = copy_input(request.data).read(request.data, context={"request": request})
        source, organization = _named(request.user, body)
        check_copy(user=request.user, source=source, organization=organization)
        mapping = checked_mapping(source, body.get("class_mapping") or {})
        return Response(CopyPlanSerializer(plan_of(source, mapping)).data)


class DatasetCopyDetail(APIView):
    """One copy."""

    @extend_schema(summary="Show a copy of a dataset", responses=DatasetCopySerializer)
    def get(self, request: Request, copy_id: uuid.UUID) -> Response:
        return Response(DatasetCopySerializer(visible_copy(request.user, copy_id)).data)


def _named(user: User, body: dict[str, Any]) -> tuple[Source, Organization]:
    version = body.get("version")
    source = Source(version.dataset if version else body["dataset"], version)
    return source, organization_for_work(user, body.get("organization"))
