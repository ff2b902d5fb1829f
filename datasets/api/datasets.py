"""`datasets/`."""

import uuid
from typing import Any

from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework import generics, status
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.roles import Role
from accounts.selectors.organizations import organization_by_slug
from common.inputs import require_no_body
from datasets.models import Dataset
from datasets.selectors.datasets import (
    contents_of,
    readable_dataset,
    readable_datasets,
    visible_dataset,
)
from datasets.serializers.datasets import DatasetInput, DatasetPatch, DatasetSerializer
from datasets.services.create_dataset import create_dataset
from datasets.services.edit_dataset import edit_dataset
from datasets.services.trash import restore_dataset, trash_dataset


class DatasetList(generics.ListAPIView):
    """The datasets that the caller may see, also those that are shared with them."""

    serializer_class = DatasetSerializer
    queryset = Dataset.objects.none()

    def get_queryset(self):
        return readable_datasets(self.request.user)

    def get_serializer(self, *args: Any, **kwargs: Any) -> Any:
        if kwargs.get("many"):
            kwargs["context"] = {**self.get_serializer_context(), "contents": contents_of(args[0])}
        return super().get_serializer(*args, **kwargs)

    @extend_schema(
        summary="Create a dataset", request=DatasetInput, responses={201: DatasetSerializer}
    )
    def post(self, request: Request) -> Response:
        body = DatasetInput.read(request.data)
        values = dict(body)
        if slug := values.pop("organization", None):
            values["organization"] = organization_by_slug(request.user, slug, Role.EDITOR)
        dataset = create_dataset(user=request.user, **values)
        return Response(DatasetSerializer(dataset).data, status=status.HTTP_201_CREATED)


class DatasetDetail(generics.GenericAPIView):
    """One dataset."""

    serializer_class = DatasetSerializer

    @extend_schema(summary="One dataset", responses=DatasetSerializer)
    def get(self, request: Request, dataset_id: uuid.UUID) -> Response:
        return Response(DatasetSerializer(readable_dataset(request.user, dataset_id)).data)

    @extend_schema(summary="Change a dataset", request=DatasetPatch, responses=DatasetSerializer)
    def patch(self, request: Request, dataset_id: uuid.UUID) -> Response:
        dataset = visible_dataset(request.user, dataset_id)
        body = DatasetPatch.read(request.data)
        dataset = edit_dataset(user=request.user, dataset=dataset, **body)
        return Response(DatasetSerializer(dataset).data)

    @extend_schema(
        summary="Move a dataset to the trash",
        description="`restore/` brings it back.",
        responses={204: OpenApiResponse()},
    )
    def delete(self, request: Request, dataset_id: uuid.UUID) -> Response:
        require_no_body(request)
        trash_dataset(user=request.user, dataset=visible_dataset(request.user, dataset_id))
        return Response(status=status.HTTP_204_NO_CONTENT)


class DatasetRestore(generics.GenericAPIView):
    """Out of the trash."""

    serializer_class = DatasetSerializer

    @extend_schema(summary="Restore a dataset", request=None, responses=DatasetSerializer)
    def post(self, request: Request, dataset_id: uuid.UUID) -> Response:
        require_no_body(request)
        dataset = visible_dataset(request.user, dataset_id, in_trash=True)
        dataset = restore_dataset(user=request.user, dataset=dataset)
        return Response(DatasetSerializer(dataset).data)
