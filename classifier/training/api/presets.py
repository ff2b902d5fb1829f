"""`presets/`."""

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from classifier.training.selectors.presets import all_presets
from classifier.training.serializers.presets import PresetSerializer


class PresetList(APIView):
    """The training recipes."""

    @extend_schema(
        summary="List the training recipes with their settings",
        responses=PresetSerializer(many=True),
    )
    def get(self, request: Request) -> Response:
        return Response(PresetSerializer(all_presets(), many=True).data)
