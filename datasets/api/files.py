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
from datasets.selectors.images import visible_image
from datasets.services.record_image_download import record_image_download
from storage import durable
from storage.names import blob_name, thumbnail_name

_MEDIA_TYPES = {
    "JPEG": "image/jpeg",
    "PNG": "image/png",
    "WEBP": "image/webp",
    "BMP": "image/bmp",
    "GIF": "image/gif",
}


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
        responses={
            **{(200, media_type): OpenApiTypes.BINARY for media_type in _MEDIA_TYPES.values()},
            **NOT_MODIFIED,
        },
        parameters=BY_ETAG,
    )
    def get(self, request: Request, image_id: uuid.UUID) -> HttpResponseBase:
        image = visible_image(request.user, image_id, in_trash=True)
        if request.auth is not None:
            # A token's: a program takes the file away, where a page shows it.
            record_image_download(user=request.user, image=image)
        media_type = _MEDIA_TYPES[image.format]
        read = partial(durable.read, blob_name(image.sha256))
        return served(request, image.sha256, read, media_type, _GONE)


class ImageThumbnail(views.APIView):
    """A small WebP of an image."""

    content_negotiation_class = AnyAccept

    @extend_schema(
        summary="The thumbnail",
        responses={(200, "image/webp"): OpenApiTypes.BINARY, **NOT_MODIFIED},
        parameters=BY_ETAG,
    )
    def get(self, request: Request, image_id: uuid.UUID) -> HttpResponseBase:
        image = visible_image(request.user, image_id, in_trash=True)
        read = partial(durable.read, thumbnail_name(image.sha256))
        return served(request, f"{image.sha256}.webp", read, "image/webp", _GONE)


def served(
    request: Request, name: str, read: Callable[[], bytes], media_type: str, gone: str
) -> HttpResponseBase:
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
            response = HttpResponse(read(), content_type=media_type)
        except FileNotFoundError:
            raise NotFound(gone) from None
    response["ETag"] = etag
    response["Cache-Control"] = "private, max-age=31536000, immutable"
    response["Content-Disposition"] = "inline"
    response["Content-Security-Policy"] = "default-src 'none'; sandbox"
    response["X-Content-Type-Options"] = "nosniff"
    return response
