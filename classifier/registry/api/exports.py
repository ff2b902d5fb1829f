"""`model-versions/{id}/exports/` and `exports/{id}/`."""

import uuid

from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework import generics, status
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from classifier.models import ModelExport
from classifier.registry.selectors.exports import visible_export, visible_exports
from classifier.registry.selectors.models import visible_version
from classifier.registry.serializers.exports import ExportInput, ModelExportSerializer
from classifier.registry.services.delete_export import delete_export
from classifier.registry.services.start_export import start_export
from common.inputs import require_no_body
from jobs.api.accepted import accepted
from jobs.idempotency import IdempotentMixin


class ModelExportList(IdempotentMixin, generics.ListAPIView):
    """The exports of a model version."""

    serializer_class = ModelExportSerializer
    queryset = ModelExport.objects.none()

    def get_queryset(self):
        version = visible_version(self.request.user, self.kwargs["version_id"])
        return visible_exports(self.request.user).filter(model_version=version)

    @extend_schema(
        summary="Export a model version",
        description="`made_on_request` of the version lists the formats that it can be exported "
        "in; 422 `does_not_apply` says why not in another. The file is written, then run in a "
        "process of its own on the version's test images: `parity` says how it answers beside the "
        "served file. 200 with the export where the file is there already: `again` has it made "
        "again. A person has at most 18 waiting or running (409 `too_many_open`). Needs the role "
        "editor.",
        request=ExportInput,
        responses={200: ModelExportSerializer, 202: ModelExportSerializer},
    )
    def post(self, request: Request, version_id: uuid.UUID) -> Response:
        version = visible_version(request.user, version_id)
        body = ExportInput.read(request.data)
        export = start_export(user=request.user, version=version, **body)
        data = ModelExportSerializer(export).data
        return accepted(data, export.job) if export.under_way else Response(data)


class ModelExportDetail(APIView):
    """One export."""

    @extend_schema(summary="Show an export", responses=ModelExportSerializer)
    def get(self, request: Request, export_id: uuid.UUID) -> Response:
        return Response(ModelExportSerializer(visible_export(request.user, export_id)).data)

    @extend_schema(
        summary="Delete an export",
        description="With its file, but for one that training has left. 409 `under_way` while it "
        "is made. Needs the role editor.",
        responses={204: OpenApiResponse()},
    )
    def delete(self, request: Request, export_id: uuid.UUID) -> Response:
        require_no_body(request)
        delete_export(user=request.user, export=visible_export(request.user, export_id))
        return Response(status=status.HTTP_204_NO_CONTENT)
