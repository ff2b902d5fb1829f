"""`images/{id}/forgetting/` and `forgettings/`."""

import uuid

from drf_spectacular.utils import extend_schema
from rest_framework import generics
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from classifier.lineage.selectors.forgetting import preview_of
from classifier.lineage.serializers.forgetting import (
    ForgettingDetailSerializer,
    ForgettingInput,
    ForgettingPreviewSerializer,
    ForgettingSerializer,
)
from classifier.lineage.services.start_forgetting import start_forgetting
from datasets.models import Forgetting
from datasets.selectors.forgotten import visible_forgetting, visible_forgettings
from datasets.selectors.images import kept_image
from jobs.api.accepted import accepted
from jobs.idempotency import IdempotentMixin


class ImageForgetting(IdempotentMixin, APIView):
    """Forget an image: what it would remove and leave, and the start."""

    @extend_schema(
        summary="Show what forgetting an image would do",
        description="Every version and model it is in, what else holds the same content, and what "
        "would stay, with the reason.",
        responses=ForgettingPreviewSerializer,
    )
    def get(self, request: Request, image_id: uuid.UUID) -> Response:
        image = kept_image(request.user, image_id)
        return Response(ForgettingPreviewSerializer.of(preview_of(image)))

    @extend_schema(
        summary="Forget an image",
        description="A job removes its file, thumbnail, vectors, fingerprint, cached pixels, kept "
        "predictions and name, for ever; all copies of the same content in the dataset go. Frozen "
        "versions keep hash, class and split, so that their digest stays checkable. 409 `in_use` "
        "while work on a version that holds it has not ended, `under_way` while it is being "
        "forgotten already. A person may have 20 under way. Needs the role admin.",
        request=ForgettingInput,
        responses={202: ForgettingSerializer},
    )
    def post(self, request: Request, image_id: uuid.UUID) -> Response:
        image = kept_image(request.user, image_id)
        body = ForgettingInput.read(request.data)
        forgetting = start_forgetting(user=request.user, image=image, **body)
        return accepted(ForgettingSerializer(forgetting).data, forgetting.job)


class ForgettingList(generics.ListAPIView):
    """What was forgotten in the caller's organizations, newest first."""

    serializer_class = ForgettingSerializer
    queryset = Forgetting.objects.none()

    def get_queryset(self):
        return visible_forgettings(self.request.user)


class ForgettingDetail(APIView):
    """What was removed of one image, and what remains."""

    @extend_schema(
        summary="Show what was forgotten, and what remains", responses=ForgettingDetailSerializer
    )
    def get(self, request: Request, forgetting_id: uuid.UUID) -> Response:
        forgetting = visible_forgetting(request.user, forgetting_id)
        return Response(ForgettingDetailSerializer(forgetting).data)
