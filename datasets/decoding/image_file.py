"""One image file: checked by decoding it whole, cleaned of metadata, with its thumbnail."""

import hashlib
from collections.abc import Sequence
from typing import NamedTuple

from common.image_cleaning import without_metadata
from common.imaging import Picture
from common.thumbnails import thumbnail_of
from datasets.analysis.fingerprint import Fingerprint, fingerprint


class ImageFile(NamedTuple):
    """`content` is the file without metadata, `sha256` its hash; sizes in pixels, upright.

    `thumbnail` is empty where the file is small enough to be its own.
    """

    sha256: str
    width: int
    height: int
    format: str
    content: bytes
    thumbnail: bytes
    fingerprint: Fingerprint


def finish_files(decoded: Sequence[tuple[bytes, Picture]]) -> list[ImageFile]:
    """Return what is to be kept of decoded files; their pictures are shrunk in place.

    One step for all of them, then the next: small images are a fifth faster while each step's code
    is still in the processor's cache.
    """
    contents = [without_metadata(content, picture) for content, picture in decoded]
    hashes = [hashlib.sha256(content).hexdigest() for content in contents]
    sizes = [picture.rgb.size for _, picture in decoded]
    # Before the thumbnails, which shrink the pictures.
    fingerprints = [fingerprint(picture.rgb) for _, picture in decoded]
    thumbnails = [
        thumbnail_of(content, picture)
        for content, (_, picture) in zip(contents, decoded, strict=True)
    ]
    return [
        ImageFile(sha256, width, height, picture.format, content, thumbnail, measured)
        for sha256, (width, height), (_, picture), content, thumbnail, measured in zip(
            hashes, sizes, decoded, contents, thumbnails, fingerprints, strict=True
        )
    ]
