"""`model-copies/`."""

import uuid

from drf_spectacular.utils import extend_schema
from rest_framework import generics
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.selectors.organizations import organization_for_work
from classifier.models import ModelCopy
from classifier.registry.selectors.copies import visible_model_copies, visible_model_copy
from classifier.registry.serializers.copies import ModelCopyInput, ModelCopySerializer
from classifier.registry.services.copy_model import start_model_copy
from jobs.api.accepted import accepted
from jobs.idempotency import IdempotentMixin


class ModelCopyList(IdempotentMixin, generics.ListAPIView):
    """The copies of model versions into the caller's organizations."""

    serializer_class = ModelCopySerializer
    queryset = ModelCopy.objects.none()

    def get_queryset(self):
        return visible_model_copies(self.request.user)

    @extend_schema(
        summary="Copy a model version into an organization",
        description="As the first version of a new model, with the files that answer; classes may "
        "be renamed, not merged. Reports, decisions and where it learned stay behind, so it needs "
        "a report of its own to go live. Needs the role editor on both sides, or a share with "
        "leave to copy. A person may have five copies under way.",
        request=ModelCopyInput,
        responses={202: ModelCopySerializer},
    )
    def post(self, request: Request) -> Response:
        body = ModelCopyInput.read(request.data, context={"request": request})
        copy = start_model_copy(
            user=request.user,
            version=body["version"],
            organization=organization_for_work(request.user, body.get("organization")),
            name=body.get("name", ""),
            class_mapping=body.get("class_mapping"),
        )
        return accepted(ModelCopySerializer(copy).data, copy.job)


class ModelCopyDetail(APIView):
    """One copy."""

    @extend_schema(summary="Show a copy of a model version", responses=ModelCopySerializer)
    def get(self, request: Request, copy_id: uuid.UUID) -> Response:
        return Response(ModelCopySerializer(visible_model_copy(request.user, copy_id)).data)
