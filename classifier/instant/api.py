"""`datasets/{id}/instant-model/register/`."""

import uuid

from drf_spectacular.utils import extend_schema
from rest_framework import generics
from rest_framework.request import Request
from rest_framework.response import Response

from classifier.instant.services.use_model import use_model
from classifier.registry.selectors.models import visible_version
from classifier.registry.selectors.standing import with_gates
from classifier.registry.serializers.models import ModelVersionSerializer
from common.inputs import require_no_body
from datasets.selectors.datasets import visible_dataset
from jobs.idempotency import IdempotentMixin


class InstantModelRegister(IdempotentMixin, generics.GenericAPIView):
    """A model version of the instant model as it is fitted now."""

    serializer_class = ModelVersionSerializer

    @extend_schema(
        summary="Use the instant model",
        description="Writes backbone and head as one file and registers it; `instant_model` of the "
        "version says what it learned from. The same fit is the same version: 200 where it was "
        "registered before. An evaluation starts where a version of the dataset keeps test images; "
        "until there is a report, the gate refuses to make it live. 409: `no_instant_model` before "
        "there is one, `instant_model_learning` while it learns or is measured, "
        "`weights_unavailable`.",
        request=None,
        responses={201: ModelVersionSerializer, 200: ModelVersionSerializer},
    )
    def post(self, request: Request, dataset_id: uuid.UUID) -> Response:
        require_no_body(request)
        dataset = visible_dataset(request.user, dataset_id)
        version, created = use_model(user=request.user, dataset=dataset)
        version = visible_version(request.user, version.pk)
        body = ModelVersionSerializer(with_gates([version])[0]).data
        return Response(body, status=201 if created else 200)
