"""`model-versions/{id}/decision/`."""

import uuid

from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework import status
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from classifier.registry.selectors.decision import decision_of
from classifier.registry.selectors.models import visible_version
from classifier.registry.serializers.decision import DecisionInput, DecisionSerializer
from classifier.registry.services.decision import remove_decision, set_decision
from common.errors import NotFound
from common.inputs import require_no_body
from jobs.api.accepted import accepted


class DecisionDetail(APIView):
    """When a version's answers are accepted, reviewed or called unknown."""

    @extend_schema(
        summary="Show a version's decision",
        description="404 until one was asked for.",
        responses=DecisionSerializer,
    )
    def get(self, request: Request, version_id: uuid.UUID) -> Response:
        version = visible_version(request.user, version_id)
        row = decision_of(version)
        if row is None:
            raise NotFound(f"{version} has no decision yet: PUT here sets one.")
        return Response(DecisionSerializer(row).data)

    @extend_schema(
        summary="Set when a version's answers are accepted",
        description="`precision` asks for thresholds that keep it, with a `confidence`, told from "
        "the validation split; what cannot be promised says so in `refusal`. `thresholds` sets "
        "them by hand and drops that promise. From the next prediction on each answer has a "
        "`decision`. 202 the first time, while a job measures the validation answers; 200 with "
        "what holds from then on. 409 `no_validation_images`. Needs the role editor.",
        request=DecisionInput,
        responses={200: DecisionSerializer, 202: DecisionSerializer},
    )
    def put(self, request: Request, version_id: uuid.UUID) -> Response:
        version = visible_version(request.user, version_id)
        row = set_decision(
            user=request.user, version=version, wish=DecisionInput.wish(request.data)
        )
        data = DecisionSerializer(row).data
        return Response(data) if row.measured else accepted(data, row.job)

    @extend_schema(
        summary="Remove a version's decision",
        description="Its answers come without a decision from the next prediction on. 404 where "
        "there is none, 409 while it is measured. Needs the role editor.",
        request=None,
        responses={204: OpenApiResponse(description="It is removed.")},
    )
    def delete(self, request: Request, version_id: uuid.UUID) -> Response:
        require_no_body(request)
        remove_decision(user=request.user, version=visible_version(request.user, version_id))
        return Response(status=status.HTTP_204_NO_CONTENT)
