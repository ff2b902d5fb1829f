"""`evaluations/{id}/curves/` and `evaluations/{id}/robustness/`."""

import uuid

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from classifier.evaluation.selectors.curves import curves_of_class
from classifier.evaluation.selectors.reports import visible_report
from classifier.evaluation.selectors.robustness import robustness_of
from classifier.evaluation.serializers.curves import ClassCurvesSerializer, CurvesQuery
from classifier.evaluation.serializers.robustness import (
    RobustnessCheckSerializer,
    RobustnessInput,
)
from classifier.evaluation.services.start_robustness import start_robustness
from common.errors import Conflict, NotFound
from jobs.api.accepted import accepted
from jobs.idempotency import IdempotentMixin


class EvaluationCurves(APIView):
    """One class's curves in a report."""

    query_parameters = ("class_name",)

    @extend_schema(
        summary="Show the curves of one class of a report",
        description="409 until the report has figures; 404 for a class that the model has not.",
        parameters=[CurvesQuery],
        responses=ClassCurvesSerializer,
    )
    def get(self, request: Request, report_id: uuid.UUID) -> Response:
        report = visible_report(request.user, report_id)
        query = CurvesQuery.read(request.query_params)
        found = curves_of_class(report, query.get("class_name", ""))
        if found is None:
            raise Conflict("The report has no figures yet.", code="not_measured")
        return Response(ClassCurvesSerializer(found).data)


class EvaluationRobustness(IdempotentMixin, APIView):
    """How a report's model does on worse images."""

    @extend_schema(
        summary="Show a report's robustness",
        description="The newest check; 404 until one was asked for.",
        responses=RobustnessCheckSerializer,
    )
    def get(self, request: Request, report_id: uuid.UUID) -> Response:
        check = robustness_of(visible_report(request.user, report_id)).newest
        if check is None:
            raise NotFound("The robustness of this report was not asked for yet: POST does that.")
        return Response(RobustnessCheckSerializer(check).data)

    @extend_schema(
        summary="Measure a report's robustness",
        description="Some of the report's images are blurred, given noise, made darker or lighter, "
        "compressed (JPEG), turned and cropped, in five severities each. A job of its own, with "
        "progress; it can be cancelled. 409 `under_way`, `not_measured`. Needs the role editor.",
        request=RobustnessInput,
        responses={202: RobustnessCheckSerializer},
    )
    def post(self, request: Request, report_id: uuid.UUID) -> Response:
        report = visible_report(request.user, report_id)
        body = RobustnessInput.read(request.data)
        check = start_robustness(user=request.user, report=report, images=body["images"])
        return accepted(RobustnessCheckSerializer(check).data, check.job)
