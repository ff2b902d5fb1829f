"""Whole pixels with broken side chunks are images; what the pixels hang on is no side chunk."""

import io
import struct
import tracemalloc
import zlib

import numpy as np
import pytest
from PIL import Image as Pillow

from common.imaging import ImageRejected, decode
from common.salvage import png_chunk
from tests.factories import read_image_file

PICTURE = Pillow.fromarray(
    np.random.default_rng(0).integers(0, 256, (30, 40, 3), dtype=np.uint8) // 32 * 32
)
SIXTH_TURN = b"Exif\0\0MM\0*\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0\x06\0\0\0\0\0\0"


def encoded(format: str, **options) -> bytes:
    stream = io.BytesIO()
    picture = PICTURE.quantize(64) if format == "GIF" else PICTURE
    picture.save(stream, format, **options)
    return stream.getvalue()


PNG, JPEG, GIF = encoded("PNG"), encoded("JPEG"), encoded("GIF")
WEBP = encoded("WEBP", lossless=True, exif=b"Exif\0\0MM\0*\0\0\0\x08\0\0")
BOMB = zlib.compress(bytes(100 << 20))
EXIF_AT = WEBP.index(b"EXIF")
GIF_HEAD = 13 + (3 << ((GIF[10] & 7) + 1))


def wrong(chunk: bytes) -> bytes:
    return chunk[:-1] + bytes([chunk[-1] ^ 1])


def png(*chunks: bytes) -> bytes:
    return PNG[:33] + b"".join(chunks) + PNG[33:]


def segment(marker: int, data: bytes) -> bytes:
    return b"\xff" + bytes([marker]) + struct.pack(">H", len(data) + 2) + data


def jpeg(*segments: bytes) -> bytes:
    return JPEG[:2] + b"".join(segments) + JPEG[2:]


def gif(extension: bytes) -> bytes:
    return GIF[:GIF_HEAD] + extension + GIF[GIF_HEAD:]


WHOLE = {
    "a text that unpacks to 100 MB": png(png_chunk(b"zTXt", b"k\0\0" + BOMB)),
    "80 MB of text": png(*[png_chunk(b"tEXt", b"k\0" + b"x" * 1_000_000)] * 80),
    "a profile that unpacks to 100 MB": png(png_chunk(b"iCCP", b"x\0\0" + BOMB)),
    "a profile by an unknown method": png(png_chunk(b"iCCP", b"x\0\1junk")),
    "a gamma with a wrong checksum": png(wrong(png_chunk(b"gAMA", b"\0\1\x86\xa0"))),
    "an empty gamma": png(png_chunk(b"gAMA", b"")),
    "a private chunk with a wrong checksum": png(wrong(png_chunk(b"prVt", b"x"))),
    "a broken animation": png(png_chunk(b"acTL", b"12"), png_chunk(b"fcTL", b"12")),
    "a broken EXIF in a PNG": png(png_chunk(b"eXIf", b"junkjunk"), png_chunk(b"gAMA", b"")),
    "a PNG cut off in its last text": PNG[:-12] + png_chunk(b"tEXt", b"k\0abc")[:-5],
    "bytes after the end of a PNG": PNG + b"junk" * 100,
    "an unreadable EXIF in a JPEG": jpeg(segment(0xE1, b"Exif\0\0junk")),
    "a JFIF header that is cut off": JPEG[:2] + segment(0xE0, b"JFIF\0") + JPEG[20:],
    "a profile without its number": jpeg(segment(0xE2, b"ICC_PROFILE\0")),
    "an Adobe header that is cut off": jpeg(segment(0xEE, b"Adobe")),
    "a WebP cut off in its EXIF": WEBP[:-4],
    "a WebP whose EXIF is longer than the file": (
        WEBP[: EXIF_AT + 4] + b"\xff\xff\0\0" + WEBP[EXIF_AT + 8 :]
    ),
    "a WebP of an EXIF that is gone": WEBP[:EXIF_AT],
    "a comment without an end": GIF[:-1] + b"!\xfe\x03ab",
    "a loop that says nothing": gif(b"!\xff\x0bNETSCAPE2.0\0"),
}  # fmt: skip
GONE = {
    "pixels that are cut off": PNG[: len(PNG) * 2 // 3],
    "a header with a wrong checksum": PNG[:32] + bytes([PNG[32] ^ 1]) + PNG[33:],
    "a transparency with a wrong checksum": png(wrong(png_chunk(b"tRNS", b"\0\1\0\1\0\1"))),
    "a palette with a wrong checksum": png(wrong(png_chunk(b"PLTE", b"\0\1\2"))),
    "other pixels than were sent": PNG[:80] + bytes([PNG[80] ^ 1]) + PNG[81:],
    "half of a JPEG": jpeg(segment(0xE0, b"JFIF\0"))[: len(JPEG) // 2],
    "half of a WebP": WEBP[: len(WEBP) // 2],
    "a GIF whose transparency is broken": gif(b"!\xf9\x01a\0"),
}


@pytest.mark.parametrize("kind", WHOLE)
def test_whole_pixels_are_decoded_and_kept_without_the_rest(kind):
    content = WHOLE[kind]
    plain = {b"\x89P": PNG, b"\xff\xd8": JPEG, b"RI": WEBP, b"GI": GIF}[content[:2]]
    expected = np.asarray(decode(plain).rgb)
    assert np.array_equal(np.asarray(decode(content).rgb), expected)
    file = read_image_file(content)
    assert len(file.content) <= len(plain) + 100
    # The copy that is kept is a file that every program opens.
    with Pillow.open(io.BytesIO(file.content)) as kept:
        assert np.array_equal(np.asarray(kept.convert("RGB")), expected)
        assert {"exif", "comment", "k"}.isdisjoint(kept.info)


@pytest.mark.parametrize("kind", GONE)
def test_pixels_that_are_not_whole_are_refused_as_such(kind):
    with pytest.raises(ImageRejected) as refused:
        decode(GONE[kind])
    code = "truncated" if kind == "pixels that are cut off" else "damaged"
    assert refused.value.code == code


def test_a_checksum_of_whole_pixels_is_set_right_in_the_copy():
    at = PNG.index(b"IEND") - 8
    content = PNG[:at] + b"0000" + PNG[at + 4 :]
    assert read_image_file(content).content == PNG


@pytest.mark.parametrize(
    "content",
    [
        png(png_chunk(b"eXIf", SIXTH_TURN[6:]), png_chunk(b"gAMA", b"")),
        jpeg(segment(0xE1, SIXTH_TURN), segment(0xE2, b"ICC_PROFILE\0")),
    ],
)
def test_which_side_is_up_survives(content):
    picture = decode(content)
    assert picture.salvaged
    assert (picture.turned, picture.rgb.size) == (True, (30, 40))


def test_nothing_is_unpacked_to_be_thrown_away():
    tracemalloc.start()
    decode(WHOLE["a text that unpacks to 100 MB"])
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 8 << 20
