"""`evaluations/{id}/comparison/` and its images."""

import uuid

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.utils.urls import remove_query_param, replace_query_param
from rest_framework.views import APIView

from classifier.evaluation.selectors.comparison import Wanted, compare_reports
from classifier.evaluation.selectors.reports import require_images, visible_report
from classifier.evaluation.serializers.comparison import (
    ComparedImagesQuery,
    ComparedImagesSerializer,
    ComparisonQuery,
    ReportComparisonSerializer,
)

_CONFLICTS = (
    "409 where the two are not about the same images, or where the answers of one were not kept."
)


class EvaluationComparison(APIView):
    """What each of two models gets right on the same images."""

    query_parameters = ("against",)

    @extend_schema(
        summary="Compare a report with another one on the same images",
        description=_CONFLICTS,
        parameters=[ComparisonQuery],
        responses=ReportComparisonSerializer,
    )
    def get(self, request: Request, report_id: uuid.UUID) -> Response:
        report = visible_report(request.user, report_id)
        require_images(report)
        query = ComparisonQuery.read(request.query_params, context={"request": request})
        found = compare_reports(report, query["against"])
        return Response(ReportComparisonSerializer({"found": found}).data)


class EvaluationComparisonImages(APIView):
    """The images of one group of a comparison."""

    query_parameters = ("against", "which", "class_name", "column", "value", "page", "page_size")

    @extend_schema(
        summary="List the images that both models, one or neither gets right",
        description=_CONFLICTS,
        parameters=[ComparedImagesQuery],
        responses=ComparedImagesSerializer,
    )
    def get(self, request: Request, report_id: uuid.UUID) -> Response:
        report = visible_report(request.user, report_id)
        require_images(report)
        query = ComparedImagesQuery.read(request.query_params, context={"request": request})
        number, size = query.pop("page"), query.pop("page_size")
        found = compare_reports(report, query.pop("against"))
        places = found.places(Wanted(**query))
        start, end = (number - 1) * size, number * size
        here = request.build_absolute_uri()
        answer = {
            "count": len(places),
            "next": replace_query_param(here, "page", number + 1) if end < len(places) else None,
            "previous": _before(here, number) if number > 1 else None,
            "results": found.rows(places[start:end]),
        }
        return Response(ComparedImagesSerializer(answer).data)


def _before(address: str, number: int) -> str:
    if number == 2:
        return remove_query_param(address, "page")
    return replace_query_param(address, "page", number - 1)
