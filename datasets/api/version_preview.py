"""`datasets/{id}/versions/preview/`."""

import uuid

from drf_spectacular.utils import extend_schema
from rest_framework import views
from rest_framework.request import Request
from rest_framework.response import Response

from datasets.selectors.datasets import visible_dataset
from datasets.serializers.version_preview import PreviewSerializer
from datasets.serializers.versions import DatasetVersionInput
from datasets.services.versions.preview_version import preview_version


class VersionPreview(views.APIView):
    """What freezing would make, before anybody does."""

    @extend_schema(
        summary="Preview a version",
        description="The same body as freezing takes. Nothing is written.",
        request=DatasetVersionInput,
        responses=PreviewSerializer,
    )
    def post(self, request: Request, dataset_id: uuid.UUID) -> Response:
        dataset = visible_dataset(request.user, dataset_id)
        body = DatasetVersionInput.read(request.data)
        preview = preview_version(dataset=dataset, **body["split"])
        return Response(PreviewSerializer(preview, context={"dataset": dataset}).data)
