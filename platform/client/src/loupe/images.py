"""What can be asked about: paths, bytes, files, Pillow images and NumPy arrays, as image files.

Neither Pillow nor NumPy is needed: their objects bring what is used of them.
"""

from __future__ import annotations

import io
import os
import struct
import zlib
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

from loupe.errors import UnusableInput
from loupe.folders import Faulty, files_below, refuse, require_utf8

SUFFIXES = frozenset(
    {".jpg", ".jpeg", ".png", ".webp", ".gif", ".bmp", ".tif", ".tiff", ".avif", ".heic", ".heif"}
)
"""How the names of image files end, for folders that hold other files, too."""

_PNG_MODES = frozenset({"1", "L", "LA", "P", "RGB", "RGBA", "I;16"})
_COLOUR_TYPES = {1: 0, 2: 4, 3: 2, 4: 6}


class ImageFile(NamedTuple):
    """A file as it is sent; `source` is what the caller gave."""

    name: str
    content: bytes
    source: Any


def files_of(images: Any) -> Iterator[ImageFile]:
    """Yield the files of one image or of several, each as it is asked for.

    A string is a path. A Pillow image or an array is sent as a PNG of its pixels as they are: a
    camera's note on which side is up is not read then, as it is of files. An array has 8-bit
    values (uint8) and the shape (height, width), or with 1, 3 or 4 channels last; one of four
    dimensions holds several images. Raises `UnusableInput`.
    """
    for number, image in enumerate(_each(images)):
        yield _file(image, number)


def image_paths(folder: str | Path, faulty: Faulty = refuse) -> list[Path]:
    """Return the image files below a folder by their names, sorted; hidden ones stay out.

    Links to folders are followed. A folder that cannot be listed is told to `faulty`, which by
    default raises `UnusableInput`.
    """
    below = files_below(Path(folder), faulty=faulty)
    return [path for path in below if path.suffix.lower() in SUFFIXES]


def _each(images: Any) -> Iterable[Any]:
    if _is_array(images):
        return list(images) if len(images.shape) == 4 else [images]
    one = isinstance(images, str | os.PathLike | bytes | bytearray | memoryview | ImageFile)
    if one or _is_pillow(images) or hasattr(images, "read"):
        return [images]
    if isinstance(images, Iterable):
        return images
    raise UnusableInput(_what_is_taken(images))


def _file(image: Any, number: int) -> ImageFile:
    if isinstance(image, ImageFile):
        return image
    if isinstance(image, str | os.PathLike):
        path = Path(image)
        require_utf8(path.name)
        try:
            return ImageFile(path.name, path.read_bytes(), image)
        except OSError as error:
            raise UnusableInput(f"{path} cannot be read: {error.strerror}") from error
    if isinstance(image, bytes | bytearray | memoryview):
        return ImageFile(f"image-{number}", bytes(image), image)
    if _is_pillow(image):
        return ImageFile(f"image-{number}.png", _png_of_pillow(image), image)
    if _is_array(image):
        return ImageFile(f"image-{number}.png", _png_of_array(image), image)
    if hasattr(image, "read"):
        content = image.read()
        if isinstance(content, bytes):
            name = getattr(image, "name", None)
            name = Path(name).name if isinstance(name, str) else f"image-{number}"
            return ImageFile(name, content, image)
        raise UnusableInput("A file must be open for bytes: open(path, 'rb').")
    raise UnusableInput(_what_is_taken(image))


def _what_is_taken(image: object) -> str:
    return (
        "An image is a path, bytes, an open file, a Pillow image or a NumPy array; received "
        f"{type(image).__name__}."
    )


def _is_pillow(image: Any) -> bool:
    return type(image).__module__.startswith("PIL.") and hasattr(image, "save")


def _is_array(image: Any) -> bool:
    return hasattr(image, "__array_interface__") and hasattr(image, "shape")


def _png_of_pillow(image: Any) -> bytes:
    if image.mode in ("CMYK", "YCbCr", "LAB", "HSV", "RGBX"):
        image = image.convert("RGB")
    elif image.mode not in _PNG_MODES:
        raise UnusableInput(
            f"A Pillow image of the mode {image.mode} has no one meaning as a picture: "
            "convert it to L or RGB."
        )
    stream = io.BytesIO()
    image.save(stream, "PNG", compress_level=1)
    return stream.getvalue()


def _png_of_array(array: Any) -> bytes:
    """Return 8-bit pixels as a PNG (https://www.w3.org/TR/png-3/)."""
    shape = tuple(int(size) for size in array.shape)
    channels = shape[2] if len(shape) == 3 else 1
    if str(array.dtype) != "uint8":
        raise UnusableInput(
            f"An array of {array.dtype} may mean 0 to 1 or 0 to 255: convert it to uint8, 0 to 255."
        )
    if len(shape) not in (2, 3) or channels not in _COLOUR_TYPES or not all(shape):
        raise UnusableInput(
            "An array of one image has the shape (height, width) or (height, width, channels) "
            f"with 1, 2, 3 or 4 channels; received {shape}."
        )
    height, width = shape[:2]
    line = width * channels
    pixels = array.tobytes()
    # Before each line stands its filter: 0, none.
    lines = b"".join(b"\0" + pixels[at : at + line] for at in range(0, height * line, line))
    header = struct.pack(">IIBBBBB", width, height, 8, _COLOUR_TYPES[channels], 0, 0, 0)
    parts = [(b"IHDR", header), (b"IDAT", zlib.compress(lines, 1)), (b"IEND", b"")]
    return b"\x89PNG\r\n\x1a\n" + b"".join(_chunk(*part) for part in parts)


def _chunk(kind: bytes, content: bytes) -> bytes:
    check = zlib.crc32(kind + content)
    return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", check)
