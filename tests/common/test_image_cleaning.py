import io

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, PngImagePlugin

from common.image_cleaning import without_metadata
from common.imaging import ImageRejected, decode

SECRET = b"lat 48.8584 lon 2.2945"


def with_secret(format: str, orientation: int = 1, **options) -> bytes:
    pixels = np.random.default_rng(1).integers(0, 255, (24, 16, 3), dtype=np.uint8)
    exif = Image.Exif()
    exif[0x0112] = orientation
    exif[0x010E] = SECRET.decode()
    stream = io.BytesIO()
    Image.fromarray(pixels).save(stream, format=format, exif=exif, **options)
    return stream.getvalue()


def clean(content: bytes) -> bytes:
    return without_metadata(content, decode(content))


def png_with_text() -> bytes:
    text = PngImagePlugin.PngInfo()
    text.add_text("Comment", SECRET.decode())
    return with_secret("PNG", pnginfo=text)


@pytest.mark.parametrize(
    "content",
    [
        with_secret("JPEG", comment=SECRET, progressive=True),
        with_secret("JPEG") + b"trailing " + SECRET,
        png_with_text(),
        png_with_text() + SECRET,
        with_secret("WEBP", xmp=b"<x>" + SECRET + b"</x>", lossless=True),
        with_secret("GIF", comment=SECRET),
    ],
    ids=["jpeg", "jpeg-trailing", "png", "png-trailing", "webp", "gif"],
)
def test_metadata_goes_and_pixels_stay(content):
    assert SECRET in content
    cleaned = clean(content)
    assert SECRET not in cleaned
    assert decode(cleaned).rgb.tobytes() == decode(content).rgb.tobytes()
    assert clean(cleaned) == cleaned


@pytest.mark.parametrize("format", ["JPEG", "PNG", "WEBP"])
def test_a_turned_file_becomes_upright(format):
    content = with_secret(format, orientation=6)
    cleaned = clean(content)
    assert SECRET not in cleaned
    with Image.open(io.BytesIO(cleaned)) as image:
        assert image.size == decode(content).rgb.size == (24, 16)
        assert image.getexif().get(0x0112, 1) == 1


@pytest.mark.parametrize("format", ["JPEG", "PNG", "WEBP", "BMP", "GIF"])
def test_a_file_without_metadata_is_kept_as_it_is(format):
    stream = io.BytesIO()
    Image.new("RGB", (9, 7), "teal").save(stream, format=format)
    assert clean(stream.getvalue()) == stream.getvalue()


@settings(max_examples=300, deadline=None)
@given(
    base=st.sampled_from(["JPEG", "PNG", "WEBP", "GIF", "BMP"]),
    edits=st.lists(st.tuples(st.integers(0, 2000), st.integers(0, 255)), max_size=6),
    cut=st.integers(0, 40),
)
def test_mutated_files_are_rejected_or_cleaned_into_something_that_decodes(base, edits, cut):
    content = bytearray(with_secret(base))
    for position, value in edits:
        content[position % len(content)] = value
    content = bytes(content[: len(content) - cut])
    try:
        picture = decode(content)
    except ImageRejected:
        return
    cleaned = without_metadata(content, picture)
    assert decode(cleaned).rgb.size == picture.rgb.size
