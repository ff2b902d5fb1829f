"""`models/{id}/monitoring/`: figures over time, and how drift is looked for."""

import uuid
from typing import Any

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.models import Organization
from classifier.models import ModelVersion, RegisteredModel, Step
from classifier.monitoring.selectors.drift import drift_of, watch_of
from classifier.monitoring.selectors.figures import (
    counted_until,
    series_of,
    span_of,
    whose_figures,
)
from classifier.monitoring.selectors.reference import why_not_looked
from classifier.monitoring.serializers import (
    DriftWatchInput,
    DriftWatchSerializer,
    MonitoringQuery,
    MonitoringSerializer,
)
from classifier.monitoring.services.set_watch import moment_at, set_watch
from classifier.registry.selectors.availability import live_version
from classifier.registry.selectors.models import readable_model
from common.errors import FieldError, Invalid

ORGANIZATION = OpenApiParameter(
    "organization",
    OpenApiTypes.STR,
    description="The slug of one of your organizations; left out: the one on whose account you ask "
    "this model.",
)


class MonitoringDetail(APIView):
    """What a model was asked, and whether that has changed."""

    query_parameters = ("from", "to", "step", "version", "organization")

    @extend_schema(
        summary="Show a model's predictions over time",
        description="Of your own organization's predictions alone, also of a model that is built "
        "in or shared with you. Up to 1,000 steps. Steps without predictions are there, too. "
        "`drift` is the gravest finding of the newest drift check, null before the first one.",
        parameters=[MonitoringQuery],
        responses=MonitoringSerializer,
    )
    def get(self, request: Request, model_id: uuid.UUID) -> Response:
        model = readable_model(request.user, model_id)
        asked = MonitoringQuery.read(request.query_params)
        organization = whose_figures(request.user, model, asked["organization"])
        start, end = (
            moment_at(name, asked[name]) if name in asked else None for name in ("from", "to")
        )
        span = span_of(start, end, Step(asked["step"]))
        version = _version(model, asked.get("version"))
        said = {
            "organization": organization.slug,
            "step": span.step,
            "counted_until": counted_until(),
            "series": series_of(organization, model, span, version),
            "drift": drift_of(request.user, organization, model),
        }
        return Response(MonitoringSerializer(said).data)


def _version(model: RegisteredModel, number: int | None) -> ModelVersion | None:
    if number is None:
        return None
    found = model.versions.filter(number=number).first()
    if found is None:
        detail = f"{model} has no version {number}."
        raise Invalid(detail, errors=[FieldError("/version", "does_not_exist", detail)])
    return found


class DriftWatchDetail(APIView):
    """How a model's predictions are checked for drift."""

    query_parameters = ("organization",)

    @extend_schema(
        summary="Show how drift is looked for",
        parameters=[ORGANIZATION],
        responses=DriftWatchSerializer,
    )
    def get(self, request: Request, model_id: uuid.UUID) -> Response:
        model = readable_model(request.user, model_id)
        slug = request.query_params.get("organization", "")
        return Response(_said(whose_figures(request.user, model, slug), model))

    @extend_schema(
        summary="Change how drift is looked for",
        description="A look is due every `every_hours` hours, where `window` predictions have come "
        "since the last one. Of a model that is built in, or shared with you, nothing is compared "
        "until a `baseline` says which of your own predictions count as usual. Needs the role "
        "editor.",
        request=DriftWatchInput,
        responses=DriftWatchSerializer,
    )
    def patch(self, request: Request, model_id: uuid.UUID) -> Response:
        model = readable_model(request.user, model_id)
        values: dict[str, Any] = DriftWatchInput.read(request.data)
        organization = whose_figures(request.user, model, values.pop("organization"))
        set_watch(user=request.user, model=model, organization=organization, **values)
        return Response(_said(organization, model))


def _said(organization: Organization, model: RegisteredModel) -> Any:
    watch, live = watch_of(organization, model), live_version(model)
    watch.obstacle = why_not_looked(live, organization, watch) if live else "No version is live."
    return DriftWatchSerializer(watch).data
