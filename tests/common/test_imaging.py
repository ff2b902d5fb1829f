import io
import tracemalloc
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageCms

from common.imaging import ImageRejected, decode, decode_rgb

RED = (200, 30, 40)


def encoded(image: Image.Image, format: str, **options) -> bytes:
    stream = io.BytesIO()
    image.save(stream, format=format, **options)
    return stream.getvalue()


def picture(width: int = 12, height: int = 8, mode: str = "RGB") -> Image.Image:
    return Image.new("RGB", (width, height), RED).convert(mode)


@pytest.mark.parametrize("format", ["JPEG", "PNG", "WEBP", "BMP", "GIF"])
def test_each_allowed_format_becomes_rgb(format):
    decoded = decode(encoded(picture(), format))
    assert (decoded.rgb.mode, decoded.rgb.size, decoded.format) == ("RGB", (12, 8), format)
    assert np.abs(np.asarray(decoded.rgb, int) - RED).max() < 12


@pytest.mark.parametrize(
    ("mode", "format"),
    [("P", "PNG"), ("L", "PNG"), ("LA", "PNG"), ("RGBA", "PNG"), ("1", "PNG"), ("CMYK", "JPEG")],
)
def test_every_colour_mode_becomes_rgb(mode, format):
    image = picture(mode=mode)
    assert decode_rgb(encoded(image, format)).mode == "RGB"


def test_a_multi_picture_jpeg_gives_its_first_frame():
    content = encoded(picture(), "MPO", save_all=True, append_images=[picture(6, 6)])
    decoded = decode(content)
    assert (decoded.format, decoded.rgb.size) == ("JPEG", (12, 8))


def test_sixteen_bits_are_scaled_not_clipped():
    grey = Image.fromarray(np.full((4, 4), 32896, dtype=np.uint16))
    assert decode_rgb(encoded(grey, "PNG")).getpixel((0, 0)) == (128, 128, 128)


def test_transparency_lies_on_white():
    clear = Image.new("RGBA", (4, 4), (0, 0, 0, 0))
    assert decode_rgb(encoded(clear, "PNG")).getpixel((0, 0)) == (255, 255, 255)


def test_orientation_six_is_turned_upright():
    exif = Image.Exif()
    exif[0x0112] = 6
    decoded = decode(encoded(picture(), "JPEG", exif=exif))
    assert decoded.rgb.size == (8, 12)
    assert decoded.turned


def test_a_large_jpeg_can_decode_smaller():
    content = encoded(picture(1600, 800), "JPEG")
    assert decode_rgb(content, target=100).size == (400, 200)


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"", "empty_file"),
        (b"hello, this is text", "not_an_image"),
        (b"%PDF-1.7 x", "unsupported_format"),
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", "unsupported_format"),
        (b"%!PS-Adobe-3.0 EPSF", "unsupported_format"),
        (b"SIMPLE  =                    T", "unsupported_format"),
        (encoded(picture(), "TIFF"), "unsupported_format"),
        (encoded(picture(200, 200), "JPEG")[:-300], "truncated"),
    ],
)
def test_a_rejected_file_has_a_code_and_says_what_to_do(content, code):
    with pytest.raises(ImageRejected) as caught:
        decode(content)
    assert caught.value.code == code
    assert caught.value.detail
    assert caught.value.hint


def test_half_a_png_is_rejected():
    noise = Image.fromarray(np.random.default_rng(0).integers(0, 255, (99, 99, 3), dtype=np.uint8))
    content = encoded(noise, "PNG")
    with pytest.raises(ImageRejected):
        decode(content[: len(content) // 2])


def giant_bmp() -> bytes:
    content = bytearray(encoded(picture(), "BMP"))
    content[18:26] = (65535).to_bytes(4, "little") * 2
    return bytes(content)


def giant_webp(kind: str) -> bytes:
    content = bytearray(encoded(picture(), "WEBP", lossless=kind == "VP8L"))
    if kind == "VP8L":
        content[21:25] = (0x3FFF | 0x3FFF << 14).to_bytes(4, "little")
    else:
        content[26:30] = b"\xff\x3f" * 2
    return bytes(content)


@pytest.mark.parametrize(
    "content", [giant_bmp(), giant_webp("VP8"), giant_webp("VP8L")], ids=["bmp", "vp8", "vp8l"]
)
def test_a_giant_header_is_rejected_before_it_is_decoded(content):
    tracemalloc.start()
    try:
        with pytest.raises(ImageRejected) as caught:
            decode(content)
        assert tracemalloc.get_traced_memory()[1] < 1 << 20
    finally:
        tracemalloc.stop()
    assert caught.value.code == "too_many_pixels"
    assert "50 million pixels" in caught.value.detail


def test_a_path_and_a_stream_are_accepted_too(tmp_path: Path):
    content = encoded(picture(), "PNG")
    (tmp_path / "x").write_bytes(content)
    assert decode_rgb(tmp_path / "x").size == decode_rgb(io.BytesIO(content)).size == (12, 8)


def test_a_colour_profile_does_not_matter_to_decoding():
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    assert decode_rgb(encoded(picture(), "JPEG", icc_profile=profile)).size == (12, 8)
