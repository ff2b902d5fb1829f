"""`models/{id}/history/` and the way back."""

import uuid
from typing import Any

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import generics
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from classifier.models import AliasChange
from classifier.registry.selectors.history import history_of, moment_of
from classifier.registry.selectors.models import visible_model
from classifier.registry.serializers.history import (
    AliasChangeSerializer,
    RollbackInput,
)
from classifier.registry.serializers.models import AliasSerializer
from classifier.registry.services.roll_back import roll_back
from common.moments import past_moment
from common.pagination import NewestFirstPagination
from common.parameters import require_known


class HistoryPagination(NewestFirstPagination):
    """Pages of changes, newest first; where a time was asked for, with what held then."""

    ordering = ("-number",)

    def get_paginated_response_schema(self, schema: dict[str, Any]) -> dict[str, Any]:
        """Return the shape of a page, with what `at` adds."""
        page = super().get_paginated_response_schema(schema)
        page["properties"] |= {
            "at": {
                "type": "string",
                "format": "date-time",
                "description": "The time that was asked for, in UTC; with `at` alone.",
            },
            "live": {
                "type": "integer",
                "nullable": True,
                "description": "The version that answered by default then; null: none did.",
            },
            "detail": {"type": "string", "description": "The same as a sentence."},
        }
        return page


class ModelHistory(generics.ListAPIView):
    """Which version was live under which alias, since when, and why."""

    serializer_class = AliasChangeSerializer
    queryset = AliasChange.objects.none()
    pagination_class = HistoryPagination
    query_parameters = ("at",)

    def get_queryset(self):
        return history_of(visible_model(self.request.user, self.kwargs["model_id"]))

    @extend_schema(
        summary="Show what was live when",
        description="Each change of an alias, and each time that the model was archived or taken "
        "back, the newest first. With `at`, on one page: for each alias that pointed somewhere "
        "then, since which change. A time without a time zone is refused (400 `no_time_zone`), and "
        "one that has not come yet (`in_the_future`).",
        parameters=[
            OpenApiParameter(
                "at",
                OpenApiTypes.DATETIME,
                description="An ISO 8601 time with its zone, as 2026-05-03T12:00:00Z.",
            )
        ],
    )
    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Return a page of the history, or a moment of it."""
        if "at" not in request.query_params:
            return super().get(request, *args, **kwargs)
        model = visible_model(request.user, self.kwargs["model_id"])
        require_known(request.query_params, {"at"})
        moment = moment_of(model, past_moment(request.query_params["at"]))
        return Response(
            {
                "next": None,
                "previous": None,
                "at": moment.at,
                "live": moment.live.version_number if moment.live else None,
                "detail": moment.sentence,
                "results": AliasChangeSerializer(moment.pointers, many=True).data,
            }
        )


class ModelRollback(APIView):
    """The way back to what was live before."""

    @extend_schema(
        summary="Roll back to the version that was live before",
        description="A second rollback goes back further, not forth again; deleted versions are "
        "passed over. The version must pass the gate (409 `gate_refused`), but is not compared "
        "with the live one. 409 `nothing_before` where there is none; `moved_meanwhile` where "
        "`previous` is given and another version is live.",
        request=RollbackInput,
        responses=AliasSerializer,
    )
    def post(self, request: Request, model_id: uuid.UUID) -> Response:
        model = visible_model(request.user, model_id)
        pointer = roll_back(user=request.user, model=model, **RollbackInput.read(request.data))
        return Response(AliasSerializer(pointer).data)
