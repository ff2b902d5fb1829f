"""Loupe's one way from an image file to RGB pixels: import, training, evaluation and serving.

Pillow and NumPy only, no Django: the engine uses it too.
"""

import io
import warnings
from dataclasses import dataclass, replace
from pathlib import Path
from typing import BinaryIO

import numpy as np
from PIL import (
    ExifTags,
    Image,
    ImageFile,
    ImageOps,
    MpoImagePlugin,  # noqa: F401
    UnidentifiedImageError,
    WebPImagePlugin,  # noqa: F401
)

from common.salvage import SIGNATURES, with_pixels_only

# Pillow's default, stated because it decides that half a JPEG is an error, not a grey half.
ImageFile.LOAD_TRUNCATED_IMAGES = False

# Pillow registers its decoders at the first open, and two threads opening their first image at once
# find half of them. With MPO's and WebP's, which are imported above, these are all that are opened;
# `Image.init` would import forty more, a fifth of a decoding process's start.
Image.preinit()

# Pillow opens MPO (several JPEGs in one file) through its JPEG plugin.
FORMATS = ("JPEG", "PNG", "WEBP", "BMP", "GIF")
MAX_PIXELS = 50_000_000
MAX_SIDE = 16_000
_ALLOWED = "JPEG, PNG, WebP, BMP and GIF images are accepted"

# Signatures of formats that people do send and that Loupe does not open: Pillow's other decoders
# are never tried on them, they only get a better sentence than "not an image".
_OTHER_FORMATS = (
    (b"II*\x00", "TIFF"),
    (b"MM\x00*", "TIFF"),
    (b"8BPS", "Photoshop"),
    (b"%PDF", "PDF"),
    (b"%!PS", "PostScript"),
    (b"SIMPLE  =", "FITS"),
    (b"\x00\x00\x01\x00", "ICO"),
    (b"<svg", "SVG"),
    (b"\x00\x00\x00\x0cjP  ", "JPEG 2000"),
)
_ISO_BRANDS = {b"heic": "HEIC", b"heix": "HEIC", b"mif1": "HEIC", b"avif": "AVIF"}

# What can hold an orientation, a place or a camera's name.
_METADATA_KEYS = frozenset({"exif", "xmp", "XML:com.adobe.xmp", "Raw profile type exif"})

Source = Path | bytes | BinaryIO


class ImageRejected(Exception):
    """One image file that Loupe cannot use.

    ``code`` is stable and for programs: ``empty_file``, ``not_an_image``, ``unsupported_format``,
    ``truncated``, ``damaged`` or ``too_many_pixels``; ``detail`` says what is allowed and what was
    received, ``hint`` what to do.
    """

    def __init__(self, code: str, detail: str, hint: str = "") -> None:
        super().__init__(code, detail, hint)
        self.code = code
        self.detail = detail
        self.hint = hint

    def __str__(self) -> str:
        return f"{self.detail} {self.hint}".strip()


@dataclass(frozen=True)
class Picture:
    """A decoded image file.

    ``rgb`` is upright, 8-bit, without metadata; ``format`` names the file's format (MPO is JPEG);
    ``turned`` says whether the file asks to be turned, so that its stored pixels are not upright;
    ``plain`` whether a browser shows the file as these pixels: 8-bit grey or RGB, one frame,
    nothing transparent;
    ``salvaged`` is the file that was decoded in place of one whose side chunks are broken.
    """

    rgb: Image.Image
    format: str
    turned: bool
    plain: bool
    salvaged: bytes = b""


def decode_rgb(
    source: Source, *, max_pixels: int = MAX_PIXELS, target: int | None = None
) -> Image.Image:
    """Return the image, fully decoded, upright, as 8-bit RGB without metadata; see ``decode``."""
    return decode(source, max_pixels=max_pixels, target=target).rgb


def decode(source: Source, *, max_pixels: int = MAX_PIXELS, target: int | None = None) -> Picture:
    """Decode an image file completely.

    The first frame of an animation; palette, grey, CMYK and 16-bit images are converted (16-bit
    is scaled, not clipped), transparency is laid on white, EXIF orientation is applied.

    ``max_pixels`` bounds width × height, read from the header before anything is decoded, as is
    the longest side (16,000). ``target``, a side in pixels, lets a large JPEG decode at a half,
    quarter or eighth of its size, never below twice the target: ten times faster for photographs.

    A file whose pixels are whole is decoded whatever its side chunks hold (``common.salvage``).

    Raises ImageRejected.
    """
    stream = io.BytesIO(source) if isinstance(source, bytes) else source
    head = _head(stream)
    try:
        return _decode(stream, head, max_pixels, target)
    except ImageRejected as error:
        if error.code not in ("damaged", "truncated") or not head.startswith(SIGNATURES):
            raise
        pixels = with_pixels_only(_whole(source))
        if pixels is None:
            raise
        try:
            picture = _decode(io.BytesIO(pixels), pixels[:512], max_pixels, target)
        except ImageRejected:
            raise error from None
    return replace(picture, salvaged=pixels)


def size_in_header(content: bytes) -> tuple[int, int]:
    """Return width and height as the file states them, (0, 0) where none are found.

    Nothing is decoded.
    """
    if size := _webp_size(content[:512]):
        return size
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            with Image.open(io.BytesIO(content), formats=FORMATS) as image:
                return image.size
    except Exception:  # Pillow's decoders raise anything on broken files
        return 0, 0


