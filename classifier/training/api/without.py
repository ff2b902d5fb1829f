"""`training-runs/{id}/without-treatment/`."""

import uuid

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from classifier.evaluation.selectors.with_and_without import with_and_without
from classifier.training.selectors.runs import visible_run
from classifier.training.serializers.runs import TrainingRunSerializer
from classifier.training.serializers.without import WithAndWithoutSerializer, WithoutQuery
from classifier.training.services.train_without import train_without
from common.inputs import require_no_body
from jobs.api.accepted import accepted
from jobs.idempotency import IdempotentMixin


class TrainingRunWithout(IdempotentMixin, APIView):
    """A run beside the same run without what treats rare classes or few labels."""

    query_parameters = ("classes",)

    @extend_schema(
        operation_id="training_runs_without_treatment",
        summary="Compare a run with the same run without its treatments",
        description="Class weights, balanced sampling, focal loss, synthetic examples and "
        "self-training are treatments. Per class both runs' figures on the test images, and their "
        "difference with its interval, by paired answers.",
        parameters=[WithoutQuery],
        responses=WithAndWithoutSerializer,
    )
    def get(self, request: Request, run_id: uuid.UUID) -> Response:
        query = WithoutQuery.read(request.query_params)
        found = with_and_without(visible_run(request.user, run_id), query["classes"])
        return Response(WithAndWithoutSerializer(found).data)

    @extend_schema(
        operation_id="training_runs_train_without_treatment",
        summary="Train the same without its treatments",
        description="Queues a run of the same version, preset, settings and seed with all of them "
        "off. 409 `no_treatment` where there is none, `has_twin` where such a run is there.",
        request=None,
        responses={202: TrainingRunSerializer},
    )
    def post(self, request: Request, run_id: uuid.UUID) -> Response:
        require_no_body(request)
        run = train_without(user=request.user, run=visible_run(request.user, run_id))
        return accepted(TrainingRunSerializer(run).data, run.job)
