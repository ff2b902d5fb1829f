"""`training-runs/compare/`."""

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from classifier.training.selectors.comparison import compared_runs, setting_titles
from classifier.training.serializers.comparison import ComparisonQuery, ComparisonSerializer


class TrainingRunComparison(APIView):
    """Runs side by side."""

    query_parameters = ("run", "dataset_version", "model", "experiment")
    repeated_parameters = ("run",)

    @extend_schema(
        summary="Compare training runs",
        description="The runs that `run` names, or the newest 500 that the other parameters "
        "leave; `left_off` counts those beyond. Test figures of runs on "
        "different dataset versions are of different images.",
        parameters=[ComparisonQuery],
        responses=ComparisonSerializer,
    )
    def get(self, request: Request) -> Response:
        query = ComparisonQuery.read(request.query_params)
        rows, left_off = compared_runs(request.user, query.pop("run", ()), **query)
        differing = list(setting_titles(rows, differing=True))
        answer = {"left_off": left_off, "differing_settings": differing, "results": rows}
        return Response(ComparisonSerializer(answer).data)
