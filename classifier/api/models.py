"""`models/`, their versions, aliases and history."""

import uuid

from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import generics
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from classifier.filters import RegisteredModelFilter
from classifier.models import AliasChange, ModelAlias, ModelVersion, RegisteredModel
from classifier.selectors.gate import with_gates
from classifier.selectors.models import (
    history_of,
    visible_model,
    visible_models,
    visible_version,
    visible_versions,
)
from classifier.serializers.models import (
    AliasChangeSerializer,
    AliasInput,
    AliasSerializer,
    ModelVersionSerializer,
    RegisteredModelSerializer,
)
from classifier.services.set_alias import set_alias


class RegisteredModelList(generics.ListAPIView):
    """The models of the caller's organizations, and the ready-made ones."""

    serializer_class = RegisteredModelSerializer
    filterset_class = RegisteredModelFilter
    queryset = RegisteredModel.objects.none()

    def get_queryset(self):
        return visible_models(self.request.user)


class RegisteredModelDetail(APIView):
    """One model."""

    @extend_schema(summary="Show a model", responses=RegisteredModelSerializer)
    def get(self, request: Request, model_id: uuid.UUID) -> Response:
        return Response(RegisteredModelSerializer(visible_model(request.user, model_id)).data)


class ModelVersionList(generics.ListAPIView):
    """A model's versions."""

    serializer_class = ModelVersionSerializer
    queryset = ModelVersion.objects.none()

    def get_queryset(self):
        model = visible_model(self.request.user, self.kwargs["model_id"])
        return visible_versions(self.request.user).filter(model=model)

    def paginate_queryset(self, queryset):
        return with_gates(super().paginate_queryset(queryset))


class ModelVersionDetail(APIView):
    """One model version with its lineage."""

    @extend_schema(summary="Show a model version", responses=ModelVersionSerializer)
    def get(self, request: Request, version_id: uuid.UUID) -> Response:
        version = visible_version(request.user, version_id)
        return Response(ModelVersionSerializer(with_gates([version])[0]).data)


# A slug, of the length that is kept.
ALIAS = {
    "type": "string",
    "pattern": "^[-a-zA-Z0-9_]+$",
    "minLength": 1,
    "maxLength": ModelAlias._meta.get_field("alias").max_length,
}


class ModelAliasDetail(APIView):
    """An alias of a model."""

    @extend_schema(
        summary="Point an alias at a version",
        description="`champion` is the alias that predictions use by default. An alias that does "
        "not exist yet is made. A version that never was champion becomes it only if the gate lets "
        "it: else 409 `gate_refused`, with an entry in `errors` for each rule that refuses it. Other "
        "aliases are free.",
        request=AliasInput,
        responses=AliasSerializer,
        parameters=[OpenApiParameter("alias", ALIAS, OpenApiParameter.PATH)],
    )
    def put(self, request: Request, model_id: uuid.UUID, alias: str) -> Response:
        model = visible_model(request.user, model_id)
        body = AliasInput(data=request.data)
        body.is_valid(raise_exception=True)
        pointer = set_alias(
            user=request.user,
            model=model,
            alias=alias,
            number=body.validated_data["version"],
            reason=body.validated_data["reason"],
        )
        return Response(AliasSerializer(pointer).data)


class ModelHistory(generics.ListAPIView):
    """Which version was live under which alias, since when, and why."""

    serializer_class = AliasChangeSerializer
    queryset = AliasChange.objects.none()

    def get_queryset(self):
        return history_of(visible_model(self.request.user, self.kwargs["model_id"]))
