"""`datasets/{id}/instant-model/register/`."""

import uuid

from drf_spectacular.utils import extend_schema
from rest_framework import generics
from rest_framework.request import Request
from rest_framework.response import Response

from classifier.instant.services.use_model import use_model
from classifier.training.selectors.runs import visible_run
from classifier.training.serializers.runs import TrainingRunSerializer
from common.inputs import require_no_body
from datasets.selectors.datasets import visible_dataset
from jobs.api.accepted import accepted
from jobs.idempotency import IdempotentMixin


class InstantModelRegister(IdempotentMixin, generics.GenericAPIView):
    """A model of the registry, of what the instant model has shown to work."""

    serializer_class = TrainingRunSerializer

    @extend_schema(
        summary="Use the instant model",
        description="Freezes the labels as they stand and starts a run that puts a head on the "
        "instant model's backbone. When its job has succeeded, the run has a `model_version` with "
        "a report on images that neither of them has learned from. 409 (no_instant_model) before "
        "there is one.",
        request=None,
        responses={202: TrainingRunSerializer},
    )
    def post(self, request: Request, dataset_id: uuid.UUID) -> Response:
        require_no_body(request)
        run = use_model(user=request.user, dataset=visible_dataset(request.user, dataset_id))
        run = visible_run(request.user, run.pk)
        return accepted(TrainingRunSerializer(run).data, run.job)
