"""Thumbnails: a WebP of at most 256 pixels, or none where the file is small enough itself."""

import io

from PIL import Image

from common.imaging import Picture

THUMBNAIL_SIDE = 256
# As a thumbnail of that side has: a gallery of such files loads as fast.
_OWN_THUMBNAIL_BYTES = 24 << 10
# WebP's fastest methods cost a third of its default and 5-20 % more bytes.
_THUMBNAIL_QUALITY = 80
_THUMBNAIL_METHOD = 1


def may_be_own_thumbnail(*, width: int, height: int, size: int) -> bool:
    """Whether a file of so many pixels and bytes is small enough to stand for its thumbnail."""
    return max(width, height) <= THUMBNAIL_SIDE and size <= _OWN_THUMBNAIL_BYTES


def thumbnail_of(content: bytes, picture: Picture) -> bytes:
    """Return the thumbnail of a file, empty where it is its own; the picture is shrunk in place."""
    width, height = picture.rgb.size
    if picture.plain and may_be_own_thumbnail(width=width, height=height, size=len(content)):
        return b""
    rgb = picture.rgb
    if max(rgb.size) > THUMBNAIL_SIDE:
        rgb.thumbnail((THUMBNAIL_SIDE, THUMBNAIL_SIDE), Image.Resampling.BICUBIC, reducing_gap=2.0)
    stream = io.BytesIO()
    rgb.save(stream, "WEBP", quality=_THUMBNAIL_QUALITY, method=_THUMBNAIL_METHOD)
    return stream.getvalue()
