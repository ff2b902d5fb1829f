"""`model-versions/{id}/fast-mode/`."""

import uuid

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from classifier.registry.selectors.fast_mode import fast_mode_of
from classifier.registry.selectors.models import visible_version
from classifier.registry.serializers.fast_mode import FastModePatch, FastModeSerializer
from classifier.registry.services.fast_mode import start_fast_mode, switch_fast_mode
from common.errors import NotFound
from common.inputs import require_no_body
from jobs.api.accepted import accepted
from jobs.idempotency import IdempotentMixin


class FastModeDetail(IdempotentMixin, APIView):
    """A faster file of a model version, which calculates with 8-bit integers."""

    @extend_schema(
        summary="Show a version's fast mode",
        description="404 until it was asked for.",
        responses=FastModeSerializer,
    )
    def get(self, request: Request, version_id: uuid.UUID) -> Response:
        version = visible_version(request.user, version_id)
        row = fast_mode_of(version).row
        if row is None:
            raise NotFound(f"Fast mode of {version} was not asked for yet: POST here does that.")
        return Response(FastModeSerializer(row).data)

    @extend_schema(
        summary="Have a version's fast mode made and checked",
        description="An int8 file is made and asked about the test images. It is offered where at "
        "most 0.5 % of the answers flip and where it is faster on the worker; `refusal` says "
        "otherwise. 200 where it is offered already; one that failed or was refused is made again. "
        "It answers nothing until PATCH switches it on. Needs the role editor.",
        request=None,
        responses={200: FastModeSerializer, 202: FastModeSerializer},
    )
    def post(self, request: Request, version_id: uuid.UUID) -> Response:
        require_no_body(request)
        version = visible_version(request.user, version_id)
        row = start_fast_mode(user=request.user, version=version)
        data = FastModeSerializer(row).data
        return Response(data) if row.offered else accepted(data, row.job)

    @extend_schema(
        summary="Switch a version's fast mode on or off",
        description="From the next prediction on; each answer's `timing.precision` says what "
        "answered. A worker whose processor lacks 8-bit dot products goes on with float32. 409 "
        "`fast_mode_refused` with the figures, `not_made_yet`. Needs the role editor.",
        request=FastModePatch,
        responses=FastModeSerializer,
    )
    def patch(self, request: Request, version_id: uuid.UUID) -> Response:
        version = visible_version(request.user, version_id)
        body = FastModePatch.read(request.data)
        row = switch_fast_mode(user=request.user, version=version, **body)
        return Response(FastModeSerializer(row).data)