def _decode(stream: Path | BinaryIO, head: bytes, max_pixels: int, target: int | None) -> Picture:
    _check_webp_size(head, max_pixels)
    try:
        with warnings.catch_warnings():
            # Pillow warns at 89 megapixels, where our own, lower cap answers, and of odd EXIF tags.
            warnings.simplefilter("ignore")
            with Image.open(stream, formats=FORMATS) as image:
                _check_size(image.size, max_pixels)
                if target is not None and image.format in ("JPEG", "MPO"):
                    image.draft(None, (2 * target, 2 * target))
                image.load()
                upright = _upright(image)
                return Picture(
                    rgb=_to_rgb(upright),
                    format="JPEG" if image.format == "MPO" else str(image.format),
                    turned=upright is not image,
                    plain=_is_plain(image),
                )
    except ImageRejected:
        raise
    except Image.DecompressionBombError:
        raise _too_many_pixels("more", max_pixels) from None
    except UnidentifiedImageError as error:
        raise (_broken(error) if head.startswith(SIGNATURES) else _unidentified(head)) from None
    except MemoryError:
        raise
    except Exception as error:  # Pillow's decoders raise anything on broken files
        raise _broken(error) from error


def _whole(source: Source) -> bytes:
    if isinstance(source, bytes):
        return source
    if isinstance(source, Path):
        return source.read_bytes()
    source.seek(0)
    return source.read()


def _head(stream: Path | BinaryIO) -> bytes:
    """Return the first bytes, leaving the stream where it was; raises ImageRejected if none."""
    if isinstance(stream, Path):
        with stream.open("rb") as file:
            head = file.read(512)
    else:
        start = stream.tell()
        head = stream.read(512)
        stream.seek(start)
    if not head:
        raise ImageRejected(
            "empty_file", "The file is empty (0 bytes).", f"{_ALLOWED}; send the file again."
        )
    return head


def _check_size(size: tuple[int, int], max_pixels: int) -> None:
    width, height = size
    if width * height > max_pixels or max(size) > MAX_SIDE:
        raise _too_many_pixels(f"{width}×{height}", max_pixels)


def _check_webp_size(head: bytes, max_pixels: int) -> None:
    """Check a WebP's header ourselves: Pillow sets up the whole canvas on opening (RFC 9649)."""
    if size := _webp_size(head):
        _check_size(size, max_pixels)


def _webp_size(head: bytes) -> tuple[int, int] | None:
    if head[:4] != b"RIFF" or head[8:12] != b"WEBP" or len(head) < 30:
        return None
    if head[12:16] == b"VP8X":
        width = int.from_bytes(head[24:27], "little") + 1
        height = int.from_bytes(head[27:30], "little") + 1
    elif head[12:16] == b"VP8L":
        bits = int.from_bytes(head[21:25], "little")
        width, height = (bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1
    else:
        width = int.from_bytes(head[26:28], "little") & 0x3FFF
        height = int.from_bytes(head[28:30], "little") & 0x3FFF
    return width, height


def _too_many_pixels(received: str, max_pixels: int) -> ImageRejected:
    return ImageRejected(
        "too_many_pixels",
        f"An image may have up to {max_pixels / 1e6:g} million pixels and sides of up to "
        f"{MAX_SIDE} pixels; received {received}.",
        "Scale the image down.",
    )


def _unidentified(head: bytes) -> ImageRejected:
    name = _ISO_BRANDS.get(head[8:12]) if head[4:8] == b"ftyp" else None
    text = head.lstrip()
    for signature, other in _OTHER_FORMATS:
        if head.startswith(signature) or text.startswith(signature):
            name = other
    if name is None and b"<svg" in head:
        name = "SVG"
    if name is not None:
        return ImageRejected(
            "unsupported_format", f"{_ALLOWED}; received {name}.", "Convert the image to PNG."
        )
    return ImageRejected(
        "not_an_image",
        f"{_ALLOWED}; this file is none of them.",
        "Check that the file opens in an image viewer.",
    )


def _broken(error: Exception) -> ImageRejected:
    hint = "Save the image again or take it out."
    if isinstance(error, EOFError) or "truncated" in str(error):
        return ImageRejected("truncated", "The image file is cut off before its end.", hint)
    return ImageRejected("damaged", "The image file is damaged and cannot be decoded.", hint)


def _upright(image: Image.Image) -> Image.Image:
    if _METADATA_KEYS.isdisjoint(image.info):
        return image
    try:
        if image.getexif().get(ExifTags.Base.Orientation) not in range(2, 9):
            return image
        return ImageOps.exif_transpose(image)
    except Exception:  # a broken EXIF block: the pixels are still good, shown as stored
        return image


def _is_plain(image: Image.Image) -> bool:
    return (
        image.format in ("JPEG", "PNG", "WEBP")
        and image.mode in ("L", "RGB")
        and not image.has_transparency_data
        and not getattr(image, "is_animated", False)
    )


def _to_rgb(image: Image.Image) -> Image.Image:
    if image.mode.startswith("I"):
        # Pillow's convert() clips 16-bit greys at 255 instead of scaling them.
        levels = np.asarray(image, dtype=np.float64).clip(0, 65535) / 257.0
        image = Image.fromarray(levels.round().astype(np.uint8))
    if image.has_transparency_data:
        layer = image.convert("RGBA")
        white = Image.new("RGBA", layer.size, (255, 255, 255, 255))
        image = Image.alpha_composite(white, layer)
    rgb = image.convert("RGB") if image.mode != "RGB" else image.copy()
    rgb.info = {}
    return rgb
