"""`dataset-versions/{id}/label-rates/`."""

import uuid

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from classifier.evaluation.selectors.label_rates import version_label_rates
from classifier.evaluation.serializers.label_rates import VersionLabelRatesSerializer
from datasets.selectors.versions import visible_version


class VersionLabelRates(APIView):
    """Bias in the data, before anything is trained."""

    @extend_schema(
        summary="Show which classes the subgroups of a dataset version have",
        responses=VersionLabelRatesSerializer,
    )
    def get(self, request: Request, version_id: uuid.UUID) -> Response:
        version = visible_version(request.user, version_id)
        answer = {"dataset_version": version.pk, "columns": version_label_rates(version)}
        return Response(VersionLabelRatesSerializer(answer).data)
