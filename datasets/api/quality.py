"""`datasets/{id}/quality/` and `quality-items/`."""

import uuid
from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import generics, status
from rest_framework.pagination import CursorPagination
from rest_framework.request import Request
from rest_framework.response import Response

from common.errors import FieldError, Invalid
from common.inputs import require_no_body
from common.pagination import NewestFirstPagination
from datasets.api.filters import QualityItemFilter
from datasets.models import Dataset, QualityItem, QualityMember
from datasets.selectors.datasets import visible_dataset
from datasets.selectors.images import images_of
from datasets.selectors.quality import items_of, members_of, quality_of, visible_item
from datasets.serializers.images import ImageSerializer
from datasets.serializers.quality import (
    KeptLabelInput,
    MemberImageSerializer,
    QualityItemPatch,
    QualityItemSerializer,
    QualitySerializer,
)
from datasets.services.quality.check_quality import check_again
from datasets.services.quality.dismiss_item import set_dismissed
from datasets.services.quality.keep_label import keep_label
from jobs.api.accepted import accepted
from jobs.idempotency import IdempotentMixin


class QualityDetail(IdempotentMixin, generics.GenericAPIView):
    """What is wrong with the images and labels of a dataset."""

    serializer_class = QualitySerializer

    @extend_schema(summary="The quality report", responses=QualitySerializer)
    def get(self, request: Request, dataset_id: uuid.UUID) -> Response:
        return Response(_data(visible_dataset(request.user, dataset_id)))

    @extend_schema(
        summary="Check the quality again",
        description="A check that waits or runs already is the one.",
        request=None,
        responses={202: QualitySerializer},
    )
    def post(self, request: Request, dataset_id: uuid.UUID) -> Response:
        require_no_body(request)
        dataset = visible_dataset(request.user, dataset_id)
        report = check_again(user=request.user, dataset=dataset)
        return accepted(_data(dataset), report.job)


class ItemPagination(NewestFirstPagination):
    """The worst first."""

    ordering = ("rank",)


class ItemList(generics.ListAPIView):
    """What the report asks people to decide, the worst first."""

    serializer_class = QualityItemSerializer
    pagination_class: type[CursorPagination] = ItemPagination
    filterset_class = QualityItemFilter
    queryset = QualityItem.objects.none()

    def get_queryset(self):
        return items_of(visible_dataset(self.request.user, self.kwargs["dataset_id"]))

    @extend_schema(
        summary="Say that an image's class is right",
        description="Whatever a model takes it for: a label error that is dismissed already, for "
        "later checks too. `PATCH quality-items/{id}/` takes it back. 409 `changed_meanwhile` "
        "where the image has another class than you saw.",
        request=KeptLabelInput,
        responses={201: QualityItemSerializer},
    )
    def post(self, request: Request, dataset_id: uuid.UUID) -> Response:
        dataset = visible_dataset(request.user, dataset_id)
        body = KeptLabelInput.read(request.data)
        image = images_of(dataset).filter(pk=body["image"]).first()
        if image is None:
            detail = f"No image {body['image']} here."
            raise Invalid(detail, errors=[FieldError("/image", "does_not_exist", detail)])
        item = keep_label(
            user=request.user,
            image=image,
            expected_class=body["class_name"],
            instead_of=body["instead_of"],
        )
        shown = QualityItemSerializer(visible_item(request.user, item.pk))
        return Response(shown.data, status=status.HTTP_201_CREATED)


class ItemDetail(generics.GenericAPIView):
    """One of them."""

    serializer_class = QualityItemSerializer

    @extend_schema(
        summary="Dismiss a finding, or open it again",
        request=QualityItemPatch,
        responses=QualityItemSerializer,
    )
    def patch(self, request: Request, item_id: uuid.UUID) -> Response:
        item = visible_item(request.user, item_id)
        body = QualityItemPatch.read(request.data)
        item = set_dismissed(user=request.user, item=item, dismissed=body["dismissed"])
        return Response(QualityItemSerializer(item).data)


class MemberPagination(NewestFirstPagination):
    """In the order of the item."""

    ordering = ("position",)


class ItemImages(generics.ListAPIView):
    """The images of one of them."""

    serializer_class = MemberImageSerializer
    pagination_class: type[CursorPagination] = MemberPagination
    queryset = QualityMember.objects.none()

    @extend_schema(
        summary="The images that a finding is about, of copies the one to keep first",
        responses=ImageSerializer(many=True),
    )
    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        return super().get(request, *args, **kwargs)

    def get_queryset(self):
        return members_of(visible_item(self.request.user, self.kwargs["item_id"]))


def _data(dataset: Dataset) -> dict:
    return QualitySerializer(quality_of(dataset), context={"dataset": dataset}).data
