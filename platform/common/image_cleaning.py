"""Taking private metadata (place, camera, comments, hidden pictures) out of image files.

The pixels stay byte for byte what they were: only the segments around them go, as does whatever
follows the image's end. Colour profiles stay. JPEG: ITU T.81 annex B; PNG: W3C PNG, 11.2; WebP:
RFC 9649; GIF: GIF89a specification.
"""

import io
import re
import struct
import zlib
from collections.abc import Callable

from common.imaging import Picture
from common.salvage import PNG_SIGNATURE, after_gif_blocks, gif_table_bytes, png_chunk

# In entropy-coded data FF is followed by 00 or a restart marker; anything else ends the scan.
_JPEG_MARKER = re.compile(rb"\xff[^\x00\xd0-\xd7\xff]")
_PNG_KEPT = frozenset(
    [b"IHDR", b"PLTE", b"IDAT", b"IEND", b"tRNS", b"gAMA", b"cHRM", b"sRGB", b"iCCP", b"sBIT",
     b"bKGD", b"pHYs", b"cICP"]
)  # fmt: skip
_WEBP_KEPT = frozenset([b"VP8 ", b"VP8L", b"VP8X", b"ICCP", b"ALPH", b"ANIM", b"ANMF"])
_WEBP_EXIF_AND_XMP_FLAGS = 0b0000_1100
# Lossless settings, or near enough, for files that have to be written again.
_SAVE_OPTIONS: dict[str, dict[str, object]] = {
    "JPEG": {"quality": 95, "subsampling": 0},
    "WEBP": {"lossless": True, "method": 2},
}


class _Unexpected(Exception):
    """The file's structure is not what its specification says."""


def without_metadata(content: bytes, picture: Picture) -> bytes:
    """Return the file without metadata: `content` itself where there was nothing to take out.

    Of a file with broken side chunks it is what was decoded in its place.
    A file whose EXIF asks for turning, or whose structure is odd although it decodes, is written
    again from the upright pixels in the same format. The same input gives the same output.
    """
    content = picture.salvaged or content
    if not picture.turned:
        try:
            return _CLEANERS[picture.format](content)
        except (_Unexpected, struct.error, IndexError):
            pass
    stream = io.BytesIO()
    picture.rgb.save(stream, format=picture.format, **_SAVE_OPTIONS.get(picture.format, {}))
    return stream.getvalue()


def _clean_jpeg(content: bytes) -> bytes:
    if content[:2] != b"\xff\xd8":
        raise _Unexpected
    kept = [b"\xff\xd8"]
    position = 2
    while True:
        if content[position] != 0xFF:
            raise _Unexpected
        marker = content[position + 1]
        if marker == 0xFF:  # fill byte
            position += 1
        elif marker == 0xD9:
            kept.append(b"\xff\xd9")
            break
        else:
            end = position + 2 + struct.unpack_from(">H", content, position + 2)[0]
            if marker == 0xDA:
                end = _end_of_scan(content, end)
            if _jpeg_segment_is_kept(marker, content[position + 4 : position + 16]):
                kept.append(content[position:end])
            position = end
    cleaned = b"".join(kept)
    return content if len(cleaned) == len(content) else cleaned


def _end_of_scan(content: bytes, start: int) -> int:
    marker = _JPEG_MARKER.search(content, start)
    if marker is None:
        raise _Unexpected
    return marker.start()


def _jpeg_segment_is_kept(marker: int, head: bytes) -> bool:
    if marker == 0xFE:  # comment
        return False
    if 0xE0 <= marker <= 0xEF:
        return (
            (marker == 0xE0 and head.startswith(b"JFIF\0"))
            or (marker == 0xE2 and head.startswith(b"ICC_PROFILE\0"))
            or (marker == 0xEE and head.startswith(b"Adobe"))
        )
    return True


def _clean_png(content: bytes) -> bytes:
    if not content.startswith(PNG_SIGNATURE):
        raise _Unexpected
    kept = [PNG_SIGNATURE]
    position = len(PNG_SIGNATURE)
    name = b""
    while name != b"IEND":
        length, name = struct.unpack_from(">I4s", content, position)
        end = position + 12 + length
        if end > len(content):
            raise _Unexpected
        data = content[position + 8 : end - 4]
        is_right = content[end - 4 : end] == struct.pack(">I", zlib.crc32(name + data))
        # Pixels have a checksum of their own inside; other programs heed this one too.
        if name in _PNG_KEPT and (is_right or name == b"IDAT"):
            kept.append(content[position:end] if is_right else png_chunk(name, data))
        position = end
    cleaned = b"".join(kept)
    return content if cleaned == content else cleaned


def _clean_webp(content: bytes) -> bytes:
    magic, size, kind = struct.unpack_from("<4sI4s", content)
    if (magic, kind) != (b"RIFF", b"WEBP") or size + 8 > len(content):
        raise _Unexpected
    kept = []
    position = 12
    while position < size + 8:
        name, length = struct.unpack_from("<4sI", content, position)
        end = position + 8 + length + length % 2
        chunk = content[position:end]
        if name == b"VP8X":
            chunk = chunk[:8] + bytes([chunk[8] & ~_WEBP_EXIF_AND_XMP_FLAGS]) + chunk[9:]
        if name in _WEBP_KEPT:
            kept.append(chunk)
        position = end
    body = b"".join(kept)
    return struct.pack("<4sI4s", b"RIFF", len(body) + 4, b"WEBP") + body


def _clean_gif(content: bytes) -> bytes:
    if content[:6] not in (b"GIF87a", b"GIF89a"):
        raise _Unexpected
    position = 13 + gif_table_bytes(content[10])
    kept = [content[:position]]
    while content[position] != 0x3B:
        start = position
        if content[position] == 0x2C:
            position = after_gif_blocks(
                content, position + 11 + gif_table_bytes(content[position + 9])
            )
            kept.append(content[start:position])
        elif content[position] == 0x21:
            position = after_gif_blocks(content, position + 2)
            is_loop = content[start + 3 : start + 14] == b"NETSCAPE2.0"
            if content[start + 1] == 0xF9 or is_loop:
                kept.append(content[start:position])
        else:
            raise _Unexpected
    return b"".join([*kept, b"\x3b"])


def _clean_bmp(content: bytes) -> bytes:
    # A BMP has no metadata; what lies past the size its header states is not part of it.
    size = struct.unpack_from("<I", content, 2)[0]
    return content[:size] if 54 < size < len(content) else content


_CLEANERS: dict[str, Callable[[bytes], bytes]] = {
    "JPEG": _clean_jpeg,
    "PNG": _clean_png,
    "WEBP": _clean_webp,
    "GIF": _clean_gif,
    "BMP": _clean_bmp,
}
