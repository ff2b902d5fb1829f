"""`datasets/{id}/images/`, `images/` and `datasets/{id}/annotations/`."""

import uuid
from typing import Any

from drf_spectacular.utils import (
    OpenApiParameter,
    OpenApiResponse,
    extend_schema,
    extend_schema_view,
)
from rest_framework import generics, status
from rest_framework.request import Request
from rest_framework.response import Response

from common.inputs import require_no_body
from common.multipart import FormParser
from datasets.api.filters import ImageFilter, require_shared_filters
from datasets.api.image_pages import ImagePagination
from datasets.models import Image
from datasets.selectors.datasets import readable_dataset, visible_dataset
from datasets.selectors.gallery import METADATA
from datasets.selectors.images import all_images_of, readable_image, visible_image
from datasets.serializers.images import (
    AnnotationsAnswer,
    AnnotationsInput,
    ImagePatch,
    ImageSerializer,
    SharedImageSerializer,
    UploadAnswer,
    UploadInput,
)
from datasets.services.intake.upload_images import Uploaded, upload_images
from datasets.services.labelling.annotate import annotate, edit_image
from datasets.services.trash import restore_image, trash_image

_BY_COLUMN = OpenApiParameter(
    f"{METADATA}<column>",
    str,
    description="The value in a column of the labels.csv that came with the images; "
    "up to 5 columns.",
)


@extend_schema_view(get=extend_schema(summary="The images of a dataset", parameters=[_BY_COLUMN]))
class ImageList(generics.ListAPIView):
    """The images of a dataset."""

    serializer_class = ImageSerializer
    filterset_class = ImageFilter
    pagination_class = ImagePagination
    query_prefixes = (METADATA,)
    queryset = Image.objects.none()
    parser_classes = (FormParser,)

    def get_queryset(self):
        dataset = readable_dataset(self.request.user, self.kwargs["dataset_id"])
        if dataset.is_shared:
            require_shared_filters(self.request.query_params)
        self.serializer_class = SharedImageSerializer if dataset.is_shared else ImageSerializer
        return all_images_of(dataset)

    @extend_schema(
        summary="Upload up to 64 images", request=UploadInput, responses={207: UploadAnswer}
    )
    def post(self, request: Request, dataset_id: uuid.UUID) -> Response:
        dataset = visible_dataset(request.user, dataset_id)
        body = UploadInput.read(request.data)
        results = upload_images(
            user=request.user,
            dataset=dataset,
            files=body["images"],
            class_name=body["class_name"],
        )
        return Response(
            {"results": [_result(result) for result in results]},
            status=status.HTTP_207_MULTI_STATUS,
        )


class ImageDetail(generics.GenericAPIView):
    """One image."""

    serializer_class = ImageSerializer

    @extend_schema(summary="One image", responses=ImageSerializer)
    def get(self, request: Request, image_id: uuid.UUID) -> Response:
        image = readable_image(request.user, image_id)
        if image.deleted_at and not image.is_shared:
            image = visible_image(request.user, image_id)
        shown = SharedImageSerializer if image.is_shared else ImageSerializer
        return Response(shown(image).data)

    @extend_schema(summary="Change an image", request=ImagePatch, responses=ImageSerializer)
    def patch(self, request: Request, image_id: uuid.UUID) -> Response:
        image = visible_image(request.user, image_id)
        body = ImagePatch.read(request.data)
        changes = dict(body)
        expected = changes.pop("expected_class_name", None)
        image = edit_image(user=request.user, image=image, changes=changes, expected_class=expected)
        return Response(ImageSerializer(image).data)

    @extend_schema(
        summary="Move an image to the trash",
        description="`restore/` brings it back.",
        responses={204: OpenApiResponse()},
    )
    def delete(self, request: Request, image_id: uuid.UUID) -> Response:
        require_no_body(request)
        trash_image(user=request.user, image=visible_image(request.user, image_id))
        return Response(status=status.HTTP_204_NO_CONTENT)


class ImageRestore(generics.GenericAPIView):
    """Out of the trash."""

    serializer_class = ImageSerializer

    @extend_schema(summary="Restore an image", request=None, responses=ImageSerializer)
    def post(self, request: Request, image_id: uuid.UUID) -> Response:
        require_no_body(request)
        image = visible_image(request.user, image_id, in_trash=True)
        return Response(ImageSerializer(restore_image(user=request.user, image=image)).data)


class AnnotationList(generics.GenericAPIView):
    """Many labels at once."""

    serializer_class = AnnotationsAnswer

    @extend_schema(
        summary="Give images their classes", request=AnnotationsInput, responses=AnnotationsAnswer
    )
    def post(self, request: Request, dataset_id: uuid.UUID) -> Response:
        dataset = visible_dataset(request.user, dataset_id)
        body = AnnotationsInput.read(request.data)
        items = body["annotations"]
        updated = annotate(
            user=request.user,
            dataset=dataset,
            class_names={item["image"]: item["class_name"] or "" for item in items},
            expected={
                item["image"]: item["expected_class_name"] or ""
                for item in items
                if "expected_class_name" in item
            },
        )
        return Response({"updated": updated})


def _result(uploaded: Uploaded) -> dict[str, Any]:
    answer: dict[str, Any] = {"name": uploaded.name, "status": uploaded.status}
    if uploaded.id is not None:
        answer["id"] = uploaded.id
    if uploaded.code:
        answer |= {"code": uploaded.code, "detail": uploaded.detail}
    return answer
