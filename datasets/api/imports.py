"""`datasets/{id}/imports/` and `imports/`."""

import uuid

from django.http import HttpResponseBase
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import generics, views
from rest_framework.pagination import CursorPagination
from rest_framework.request import Request
from rest_framework.response import Response

from common.errors import NotFound
from common.inputs import require_no_body
from common.multipart import FormParser
from common.negotiation import AnyAccept
from common.pagination import NewestFirstPagination
from common.parsers import JSONParser
from common.served_images import BY_ETAG, IMAGES, NOT_MODIFIED, served
from datasets.api.filters import ImportItemFilter
from datasets.models import Import, ImportItem, ImportStatus
from datasets.selectors.datasets import visible_dataset
from datasets.selectors.imports import example_path, imports_of, items_of, visible_import
from datasets.serializers.imports import (
    ConfirmInput,
    ImportInput,
    ImportItemSerializer,
    ImportSerializer,
    UploadedImportInput,
)
from datasets.serializers.licences import LicenceInput
from datasets.services.intake.confirm_import import confirm_import, dismiss_import
from datasets.services.intake.start_import import import_upload, start_import
from datasets.services.intake.state_licence import state_licence
from jobs.api.accepted import accepted
from jobs.idempotency import IdempotentMixin


class ImportList(IdempotentMixin, generics.ListAPIView):
    """The imports into a dataset."""

    serializer_class = ImportSerializer
    queryset = Import.objects.none()
    parser_classes = (FormParser, JSONParser)

    def get_queryset(self):
        return imports_of(visible_dataset(self.request.user, self.kwargs["dataset_id"]))

    @extend_schema(
        summary="Import a zip of images",
        description=(
            "The archive's table of contents is checked at once (422 names the entry at fault); "
            "its images are checked by a job. A large archive is better uploaded first: "
            "`POST uploads/`."
        ),
        request={"multipart/form-data": ImportInput, "application/json": UploadedImportInput},
        responses={202: ImportSerializer},
    )
    def post(self, request: Request, dataset_id: uuid.UUID) -> Response:
        dataset = visible_dataset(request.user, dataset_id)
        multipart = (request.content_type or "").startswith("multipart/")
        was_uploaded = not multipart or "upload" in request.data
        serializer = UploadedImportInput if was_uploaded else ImportInput
        body = serializer.read(request.data, context={"request": request})
        values = {**body, "user": request.user, "dataset": dataset}
        if was_uploaded:
            source = import_upload(**values)
        else:
            source = start_import(**values, archive_name=values["archive"].name)
        return accepted(ImportSerializer(source).data, source.job)


class ImportDetail(generics.GenericAPIView):
    """One import."""

    serializer_class = ImportSerializer

    @extend_schema(summary="One import", responses=ImportSerializer)
    def get(self, request: Request, import_id: uuid.UUID) -> Response:
        return Response(ImportSerializer(visible_import(request.user, import_id)).data)

    @extend_schema(
        summary="State the licence of an import's images",
        request=LicenceInput,
        responses=ImportSerializer,
    )
    def patch(self, request: Request, import_id: uuid.UUID) -> Response:
        source = visible_import(request.user, import_id)
        body = LicenceInput.read(request.data)
        return Response(
            ImportSerializer(state_licence(user=request.user, source=source, **body)).data
        )


class ImportConfirm(IdempotentMixin, generics.GenericAPIView):
    """The answer to an import that asks how its archive is meant."""

    serializer_class = ConfirmInput

    @extend_schema(
        summary="Say how an archive is meant",
        description=(
            "For an import whose status is `needs_confirmation`: its `readings` are what can be "
            "chosen. Nothing has been written so far; a new job goes on without another upload."
        ),
        request=ConfirmInput,
        responses={202: ImportSerializer},
    )
    def post(self, request: Request, import_id: uuid.UUID) -> Response:
        source = visible_import(request.user, import_id)
        body = ConfirmInput.read(request.data)
        source = confirm_import(user=request.user, source=source, **body)
        return accepted(ImportSerializer(source).data, source.job)


class ImportDismiss(generics.GenericAPIView):
    """Putting an import out of sight."""

    serializer_class = ImportSerializer

    @extend_schema(
        summary="Dismiss an import that failed or waits for an answer",
        description="It leaves the lists and its archive is removed. "
        "Doing so again changes nothing.",
        request=None,
        responses=ImportSerializer,
    )
    def post(self, request: Request, import_id: uuid.UUID) -> Response:
        require_no_body(request)
        source = visible_import(request.user, import_id)
        return Response(ImportSerializer(dismiss_import(user=request.user, source=source)).data)


class ImportExample(views.APIView):
    """A picture of what a reading gives as an example, while the import waits for an answer."""

    query_parameters = ("name",)
    content_negotiation_class = AnyAccept

    @extend_schema(
        summary="A picture of an example",
        responses={**IMAGES, **NOT_MODIFIED},
        parameters=[
            OpenApiParameter("name", str, required=True, description="One of `examples`."),
            *BY_ETAG,
        ],
    )
    def get(self, request: Request, import_id: uuid.UUID) -> HttpResponseBase:
        source = visible_import(request.user, import_id)
        if source.status != ImportStatus.NEEDS_CONFIRMATION:
            # What was dismissed is not shown while its files wait to be swept.
            raise NotFound("This import does not wait for an answer, so it shows no pictures.")
        path = example_path(source, request.query_params.get("name", ""))
        gone = "This import has no such picture, or it was removed."
        return served(request, path.name, path.read_bytes, gone)


class ItemPagination(NewestFirstPagination):
    """In the order of the archive."""

    ordering = ("id",)


class ImportItemList(generics.ListAPIView):
    """The files of an archive that were not added as new images, and why."""

    serializer_class = ImportItemSerializer
    pagination_class: type[CursorPagination] = ItemPagination
    filterset_class = ImportItemFilter
    queryset = ImportItem.objects.none()

    def get_queryset(self):
        return items_of(visible_import(self.request.user, self.kwargs["import_id"]))
