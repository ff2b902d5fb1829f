"""`models/`, their versions, aliases and history."""

import uuid
from pathlib import Path

from django.http import FileResponse, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.utils.text import slugify
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse, extend_schema
from rest_framework import generics, status
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from classifier.models import ModelVersion, RegisteredModel
from classifier.registry.filters import ModelVersionFilter, RegisteredModelFilter
from classifier.registry.selectors.models import (
    readable_model,
    readable_models,
    readable_version,
    readable_versions,
    visible_model,
    visible_version,
)
from classifier.registry.selectors.standing import with_gates, with_live_refusals
from classifier.registry.serializers.exports import DownloadQuery
from classifier.registry.serializers.models import (
    AliasInput,
    AliasSerializer,
    ModelPatch,
    ModelVersionSerializer,
    NotePatch,
    RegisteredModelSerializer,
)
from classifier.registry.serializers.shared import SharedModelVersionSerializer
from classifier.registry.services.alias_names import LONGEST, SHAPE
from classifier.registry.services.delete_version import delete_version
from classifier.registry.services.download_file import file_to_download, link_to_download
from classifier.registry.services.manage_model import delete_model, edit_model
from classifier.registry.services.note_version import note_version
from classifier.registry.services.remove_alias import remove_alias
from classifier.registry.services.set_alias import MOST_ALIASES, set_alias
from common.inputs import require_no_body
from common.negotiation import AnyAccept


class RegisteredModelList(generics.ListAPIView):
    """The models of the caller's organizations, those shared with them, and the built-in ones."""

    serializer_class = RegisteredModelSerializer
    filterset_class = RegisteredModelFilter
    queryset = RegisteredModel.objects.none()

    def get_queryset(self):
        return readable_models(self.request.user)

    def paginate_queryset(self, queryset):
        return with_live_refusals(super().paginate_queryset(queryset))


class RegisteredModelDetail(APIView):
    """One model."""

    @extend_schema(
        summary="Rename, describe or archive a model",
        description="An archived model leaves the lists and answers no predictions (409 "
        "`archived`) until `archived` is false again.",
        request=ModelPatch,
        responses=RegisteredModelSerializer,
    )
    def patch(self, request: Request, model_id: uuid.UUID) -> Response:
        model = visible_model(request.user, model_id)
        body = ModelPatch.read(request.data)
        model = edit_model(user=request.user, model=model, **body)
        return Response(RegisteredModelSerializer(model).data)

    @extend_schema(
        summary="Delete an archived model",
        description="With its versions, files, reports, predictions and history, for ever; its "
        "runs stay. 409 `has_dependents` says what would go while the model is not archived or has "
        "jobs under way. Needs the role admin.",
        responses={204: OpenApiResponse()},
    )
    def delete(self, request: Request, model_id: uuid.UUID) -> Response:
        require_no_body(request)
        delete_model(user=request.user, model=visible_model(request.user, model_id))
        return Response(status=status.HTTP_204_NO_CONTENT)

    @extend_schema(summary="Show a model", responses=RegisteredModelSerializer)
    def get(self, request: Request, model_id: uuid.UUID) -> Response:
        return Response(RegisteredModelSerializer(readable_model(request.user, model_id)).data)


class ModelVersionList(generics.ListAPIView):
    """A model's versions."""

    serializer_class = ModelVersionSerializer
    filterset_class = ModelVersionFilter
    queryset = ModelVersion.objects.none()

    def get_queryset(self):
        model = readable_model(self.request.user, self.kwargs["model_id"])
        if model.is_shared:
            self.serializer_class = SharedModelVersionSerializer
        versions = readable_versions(self.request.user).prefetch_related("exports")
        return versions.filter(model=model)

    def paginate_queryset(self, queryset):
        page = super().paginate_queryset(queryset)
        shared = self.serializer_class is SharedModelVersionSerializer
        return page if shared else with_gates(page)


class ModelVersionDetail(APIView):
    """One model version with its lineage."""

    @extend_schema(
        summary="Tag a model version, or write a note on it",
        description="What is not given stays. All else of a version never changes.",
        request=NotePatch,
        responses=ModelVersionSerializer,
    )
    def patch(self, request: Request, version_id: uuid.UUID) -> Response:
        version = visible_version(request.user, version_id)
        note_version(user=request.user, version=version, **NotePatch.read(request.data))
        return Response(ModelVersionSerializer(with_gates([version])[0]).data)

    @extend_schema(
        summary="Delete a model version",
        description="With its files, reports and predictions, for ever; its run and the history "
        "stay, and its number is not given again. 409 `has_dependents` names what serves it or "
        "works on it: an alias, an ensemble that an alias points at, a job. Needs the role admin.",
        responses={204: OpenApiResponse()},
    )
    def delete(self, request: Request, version_id: uuid.UUID) -> Response:
        require_no_body(request)
        delete_version(user=request.user, version=visible_version(request.user, version_id))
        return Response(status=status.HTTP_204_NO_CONTENT)

    @extend_schema(summary="Show a model version", responses=ModelVersionSerializer)
    def get(self, request: Request, version_id: uuid.UUID) -> Response:
        version = readable_version(request.user, version_id)
        if version.is_shared:
            return Response(SharedModelVersionSerializer(version).data)
        return Response(ModelVersionSerializer(with_gates([version])[0]).data)


