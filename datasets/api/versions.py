"""`datasets/{id}/versions/` and `dataset-versions/`."""

import uuid
from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import generics, status, views
from rest_framework.request import Request
from rest_framework.response import Response

from common.inputs import require_no_body
from common.pagination import NewestFirstPagination
from datasets.api.filters import SampleFilter
from datasets.models import DatasetVersion, Sample
from datasets.selectors.datasets import readable_dataset, visible_dataset
from datasets.selectors.version_diff import diff
from datasets.selectors.versions import (
    compared_version,
    readable_version,
    sample_rows,
    versions_of,
    visible_version,
)
from datasets.serializers.versions import (
    DIFF_PAGE,
    DatasetVersionDetailSerializer,
    DatasetVersionInput,
    DatasetVersionSerializer,
    DiffQuery,
    DiffSerializer,
    RestoredSerializer,
    SampleSerializer,
)
from datasets.services.versions.freeze import freeze
from datasets.services.versions.restore_version import restore_version


class VersionList(generics.ListAPIView):
    """The versions of a dataset."""

    serializer_class = DatasetVersionSerializer
    queryset = DatasetVersion.objects.none()

    def get_queryset(self):
        return versions_of(readable_dataset(self.request.user, self.kwargs["dataset_id"]))

    @extend_schema(
        summary="Freeze a version",
        request=DatasetVersionInput,
        responses={201: DatasetVersionDetailSerializer},
    )
    def post(self, request: Request, dataset_id: uuid.UUID) -> Response:
        dataset = visible_dataset(request.user, dataset_id)
        body = DatasetVersionInput.read(request.data)
        version = freeze(
            user=request.user,
            dataset=dataset,
            note=body["note"],
            **body["split"],
        )
        data = DatasetVersionDetailSerializer(version).data
        return Response(data, status=status.HTTP_201_CREATED)


class VersionDetail(generics.GenericAPIView):
    """One version."""

    serializer_class = DatasetVersionDetailSerializer

    @extend_schema(summary="One version", responses=DatasetVersionDetailSerializer)
    def get(self, request: Request, version_id: uuid.UUID) -> Response:
        version = readable_version(request.user, version_id)
        return Response(DatasetVersionDetailSerializer(version).data)


class VersionRestore(views.APIView):
    """Bring the dataset back to what a version holds."""

    @extend_schema(
        summary="Restore a version's images and classes", request=None, responses=RestoredSerializer
    )
    def post(self, request: Request, version_id: uuid.UUID) -> Response:
        require_no_body(request)
        version = visible_version(request.user, version_id)
        restored = restore_version(user=request.user, version=version)
        return Response(RestoredSerializer(restored).data)


class VersionDiff(views.APIView):
    """What was added, removed, relabelled and moved since another version."""

    query_parameters = ("against", "page")

    @extend_schema(
        summary="Compare with another version of the dataset",
        parameters=[DiffQuery],
        responses=DiffSerializer,
    )
    def get(self, request: Request, version_id: uuid.UUID) -> Response:
        version = readable_version(request.user, version_id)
        query = DiffQuery.read(request.query_params)
        against = compared_version(version, query.get("against"))
        found = diff(against, version)
        start = (query["page"] - 1) * DIFF_PAGE
        changes = {kind: rows[start : start + DIFF_PAGE] for kind, rows in vars(found).items()}
        answer = {
            "version": version.pk,
            "against": against.pk,
            "counts": found.counts,
            "page": query["page"],
            "page_size": DIFF_PAGE,
            **changes,
        }
        return Response(DiffSerializer(answer).data)


class SamplePagination(NewestFirstPagination):
    """In the order in which they were written, which is that of their content."""

    ordering = ("id",)


class SampleList(generics.ListAPIView):
    """The samples of a version: image, class and split as they were frozen."""

    serializer_class = SampleSerializer
    pagination_class = SamplePagination
    filterset_class = SampleFilter
    queryset = Sample.objects.none()

    def get_queryset(self):
        self.version = readable_version(self.request.user, self.kwargs["version_id"])
        return sample_rows(self.version)

    def get_serializer_context(self) -> dict[str, Any]:
        version = getattr(self, "version", None)
        return {
            **super().get_serializer_context(),
            "class_names": version.class_names if version else [],
        }
