"""`models/{id}/drift-checks/` and `drift-checks/{id}/`."""

import uuid

from drf_spectacular.utils import extend_schema
from rest_framework import generics
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from classifier.models import DriftCheck
from classifier.monitoring.selectors.drift import checks_of, moved_predictions, visible_check
from classifier.monitoring.selectors.figures import whose_figures
from classifier.monitoring.serializers import (
    CheckInput,
    DriftCheckSerializer,
    MovedImagesSerializer,
)
from classifier.monitoring.services.start_check import start_check
from classifier.registry.selectors.models import readable_model
from jobs.api.accepted import accepted
from jobs.idempotency import IdempotentMixin


class DriftCheckList(IdempotentMixin, generics.ListAPIView):
    """Looks at an organization's predictions of a model."""

    serializer_class = DriftCheckSerializer
    queryset = DriftCheck.objects.none()
    query_parameters = ("organization",)

    def get_queryset(self):
        model = readable_model(self.request.user, self.kwargs["model_id"])
        slug = self.request.query_params.get("organization", "")
        organization = whose_figures(self.request.user, model, slug)
        return checks_of(self.request.user, organization, model)

    @extend_schema(
        summary="List drift checks of a model",
        description="Of your own organization's predictions, the newest first.",
    )
    def get(self, request: Request, *args: object, **kwargs: object) -> Response:
        """Return a page of them."""
        return super().get(request, *args, **kwargs)

    @extend_schema(
        summary="Look for drift now",
        description="Compares the latest predictions of the live version with its test images, or "
        "with the predictions that count as usual. 409 `nothing_live`, `too_few_predictions` (50 "
        "different images are needed), `no_reference`, `under_way`, `too_many_checks` (100 of a "
        "model within 30 days); 3 of a person's at a time. Needs the role editor.",
        request=CheckInput,
        responses={202: DriftCheckSerializer},
    )
    def post(self, request: Request, model_id: uuid.UUID) -> Response:
        model = readable_model(request.user, model_id)
        values = CheckInput.read(request.data)
        organization = whose_figures(request.user, model, values["organization"])
        check = start_check(user=request.user, model=model, organization=organization)
        return accepted(DriftCheckSerializer(check).data, check.job)


class DriftCheckDetail(APIView):
    """One look."""

    @extend_schema(summary="Show a drift check", responses=DriftCheckSerializer)
    def get(self, request: Request, check_id: uuid.UUID) -> Response:
        return Response(DriftCheckSerializer(visible_check(request.user, check_id)).data)


class DriftCheckImages(APIView):
    """The predictions whose images moved most."""

    @extend_schema(
        summary="List what moved most",
        description="Of the predictions that a check compared by their images, up to 12 that are "
        "least like the reference, the furthest first. Only those whose images are still kept; "
        "empty where none were compared.",
        responses=MovedImagesSerializer,
    )
    def get(self, request: Request, check_id: uuid.UUID) -> Response:
        check = visible_check(request.user, check_id)
        moved = moved_predictions(request.user, check)
        return Response(MovedImagesSerializer({"results": moved}).data)
