"""The decoding process of predictions: one image file after another becomes an array of pixels.

Started by `ImageReader`, one for each image that is decoded at a time. Hostile files end at its
limits, and nothing but itself ends with it. It can open no file: images come through its pipe.
"""

import hashlib
import os
import sys
from collections.abc import Callable
from typing import BinaryIO

from classifier.prediction.serving.frames import Header, read_frame, write_frame
from common.fit import Fit
from common.image_cleaning import without_metadata
from common.imaging import MAX_PIXELS, ImageRejected, size_in_header
from common.imaging import decode as read_picture
from common.pixels import Pixels, read_pixels, read_whole
from common.thumbnails import thumbnail_of
from programs.isolation import leave_files
from programs.limits import allow_seconds

# Of a processor; 50 megapixels take one.
SECONDS_PER_IMAGE = 5
TOO_MUCH_MEMORY = {
    "code": "too_much_memory",
    "detail": "The image takes more memory to decode than allowed.",
}

Decode = Callable[[bytes, int, Fit], Pixels]


def serve(requests: BinaryIO, output: BinaryIO, decode: Decode = read_pixels) -> None:
    """Answer until the other side closes the pipe.

    `{size, fit}` with a file is answered by `{height, width}` and pixels (size, size, 3), or by
    `{code, detail}`; `{side}` by the whole image, whose longer side is that at most; `{clean}` by
    `{sha256, width, height, format}`, the file without its metadata and its thumbnail; `{}` with
    files by `{pixels}`, how many they have in all by their headers.
    """
    while (frame := read_frame(requests)) is not None:
        header, files = frame
        allow_seconds(SECONDS_PER_IMAGE)
        if files and header:
            write_frame(output, *_decoded(files[0], header, decode))
        else:
            write_frame(output, {"pixels": sum(map(_pixel_count, files))})


def _decoded(file: bytes, header: Header, decode: Decode) -> tuple[Header, list[bytes]]:
    try:
        if "clean" in header:
            return _cleaned(file)
        if "side" in header:
            found = read_whole(file, header["side"])
        else:
            found = decode(file, header["size"], header["fit"])
        return {"height": len(found), "width": found.shape[1]}, [found.tobytes()]
    except ImageRejected as error:
        return {"code": error.code, "detail": str(error)}, []
    except MemoryError:
        return dict(TOO_MUCH_MEMORY), []


def _cleaned(file: bytes) -> tuple[Header, list[bytes]]:
    """Return the file and its thumbnail as datasets would keep them; raises `ImageRejected`."""
    picture = read_picture(file)
    content = without_metadata(file, picture)
    facts = {
        "sha256": hashlib.sha256(content).hexdigest(),
        "width": picture.rgb.width,
        "height": picture.rgb.height,
        "format": picture.format,
    }
    return facts, [content, thumbnail_of(content, picture)]


def _pixel_count(file: bytes) -> int:
    """Return the pixels that decoding would cost: none for what is refused by itself."""
    width, height = size_in_header(file)
    return width * height if width * height <= MAX_PIXELS else 0


def main(decode: Decode = read_pixels) -> None:
    """Serve on the pipes that this process was given."""
    # Whatever a library prints must not get between the frames.
    output = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    leave_files()
    serve(sys.stdin.buffer, output, decode)


if __name__ == "__main__":
    main()
