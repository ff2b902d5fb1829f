"""Image files as answers: never anything but an image, whatever their bytes say."""

from collections.abc import Callable

from django.http import HttpResponse, HttpResponseBase, HttpResponseNotModified
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse
from rest_framework.request import Request

from common.errors import NotFound

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
FOR_A_YEAR = "private, max-age=31536000, immutable"
# Browsers ask each time: what was deleted is shown no more.
ASK_EACH_TIME = "private, no-cache"


def served(
    request: Request,
    name: str,
    read: Callable[[], bytes],
    gone: str,
    *,
    cached: str = FOR_A_YEAR,
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
            content = read()
            response = HttpResponse(content, content_type=_media_type(content))
        except FileNotFoundError:
            raise NotFound(gone) from None
    response["ETag"] = etag
    response["Cache-Control"] = cached
    response["Content-Disposition"] = "inline"
    response["Content-Security-Policy"] = "default-src 'none'; sandbox"
    response["X-Content-Type-Options"] = "nosniff"
    return response


def _media_type(content: bytes) -> str:
    known = (each for start, each in _SIGNATURES.items() if content.startswith(start))
    return next(known, "application/octet-stream")
