"""`model-versions/{id}/evaluations/` and `evaluations/{id}/`."""

import uuid

from django.http import HttpResponse, JsonResponse
from django.template.loader import render_to_string
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import generics
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.models import User
from classifier.evaluation.selectors.csv_report import report_as_csv
from classifier.evaluation.selectors.printable import printable
from classifier.evaluation.selectors.reports import visible_report, visible_reports
from classifier.evaluation.selectors.robustness import robustness_of
from classifier.evaluation.selectors.verdicts import text_of_report
from classifier.evaluation.serializers.reports import EvaluationInput, EvaluationReportSerializer
from classifier.evaluation.services.record_download import record_download
from classifier.evaluation.services.start_evaluation import start_evaluation
from classifier.models import EvaluationReport, ModelVersion
from common.errors import Conflict, Invalid
from datasets.models import Split
from jobs.api.accepted import accepted
from jobs.idempotency import IdempotentMixin

FORMATS = ("json", "csv", "html")


class EvaluationList(IdempotentMixin, generics.ListAPIView):
    """The reports on a model version."""

    serializer_class = EvaluationReportSerializer
    queryset = EvaluationReport.objects.none()

    def get_queryset(self):
        version = _readable_version(self.request.user, self.kwargs["version_id"])
        return visible_reports(self.request.user).filter(model_version=version)

    @extend_schema(
        summary="Evaluate a model version on a split of a dataset version",
        request=EvaluationInput,
        responses={202: EvaluationReportSerializer},
    )
    def post(self, request: Request, version_id: uuid.UUID) -> Response:
        version = _readable_version(request.user, version_id)
        body = EvaluationInput.read(request.data, context={"request": request})
        report = start_evaluation(
            user=request.user,
            model_version=version,
            dataset_version=body["dataset_version"],
            split=Split[body["split"].upper()],
            class_mapping=body.get("class_mapping"),
            other_classes=body["other_classes"],
        )
        return accepted(EvaluationReportSerializer(report).data, report.job)


class EvaluationDetail(APIView):
    """One report."""

    @extend_schema(summary="Show an evaluation report", responses=EvaluationReportSerializer)
    def get(self, request: Request, report_id: uuid.UUID) -> Response:
        report = visible_report(request.user, report_id)
        return Response(EvaluationReportSerializer(report).data)


class EvaluationDownload(APIView):
    """One report as a file."""

    query_parameters = ("as",)

    @extend_schema(
        summary="Download an evaluation report as JSON, CSV or one HTML file to print",
        parameters=[
            OpenApiParameter(
                "as", OpenApiTypes.STR, enum=FORMATS, default="json", description="The file type."
            )
        ],
        responses={
            (200, "application/json"): OpenApiTypes.OBJECT,
            (200, "text/csv"): str,
            (200, "text/html"): str,
        },
    )
    def get(self, request: Request, report_id: uuid.UUID) -> HttpResponse:
        report = visible_report(request.user, report_id)
        wanted = request.query_params.get("as", "json")
        if wanted not in FORMATS:
            raise Invalid(f"as must be one of {', '.join(FORMATS)}; received {wanted!r}.")
        if report.figures is None:
            raise Conflict(
                text_of_report(report)
                or f"The evaluation is {report.job.status}, so there are no numbers yet."
            )
        record_download(user=request.user, report=report, file_type=wanted)
        if wanted == "csv":
            fast = report.fast_mode
            check = fast.check_result if fast is not None else None
            table = report_as_csv(
                report.figures,
                text_of_report(report) or "",
                check,
                robustness_of(report).figures,
                list(report.class_mapping.items()),
                report.other_classes if report.is_mapped else "",
            )
            response = HttpResponse(table, content_type="text/csv; charset=utf-8")
        elif wanted == "html":
            page = render_to_string("classifier/evaluation/print.html", printable(report))
            response = HttpResponse(page, content_type="text/html; charset=utf-8")
        else:
            response = JsonResponse(EvaluationReportSerializer(report).data)
        response["Content-Disposition"] = f'attachment; filename="evaluation-{report.pk}.{wanted}"'
        return response


def _readable_version(user: User, version_id: uuid.UUID) -> ModelVersion:
    versions = ModelVersion.objects.for_reader(user).select_related("model__organization")
    version: ModelVersion = versions.get_visible(version_id)
    return version
