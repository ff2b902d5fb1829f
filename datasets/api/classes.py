"""`datasets/{id}/classes/` and `classes/`."""

import uuid
from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import generics, status
from rest_framework.pagination import CursorPagination
from rest_framework.request import Request
from rest_framework.response import Response

from common.errors import FieldError, Invalid, NotFound
from common.inputs import require_no_body
from common.pagination import NewestFirstPagination
from datasets.api.filters import ClassFilter
from datasets.models import ClassLabel
from datasets.selectors.classes import class_use, classes_of, visible_class
from datasets.selectors.datasets import readable_dataset, visible_dataset
from datasets.serializers.classes import (
    ClassChange,
    ClassDeletedSerializer,
    ClassInput,
    ClassSerializer,
    ClassUseSerializer,
    MergeAnswer,
    MergeInput,
)
from datasets.services.labelling.class_note import change_class
from datasets.services.labelling.classes import create_class
from datasets.services.labelling.remove_class import delete_class, merge_class


class ClassPagination(NewestFirstPagination):
    """In the order of the classes, which is that of their making."""

    ordering = ("position", "id")


class ClassList(generics.ListAPIView):
    """The classes of a dataset, in their order."""

    serializer_class = ClassSerializer
    pagination_class: type[CursorPagination] = ClassPagination
    filterset_class = ClassFilter
    queryset = ClassLabel.objects.none()

    def get_queryset(self):
        return classes_of(readable_dataset(self.request.user, self.kwargs["dataset_id"]))

    @extend_schema(summary="Add a class", request=ClassInput, responses={201: ClassSerializer})
    def post(self, request: Request, dataset_id: uuid.UUID) -> Response:
        dataset = visible_dataset(request.user, dataset_id)
        body = ClassInput.read(request.data)
        label = create_class(user=request.user, dataset=dataset, name=body["name"])
        return Response(_class_data(label), status=status.HTTP_201_CREATED)


class ClassDetail(generics.GenericAPIView):
    """One class."""

    serializer_class = ClassSerializer

    @extend_schema(
        summary="One class, and what renaming, merging or deleting it would touch",
        responses=ClassUseSerializer,
    )
    def get(self, request: Request, class_id: uuid.UUID) -> Response:
        return Response(ClassUseSerializer(class_use(visible_class(request.user, class_id))).data)

    @extend_schema(
        summary="Rename a class, or set its note",
        description="Frozen versions keep the old name. The note (description and link) goes with "
        "every answer of this class from the next prediction on, also of versions that froze it "
        "under another name; an empty text takes it away.",
        request=ClassChange,
        responses=ClassSerializer,
    )
    def patch(self, request: Request, class_id: uuid.UUID) -> Response:
        label = visible_class(request.user, class_id)
        label = change_class(user=request.user, label=label, **ClassChange.read(request.data))
        return Response(_class_data(label))

    @extend_schema(
        summary="Delete a class",
        description="Its images have no class then; their annotations and all versions are kept.",
        responses={200: ClassDeletedSerializer},
    )
    def delete(self, request: Request, class_id: uuid.UUID) -> Response:
        require_no_body(request)
        edit = delete_class(user=request.user, label=visible_class(request.user, class_id))
        return Response({"unlabelled": len(edit.image_ids), "edit": edit.pk})


class ClassMerge(generics.GenericAPIView):
    """Two classes become one."""

    serializer_class = MergeAnswer

    @extend_schema(summary="Merge a class into another", request=MergeInput, responses=MergeAnswer)
    def post(self, request: Request, class_id: uuid.UUID) -> Response:
        label = visible_class(request.user, class_id)
        body = MergeInput.read(request.data)
        try:
            into = visible_class(request.user, body["into"])
        except NotFound as error:
            raise Invalid(
                error.detail, errors=[FieldError("/into", "does_not_exist", error.detail)]
            ) from None
        edit = merge_class(user=request.user, label=label, into=into)
        return Response({"moved": len(edit.image_ids), "edit": edit.pk})


def _class_data(label: ClassLabel) -> dict[str, Any]:
    return dict(ClassSerializer(classes_of(label.dataset).get(pk=label.pk)).data)
