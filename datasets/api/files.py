"""Image files and thumbnails, each through an access check."""

import uuid
from collections.abc import Callable
from functools import partial

from django.http import HttpResponse, HttpResponseBase, HttpResponseNotModified
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse, extend_schema
from rest_framework import views
from rest_framework.request import Request

from common.errors import NotFound
from common.negotiation import AnyAccept
from datasets.decoding.image_file import may_be_own_thumbnail
from datasets.models import Image
from datasets.selectors.images import readable_image
from datasets.services.record_image_download import record_image_download
from storage import durable
from storage.names import blob_name, thumbnail_name

# By what a file of the type begins with. Each was decoded and cleaned when it came.
_SIGNATURES = {
    b"\xff\xd8": "image/jpeg",
    b"\x89PNG": "image/png",
    b"RIFF": "image/webp",
    b"BM": "image/bmp",
    b"GIF8": "image/gif",
}
IMAGES = {(200, media_type): OpenApiTypes.BINARY for media_type in _SIGNATURES.values()}


# What the schema says of files that never change under their name.
NOT_MODIFIED = {304: OpenApiResponse(description="The caller has it: `If-None-Match` names it.")}
BY_ETAG = [
    OpenApiParameter(
        "If-None-Match",
        str,
        OpenApiParameter.HEADER,
        description="The `ETag` of an earlier answer.",
    ),
    OpenApiParameter("ETag", str, OpenApiParameter.HEADER, required=True, response=[200, 304]),
]
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


def _media_type(content: bytes) -> str:
    known = (each for start, each in _SIGNATURES.items() if content.startswith(start))
    return next(known, "application/octet-stream")


def served(request: Request, name: str, read: Callable[[], bytes], gone: str) -> HttpResponseBase:
    """Return a file that never changes under its name, as nothing but an image; raises `NotFound`.

    The caller has checked that the person may see it; `gone` says so where `read` raises
    `FileNotFoundError`.
    """
    etag = f'"{name}"'
    response: HttpResponseBase
    if etag in request.headers.get("If-None-Match", ""):
        response = HttpResponseNotModified()
    else:
        try:
            content = read()
            response = HttpResponse(content, content_type=_media_type(content))
        except FileNotFoundError:
            raise NotFound(gone) from None
    response["ETag"] = etag
    response["Cache-Control"] = "private, max-age=31536000, immutable"
    response["Content-Disposition"] = "inline"
    response["Content-Security-Policy"] = "default-src 'none'; sandbox"
    response["X-Content-Type-Options"] = "nosniff"
    return response
