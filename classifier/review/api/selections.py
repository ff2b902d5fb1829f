"""`review-selections/`."""

import uuid
from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import generics
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.models import User
from classifier.models import ReviewSelection
from classifier.review.selectors.acting import organization_of_work
from classifier.review.selectors.items import visible_selection, visible_selections
from classifier.review.serializers.selections import ReviewSelectionSerializer, SelectionInput
from classifier.review.services.select import (
    select_batch,
    select_predictions,
    start_selection,
)
from jobs.api.accepted import accepted
from jobs.idempotency import IdempotentMixin


class ReviewSelectionList(IdempotentMixin, generics.ListAPIView):
    """What was chosen for review in the caller's organizations, newest first."""

    serializer_class = ReviewSelectionSerializer
    queryset = ReviewSelection.objects.none()

    def get_queryset(self):
        return visible_selections(self.request.user)

    @extend_schema(
        summary="Choose images for review",
        description="A job puts them into the queue, orders the dataset's open items by how "
        "different they are, and says what it left out. Needs the role editor. A person may have "
        "three under way.",
        request=SelectionInput,
        responses={202: ReviewSelectionSerializer},
    )
    def post(self, request: Request) -> Response:
        body = SelectionInput.read(request.data, context={"request": request})
        selection = _started(request.user, body)
        return accepted(ReviewSelectionSerializer(selection).data, selection.job)


def _started(user: User, body: dict[str, Any]) -> ReviewSelection:
    if (dataset := body.get("dataset")) is not None:
        return start_selection(user=user, dataset=dataset, kind=body["kind"])
    confidence = body.get("confidence")
    if (batch := body.get("batch")) is not None:
        return select_batch(user=user, batch=batch, confidence=confidence)
    model = body["model"]
    return select_predictions(
        user=user,
        organization=organization_of_work(user, model, body.get("organization")),
        model=model,
        confidence=confidence,
    )


class ReviewSelectionDetail(APIView):
    """One selection."""

    @extend_schema(summary="Show a selection for review", responses=ReviewSelectionSerializer)
    def get(self, request: Request, selection_id: uuid.UUID) -> Response:
        selection = visible_selection(request.user, selection_id)
        return Response(ReviewSelectionSerializer(selection).data)
