"""`evaluations/{id}/predictions/`."""

import uuid

from drf_spectacular.utils import extend_schema
from rest_framework import generics
from rest_framework.request import Request
from rest_framework.response import Response

from classifier.evaluation.selectors.answers import answer_columns
from classifier.evaluation.selectors.predictions import AnswerFilter, answered_images
from classifier.evaluation.selectors.reports import require_images, visible_report
from classifier.evaluation.serializers.predictions import (
    PredictionsQuery,
    ReportPredictionSerializer,
)
from classifier.models import ReportAnswers
from common.pagination import PlacePagination


class EvaluationPredictions(generics.GenericAPIView):
    """What a report's model answered to each image."""

    query_parameters = ("true", "predicted", "order", "correct", "cursor", "page_size")
    serializer_class = ReportPredictionSerializer
    queryset = ReportAnswers.objects.none()
    pagination_class = PlacePagination

    @extend_schema(
        operation_id="evaluations_predictions_list",
        summary="List what the model of a report answered to each image",
        description="`true` and `predicted` are a cell of the confusion matrix. 400 naming a class "
        "that the report has not; 409 `no_answers` until it has figures, and for reports of before "
        "the answers were kept.",
        parameters=[PredictionsQuery],
        responses=ReportPredictionSerializer(many=True),
    )
    def get(self, request: Request, report_id: uuid.UUID) -> Response:
        report = visible_report(request.user, report_id)
        require_images(report)
        asked = {
            name: value
            for name, value in request.query_params.items()
            if name not in ("cursor", "page_size")
        }
        columns = answer_columns(report)
        places = AnswerFilter(**PredictionsQuery.read(asked)).matching(columns)
        rows = answered_images(columns, self.paginate_queryset(places))
        return self.get_paginated_response(ReportPredictionSerializer(rows, many=True).data)
