"""An image file with only what its pixels need, for files whose side chunks no decoder takes.

A text chunk that unpacks to more than Pillow allows, a checksum that is wrong in a gamma chunk, a
broken EXIF block: the pixels are whole, and the sender sees them in any viewer. Nothing is
unpacked here. What the pixels' meaning hangs on (palette, transparency, Adobe's colour transform)
is kept or the file is given up: a guess would be another picture. PNG: W3C PNG, 5 and 11; JPEG:
ITU T.81 annex B; WebP: RFC 9649; GIF: GIF89a specification.
"""

import struct
import warnings
import zlib
from collections.abc import Callable, Iterator

from PIL import ExifTags, Image

PNG_SIGNATURE = b"\x89PNG\r\n\x1a\n"
# How the files that we decode begin, BMP apart: it has no side chunks.
SIGNATURES = (PNG_SIGNATURE, b"\xff\xd8\xff", b"GIF8", b"RIFF")
_PNG_PIXELS = frozenset([b"IHDR", b"PLTE", b"tRNS", b"IDAT"])
_WEBP_PIXELS = frozenset([b"VP8 ", b"VP8L", b"VP8X", b"ALPH", b"ANIM", b"ANMF"])
_WEBP_ICC_EXIF_XMP = 0b0010_1100
_WEBP_EXIF = 0b0000_1000
_JFIF = b"\xff\xe0\x00\x10JFIF\x00\x01\x01\x00\x00\x01\x00\x01\x00\x00"


def png_chunk(name: bytes, data: bytes) -> bytes:
    """Return a chunk with its length and its checksum."""
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))


def with_pixels_only(content: bytes) -> bytes | None:
    """Return the file without what its pixels do not need; None where they are not whole.

    A readable EXIF block stays, as it says which side is up.
    """
    for signature, salvage in _SALVAGES.items():
        if content.startswith(signature):
            try:
                return salvage(content)
            except (struct.error, IndexError):
                return None
    return None


def _png(content: bytes) -> bytes | None:
    kept = [PNG_SIGNATURE]
    position, has_pixels = len(PNG_SIGNATURE), False
    while position + 8 <= len(content):
        length, name = struct.unpack_from(">I4s", content, position)
        data = content[position + 8 : position + 8 + length]
        checksum = content[position + 8 + length : position + 12 + length]
        position += 12 + length
        if name == b"IEND":
            break
        is_right = checksum == struct.pack(">I", zlib.crc32(name + data))
        if name in _PNG_PIXELS:
            # The checksum inside of the compressed pixels tells whether they are whole.
            if len(checksum) < 4 or not (is_right or name == b"IDAT"):
                return None
            kept.append(png_chunk(name, data))
            has_pixels = has_pixels or name == b"IDAT"
        elif name == b"eXIf" and is_right and _is_readable(data):
            kept.append(png_chunk(name, data))
    return b"".join([*kept, png_chunk(b"IEND", b"")]) if has_pixels else None


def _jpeg(content: bytes) -> bytes | None:
    kept = [b"\xff\xd8"]
    position = 2
    while True:
        if content[position] != 0xFF:
            return None
        marker = content[position + 1]
        if marker == 0xFF:  # fill byte
            position += 1
            continue
        if marker == 0xDA:
            return b"".join([*kept, content[position:]])
        end = position + 2 + struct.unpack_from(">H", content, position + 2)[0]
        kept.append(_jpeg_segment(marker, content[position:end]))
        position = end


def _jpeg_segment(marker: int, segment: bytes) -> bytes:
    """Return what stands in the place of a segment before the pixels."""
    data = segment[4:]
    if marker == 0xE0 and data.startswith(b"JFIF\0"):
        return _JFIF
    if marker == 0xE1 and data.startswith(b"Exif\0\0") and _is_readable(data):
        return segment
    if marker == 0xEE and data.startswith(b"Adobe") and len(data) >= 12:
        return segment
    return b"" if 0xE0 <= marker <= 0xEF or marker == 0xFE else segment


def _webp(content: bytes) -> bytes | None:
    if content[8:12] != b"WEBP":
        return None
    kept: list[bytes] = []
    exif = b""
    for name, chunk in _webp_chunks(content):
        is_whole = len(chunk) >= 8 + struct.unpack_from("<I", chunk, 4)[0]
        if name in _WEBP_PIXELS:
            if not is_whole:
                return None
            kept.append(chunk)
        elif name == b"EXIF" and is_whole and _is_readable(chunk[8:]):
            exif = chunk
    if not kept or (exif and kept[0][:4] != b"VP8X"):
        return None
    if kept[0][:4] == b"VP8X":
        flags = kept[0][8] & ~_WEBP_ICC_EXIF_XMP | (_WEBP_EXIF if exif else 0)
        kept[0] = kept[0][:8] + bytes([flags]) + kept[0][9:]
    body = b"".join([*kept, exif])
    return struct.pack("<4sI4s", b"RIFF", len(body) + 4, b"WEBP") + body


def _webp_chunks(content: bytes) -> Iterator[tuple[bytes, bytes]]:
    position = 12
    while position + 8 <= len(content):
        name, length = struct.unpack_from("<4sI", content, position)
        end = position + 8 + length + length % 2
        yield name, content[position:end]
        position = end


def _gif(content: bytes) -> bytes | None:
    position = 13 + gif_table_bytes(content[10])
    kept = [content[:position]]
    has_pixels = False
    while content[position : position + 1] not in (b"\x3b", b""):
        start = position
        if content[position] == 0x2C:
            position = after_gif_blocks(
                content, position + 11 + gif_table_bytes(content[position + 9])
            )
            has_pixels = True
        elif content[position] == 0x21:
            position = after_gif_blocks(content, position + 2)
            if content[start + 1] != 0xF9:
                continue
            # It says which colour is transparent.
            if content[start + 2] != 4:
                return None
        else:
            return None
        kept.append(content[start:position])
    return b"".join([*kept, b"\x3b"]) if has_pixels else None


def gif_table_bytes(flags: int) -> int:
    """Return how long the colour table is that these flags of a GIF announce."""
    return 3 << ((flags & 7) + 1) if flags & 0x80 else 0


def after_gif_blocks(content: bytes, position: int) -> int:
    """Return where a row of a GIF's blocks ends that begins here."""
    while content[position]:
        position += 1 + content[position]
    return position + 1


def _is_readable(exif: bytes) -> bool:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            block = Image.Exif()
            block.load(exif)
            block.get(ExifTags.Base.Orientation)
    except Exception:  # Pillow raises anything on broken blocks
        return False
    return True


_SALVAGES: dict[bytes, Callable[[bytes], bytes | None]] = dict(
    zip(SIGNATURES, (_png, _jpeg, _gif, _webp), strict=True)
)