class ModelFile(APIView):
    """A file of a model version."""

    content_negotiation_class = AnyAccept
    query_parameters = ("confirmed",)

    @extend_schema(
        summary="Download a file of a model version",
        description="`model.onnx`, `model.keras` of a network, `model.skops` of a classic method, "
        "`training_script.py`, `self_training.csv` where unlabelled images joined, "
        "`teacher_images.csv` where they had joined the teacher of a student, and the files of "
        "exports, verified. Needs the role editor, but for the script; a built-in model's are "
        "everyone's. An export that does not answer as the served file does is 409 "
        "`parity_failed`, unless `confirmed`. Each download is in the audit log. Where files lie "
        "in a bucket and the operator wishes it, the answer is 302 to a signed address there, good "
        "for some minutes and for anyone: send no token along, and compare the SHA-256 that "
        "`Loupe-Content-SHA256` names.",
        parameters=[DownloadQuery],
        responses={
            (200, "application/octet-stream"): OpenApiTypes.BINARY,
            302: OpenApiResponse(description="The file is at `Location`, for some minutes."),
        },
    )
    def get(self, request: Request, version_id: uuid.UUID, name: str) -> HttpResponseBase:
        version = visible_version(request.user, version_id)
        query = DownloadQuery.read(request.query_params)
        asked = {"user": request.user, "version": version, "name": name, **query}
        model = slugify(version.model.name, allow_unicode=True) or "model"
        called = f"{model}-v{version.number}{_ending(name)}"
        response: HttpResponseBase
        if link := link_to_download(file_name=called, **asked):
            response = HttpResponseRedirect(link.address)
            response["Loupe-Content-SHA256"] = link.sha256
        else:
            response = FileResponse(
                file_to_download(**asked).open("rb"),
                as_attachment=True,
                filename=called,
                content_type="application/octet-stream",
            )
        response["Cache-Control"] = "private, no-store"
        response["X-Content-Type-Options"] = "nosniff"
        return response


def _ending(name: str) -> str:
    """Return what follows the model's name: there may be several files of one suffix."""
    return name.removeprefix("model") if name.startswith("model.") else Path(name).suffix


ALIAS = {"type": "string", "pattern": f"^{SHAPE}$", "minLength": 1, "maxLength": LONGEST}


class ModelAliasDetail(APIView):
    """An alias of a model."""

    @extend_schema(
        summary="Point an alias at a version",
        description="`champion` is the alias that predictions use by default, `challenger` the one "
        f"that may follow it. An alias that does not exist yet is made, up to {MOST_ALIASES} of "
        "a model; none may read like another of it, or mislead (`v3`, `latest`, `champi0n`). A "
        "version becomes champion only if the gate lets it: else 409 `gate_refused`, with an "
        "entry in `errors` for each rule that refuses it. One that was champion before is not "
        "compared with the present one. `override` passes by the gate. Other aliases are free.",
        request=AliasInput,
        responses=AliasSerializer,
        parameters=[OpenApiParameter("alias", ALIAS, OpenApiParameter.PATH)],
    )
    def put(self, request: Request, model_id: uuid.UUID, alias: str) -> Response:
        model = visible_model(request.user, model_id)
        body = AliasInput.read(request.data)
        pointer = set_alias(
            user=request.user,
            model=model,
            alias=alias,
            number=body["version"],
            reason=body["reason"],
            override=body["override"],
        )
        return Response(AliasSerializer(pointer).data)

    @extend_schema(
        summary="Remove an alias",
        description="Predictions that ask for it are refused from then on (409 `no_version`); the "
        "history keeps where it pointed. `champion` stays (409 `champion_stays`): archive the "
        "model to take it out of service.",
        responses={204: OpenApiResponse()},
        parameters=[OpenApiParameter("alias", ALIAS, OpenApiParameter.PATH)],
    )
    def delete(self, request: Request, model_id: uuid.UUID, alias: str) -> Response:
        require_no_body(request)
        model = visible_model(request.user, model_id)
        remove_alias(user=request.user, model=model, alias=alias)
        return Response(status=status.HTTP_204_NO_CONTENT)
