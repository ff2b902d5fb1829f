"""Image files and thumbnails, each through an access check."""

import uuid
from functools import partial

from django.http import HttpResponseBase
from drf_spectacular.utils import extend_schema
from rest_framework import views
from rest_framework.request import Request

from common.negotiation import AnyAccept
from common.served_images import BY_ETAG, IMAGES, NOT_MODIFIED, served
from common.thumbnails import may_be_own_thumbnail
from datasets.models import Image
from datasets.selectors.images import readable_image
from datasets.services.record_image_download import record_image_download
from storage import durable
from storage.names import blob_name, thumbnail_name

_GONE = "The file of this image is gone from the store."


class ImageFile(views.APIView):
    """The file as it is kept: without metadata, otherwise as it was uploaded."""

    content_negotiation_class = AnyAccept

    @extend_schema(
        summary="The image file",
        responses={**IMAGES, **NOT_MODIFIED},
        parameters=BY_ETAG,
    )
    def get(self, request: Request, image_id: uuid.UUID) -> HttpResponseBase:
        image = readable_image(request.user, image_id)
        if request.auth is not None:
            # A token's: a program takes the file away, where a page shows it.
            record_image_download(user=request.user, image=image)
        return served(request, image.sha256, partial(durable.read, blob_name(image.sha256)), _GONE)


class ImageThumbnail(views.APIView):
    """An image of at most 256 pixels: a WebP, or the file itself where it is as small."""

    content_negotiation_class = AnyAccept

    @extend_schema(
        summary="The thumbnail",
        responses={**IMAGES, **NOT_MODIFIED},
        parameters=BY_ETAG,
    )
    def get(self, request: Request, image_id: uuid.UUID) -> HttpResponseBase:
        image = readable_image(request.user, image_id)
        return served(request, f"{image.sha256}.small", partial(_thumbnail, image), _GONE)


def _thumbnail(image: Image) -> bytes:
    try:
        return durable.read(thumbnail_name(image.sha256))
    except FileNotFoundError:
        if not may_be_own_thumbnail(width=image.width, height=image.height, size=image.bytes):
            raise
        return durable.read(blob_name(image.sha256))
