"""`models/imports/`: models that were trained elsewhere."""

import uuid

from drf_spectacular.utils import OpenApiRequest, extend_schema
from rest_framework import generics
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.roles import Role
from accounts.selectors.organizations import organization_by_slug
from classifier.models import ModelImport
from classifier.registry.selectors.model_imports import visible_import, visible_imports
from classifier.registry.serializers.model_imports import (
    ModelImportInput,
    ModelImportSerializer,
    stated_input,
)
from classifier.registry.services.importing.start_import import Wish, start_model_import
from common.multipart import FormParser
from jobs.api.accepted import accepted
from jobs.idempotency import IdempotentMixin


class ModelImportList(IdempotentMixin, generics.ListAPIView):
    """The models that were brought along."""

    serializer_class = ModelImportSerializer
    queryset = ModelImport.objects.none()
    parser_classes = (FormParser,)

    def get_queryset(self):
        return visible_imports(self.request.user)

    @extend_schema(
        summary="Bring a model along",
        description="A `.keras` file of Keras 3, made of layers of Keras alone. Other formats "
        "(`.h5`, pickle, SavedModel, `.pt`, `.onnx`) are not opened: 415. A file that breaks a "
        "rule or does not fit what is stated: 422, naming the entry or the layer. The answer is "
        "the model version that is on its way: `id` is the version's, `number` null until "
        "`job` has succeeded. It goes live like any other: with a report that passes the gate. "
        "Needs the role editor; 3 at a time and 20 in 24 hours for a person (429), 60 for an "
        "organization; files up to 1 GiB (operators may set other limits).",
        request={
            "multipart/form-data": OpenApiRequest(
                ModelImportInput,
                encoding={
                    "class_names": {"contentType": "application/json"},
                    "input": {"contentType": "application/json"},
                },
            )
        },
        responses={202: ModelImportSerializer},
    )
    def post(self, request: Request) -> Response:
        body = ModelImportInput.read(request.data, context={"request": request})
        organization = None
        if slug := body.get("organization"):
            organization = organization_by_slug(request.user, slug, Role.EDITOR)
        wish = Wish(
            class_names=body["class_names"],
            given=stated_input(body["input"]),
            fit=body["input"]["fit"],
            model=body.get("model"),
            organization=organization,
            name=body["name"],
            dataset=body.get("dataset"),
        )
        file = body["file"]
        row = start_model_import(user=request.user, file=file, file_name=file.name, wish=wish)
        return accepted(ModelImportSerializer(row).data, row.job)


class ModelImportDetail(generics.GenericAPIView):
    """A model that was brought along."""

    serializer_class = ModelImportSerializer

    @extend_schema(
        summary="Show the import of a model",
        description="The model version on its way, and afterwards how it came.",
        responses=ModelImportSerializer,
    )
    def get(self, request: Request, import_id: uuid.UUID) -> Response:
        return Response(ModelImportSerializer(visible_import(request.user, import_id)).data)
