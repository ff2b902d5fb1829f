"""`datasets/{id}/instant-model/` and `datasets/{id}/label-grid/`."""

import uuid
from typing import Any

from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework import generics
from rest_framework.request import Request
from rest_framework.response import Response

from datasets.models import Dataset
from datasets.selectors.datasets import visible_dataset
from datasets.selectors.instant import InstantState, instant_state
from datasets.selectors.label_grid import count_unlabelled, grid_screen
from datasets.serializers.instant import (
    InstantModelSerializer,
    LabelGridAnswer,
    LabelGridInput,
    LabelGridQuery,
    LabelGridSerializer,
)
from datasets.services.labelling.confirm_groups import Confirmed, confirm_groups
from datasets.services.vectors.embedding import running_embedding


def state_of(dataset: Dataset) -> InstantState:
    """Return what there is to say of a dataset's instant model now."""
    return instant_state(dataset, embedding=running_embedding(dataset) is not None)


class InstantModelDetail(generics.GenericAPIView):
    """What Loupe fits by itself on labels and vectors."""

    serializer_class = InstantModelSerializer

    @extend_schema(
        summary="The instant model of a dataset",
        description="Loupe fits it unasked once images have vectors and labels, and again within "
        "seconds of a change. What it suggests stands at the images, as `suggested_class` and "
        "`suggested_probability`.",
        responses=InstantModelSerializer,
    )
    def get(self, request: Request, dataset_id: uuid.UUID) -> Response:
        dataset = visible_dataset(request.user, dataset_id)
        return Response(InstantModelSerializer(state_of(dataset)).data)


class LabelGrid(generics.GenericAPIView):
    """Up to 60 images without a class, grouped by what they may be."""

    query_parameters = ("skip", "limit")
    serializer_class = LabelGridSerializer

    @extend_schema(
        summary="Images to label together",
        parameters=[LabelGridQuery],
        responses=LabelGridSerializer,
    )
    def get(self, request: Request, dataset_id: uuid.UUID) -> Response:
        dataset = visible_dataset(request.user, dataset_id)
        query = LabelGridQuery.read(request.query_params)
        now = timezone.now()
        screen = grid_screen(dataset, skip=query["skip"], most=query["limit"])
        answer: dict[str, Any] = {
            "kind": screen.kind,
            "groups": screen.groups,
            "remaining": count_unlabelled(dataset),
            "seen_at": now,
            "instant_model": state_of(dataset),
        }
        return Response(LabelGridSerializer(answer).data)

    @extend_schema(
        summary="Confirm the classes of groups of images",
        description="All or nothing. An image that is rejected keeps no class, and another one is "
        "suggested for it.",
        request=LabelGridInput,
        responses=LabelGridAnswer,
    )
    def post(self, request: Request, dataset_id: uuid.UUID) -> Response:
        dataset = visible_dataset(request.user, dataset_id)
        body = LabelGridInput.read(request.data)
        edits = confirm_groups(
            user=request.user,
            dataset=dataset,
            groups=[Confirmed(**group) for group in body["groups"]],
            seen_at=body.get("seen_at"),
        )
        updated = sum(len(edit.image_ids) for edit in edits)
        return Response({"updated": updated, "edits": [edit.pk for edit in edits]})
