"""What each format's bytes mean: sizes in headers, which way is up, what a cleaned file keeps."""

import io
import struct

import numpy as np
import pytest
from PIL import Image, ImageOps

from common.image_cleaning import without_metadata
from common.imaging import MAX_SIDE, ImageRejected, decode, decode_rgb, size_in_header
from common.salvage import png_chunk, with_pixels_only

FORMATS = ("JPEG", "PNG", "WEBP", "BMP", "GIF")
NOISE = np.random.default_rng(3).integers(0, 255, (24, 16, 3), dtype=np.uint8)
PROFILE = b"\0\0\2\0lcms" + bytes(range(256)) * 2


def encoded(image: Image.Image, format: str, **options) -> bytes:
    stream = io.BytesIO()
    image.save(stream, format, **options)
    return stream.getvalue()


def noise(mode: str = "RGB") -> Image.Image:
    image = Image.fromarray(NOISE)
    if mode == "RGBA":
        image.putalpha(Image.fromarray(NOISE[..., 0]))
    return image.convert(mode)


def cleaned(content: bytes) -> bytes:
    return without_metadata(content, decode(content))


def oriented(format: str, turn: int, **options) -> bytes:
    exif = Image.Exif()
    exif[0x0112] = turn
    return encoded(noise(), format, exif=exif, **options)


def segments(content: bytes) -> list[tuple[int, bytes]]:
    """The segments of a JPEG up to its pixels."""
    found, position = [], 2
    while content[position + 1] != 0xDA:
        length = struct.unpack_from(">H", content, position + 2)[0]
        found.append((content[position + 1], content[position + 4 : position + 2 + length]))
        position += 2 + length
    return found


def chunks(content: bytes) -> dict[bytes, bytes]:
    """The chunks of a WebP, by name."""
    found, position = {}, 12
    while position < len(content):
        name, length = struct.unpack_from("<4sI", content, position)
        found[name] = content[position + 8 : position + 8 + length]
        position += 8 + length + length % 2
    return found


@pytest.mark.parametrize("size", [(1, 1), (300, 7), (7, 300), (1030, 513)])
def test_the_size_in_a_header_is_the_decoded_one(size):
    plain, clear = Image.new("RGB", size, "teal"), Image.new("RGBA", size, (9, 9, 9, 90))
    files = [encoded(plain, format) for format in FORMATS]
    files += [encoded(plain, "WEBP", lossless=True), encoded(clear, "WEBP")]
    files += [encoded(clear, "WEBP", lossless=True), encoded(plain, "WEBP", exif=b"Exif\0\0MM\0*")]
    for content in files:
        assert size_in_header(content) == size
        assert decode_rgb(content).size == size
    assert size_in_header(b"no image") == (0, 0)
    assert size_in_header(files[2][:29]) == (0, 0)


def test_pixels_and_sides_are_allowed_up_to_their_bounds():
    for format in FORMATS:
        content = encoded(Image.new("RGB", (20, 10), "teal"), format)
        assert decode(content, max_pixels=200).rgb.size == (20, 10)
        with pytest.raises(ImageRejected) as refused:
            decode(content, max_pixels=199)
        assert refused.value.code == "too_many_pixels"
        assert "0.000199 million" in refused.value.detail
        assert "20×10" in refused.value.detail
    for format in ("PNG", "WEBP"):
        assert decode_rgb(encoded(Image.new("L", (MAX_SIDE, 1)), format)).size == (16_000, 1)
        for size in ((MAX_SIDE + 1, 1), (1, MAX_SIDE + 1)):
            with pytest.raises(ImageRejected) as refused:
                decode(encoded(Image.new("L", size), format))
            assert refused.value.code == "too_many_pixels"


@pytest.mark.parametrize("format", ["JPEG", "PNG", "WEBP"])
@pytest.mark.parametrize("turn", range(10))
def test_each_orientation_is_brought_upright_in_the_copy_too(format, turn):
    content = oriented(format, turn, lossless=True) if format == "WEBP" else oriented(format, turn)
    with Image.open(io.BytesIO(content)) as stored:
        expected = np.asarray(ImageOps.exif_transpose(stored).convert("RGB"), int)
    picture = decode(content)
    assert picture.turned == (2 <= turn <= 8)
    assert np.array_equal(picture.rgb, expected)
    copy = np.asarray(decode_rgb(cleaned(content)), int)
    # A turned JPEG is encoded once more, as well as JPEG can do that with noise.
    loss = 20 if format == "JPEG" and picture.turned else 0
    assert np.abs(copy - expected).max() <= loss
    assert np.abs(copy - expected).mean() <= loss / 8
    assert not decode(cleaned(content)).turned


def test_greys_of_sixteen_bits_keep_their_order():
    levels = np.array([[0, 128, 129, 257, 32896, 65278, 65406, 65407, 65535]], dtype=np.uint16)
    shades = np.asarray(decode_rgb(encoded(Image.fromarray(levels), "PNG")))[0, :, 0]
    assert shades.tolist() == [0, 0, 1, 1, 128, 254, 254, 255, 255]


def test_half_transparent_pixels_are_mixed_with_white():
    image = Image.fromarray(np.array([[[0, 100, 255, 128]]], dtype=np.uint8), "RGBA")
    shade = decode_rgb(encoded(image, "PNG")).getpixel((0, 0))
    assert shade == (127, 177, 255)
    palette = Image.new("P", (2, 1))
    palette.putpalette([10, 20, 30, 40, 50, 60])
    palette.putpixel((1, 0), 1)
    for format in ("PNG", "GIF"):
        decoded = decode_rgb(encoded(palette, format, transparency=0))
        assert [decoded.getpixel((x, 0)) for x in (0, 1)] == [(255, 255, 255), (40, 50, 60)]


def test_a_stream_is_read_from_where_it_stands():
    content = encoded(noise(), "PNG")
    stream = io.BytesIO(content)
    assert np.array_equal(decode_rgb(stream), NOISE)
    broken = content[:33] + png_chunk(b"gAMA", b"") + content[33:]
    assert np.array_equal(decode_rgb(io.BytesIO(broken)), NOISE)


@pytest.mark.parametrize(
    ("target", "size"),
    [
        (50, (100, 200)),
        (100, (200, 400)),
        (101, (400, 800)),
        (400, (800, 1600)),
        (2000, (800, 1600)),
    ],
)
def test_a_jpeg_decodes_smaller_but_never_below_twice_the_target(target, size):
    assert decode_rgb(encoded(Image.new("RGB", (800, 1600)), "JPEG"), target=target).size == size
    assert decode_rgb(encoded(Image.new("RGB", (800, 600)), "PNG"), target=10).size == (800, 600)


@pytest.mark.parametrize(
    ("content", "name"),
    [
        (b"\0\0\0\x18ftypheic", "HEIC"), (b"\0\0\0\x18ftypmif1", "HEIC"),
        (b"\0\0\0\x1cftypavif", "AVIF"), (b"II*\0", "TIFF"), (b"MM\0*", "TIFF"),
        (b"8BPS\0\1", "Photoshop"), (b"%PDF-1.4", "PDF"), (b"\0\0\1\0\1\0", "ICO"),
        (b"  \n<svg>", "SVG"), (b"<?xml version='1.0'?><svg>", "SVG"),
        (b"\0\0\0\x0cjP  \r\n", "JPEG 2000"),
    ],
)  # fmt: skip
def test_formats_that_are_not_taken_are_named(content, name):
    with pytest.raises(ImageRejected) as refused:
        decode(content.ljust(64, b" "))
    assert refused.value.code == "unsupported_format"
    assert refused.value.detail.endswith(f"received {name}.")


@pytest.mark.parametrize("content", [b"\0\0\0\x18ftypmp42", b"\0\0\0\x18moovheic", b"avif", b"x"])
def test_what_only_looks_like_one_is_not_named(content):
    with pytest.raises(ImageRejected) as refused:
        decode(content)
    assert refused.value.code == "not_an_image"


def test_a_jpeg_keeps_what_its_colours_need_and_nothing_else():
    cmyk = encoded(
        noise("CMYK"), "JPEG", icc_profile=PROFILE, comment=b"who", exif=b"Exif\0\0MM\0*"
    )
    content = cmyk[:2] + b"\xff\xff" + cmyk[2:]
    assert decode_rgb(content).tobytes() == decode_rgb(cmyk).tobytes()
    kept = segments(cleaned(content))
    names = [data[:5] for marker, data in kept if 0xE0 <= marker <= 0xEF or marker == 0xFE]
    assert names == [b"Adobe", b"ICC_P"]
    assert decode_rgb(cleaned(content)).tobytes() == decode_rgb(cmyk).tobytes()
    # Other makers' segments go, also in the places of those that stay.
    jfif = encoded(noise(), "JPEG")
    for marker in (0xE0, 0xE2, 0xE3, 0xED, 0xEE, 0xEF):
        foreign = bytes([0xFF, marker]) + b"\0\x0aprivate\0"
        assert cleaned(jfif[:20] + foreign + jfif[20:]) == jfif, hex(marker)
    assert [data[:4] for marker, data in segments(cleaned(jfif)) if marker == 0xE0] == [b"JFIF"]


def test_a_webp_says_of_itself_what_is_left_in_it():
    content = encoded(
        noise("RGBA"),
        "WEBP",
        lossless=True,
        icc_profile=PROFILE,
        xmp=b"<x/>",
        exif=b"Exif\0\0MM\0*",
    )
    assert chunks(content)[b"VP8X"][0] == 0b0011_1100
    copy = cleaned(content)
    assert list(chunks(copy)) == [b"VP8X", b"ICCP", b"VP8L"]
    # Alpha and profile are still there, EXIF and XMP are not.
    assert chunks(copy)[b"VP8X"][0] == 0b0011_0000
    assert chunks(copy)[b"VP8X"][1:] == chunks(content)[b"VP8X"][1:]
    assert struct.unpack_from("<I", copy, 4)[0] == len(copy) - 8
    assert cleaned(content + b"behind the end") == copy
    assert decode_rgb(copy).tobytes() == decode_rgb(content).tobytes()


def test_a_salvaged_webp_says_of_itself_what_is_left_in_it():
    upright = b"Exif\0\0MM\0*\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0\x06\0\0\0\0\0\0"
    content = encoded(
        noise("RGBA"), "WEBP", lossless=True, icc_profile=PROFILE, xmp=b"<x/>", exif=upright
    )
    copy = with_pixels_only(content)
    assert list(chunks(copy)) == [b"VP8X", b"VP8L", b"EXIF"]
    # Alpha, and the EXIF block that says which side is up.
    assert chunks(copy)[b"VP8X"][0] == 0b0001_1000
    assert chunks(copy)[b"VP8X"][1:] == chunks(content)[b"VP8X"][1:]
    assert decode(copy).turned
    assert struct.unpack_from("<I", copy, 4)[0] == len(copy) - 8
    unreadable = content.replace(upright[6:], b"MM" + b"\xff" * (len(upright) - 8))
    assert b"EXIF" not in chunks(with_pixels_only(unreadable))
    assert chunks(with_pixels_only(unreadable))[b"VP8X"][0] == 0b0001_0000
    # Without the chunk that announces them no EXIF is looked for.
    plain = encoded(noise(), "WEBP", lossless=True)
    assert with_pixels_only(plain) == plain
    block = b"EXIF" + struct.pack("<I", len(upright)) + upright
    assert with_pixels_only(plain + block) is None
    assert with_pixels_only(b"RIFF\0\0\0\0WAVE" + plain[12:]) is None
    assert with_pixels_only(plain[:-4]) is None


@pytest.mark.parametrize("colours", [2, 8, 200])
def test_a_gif_keeps_its_colours_however_many(colours):
    plain = encoded(noise().quantize(colours), "GIF")
    assert cleaned(plain) == plain
    for content in (plain, encoded(noise().quantize(colours), "GIF", comment=b"who")):
        assert decode_rgb(cleaned(content)).tobytes() == decode_rgb(plain).tobytes()
        assert decode_rgb(with_pixels_only(content)).tobytes() == decode_rgb(plain).tobytes()
        assert b"who" not in cleaned(content)
        assert len(cleaned(content)) <= len(plain)


def test_a_gif_keeps_its_frames_their_times_and_its_loop():
    frames = [noise().quantize(32), noise().rotate(90, expand=False).quantize(16)]
    content = encoded(
        frames[0], "GIF", save_all=True, append_images=frames[1:], loop=0, duration=[70, 130],
        comment=b"who", transparency=3,
    )  # fmt: skip
    copy = cleaned(content + b"behind the end")
    assert b"who" in content
    assert b"who" not in copy
    assert copy.endswith(b";")
    with Image.open(io.BytesIO(copy)) as image:
        assert image.info["loop"] == 0
        times = []
        for number in range(image.n_frames):
            image.seek(number)
            times.append(image.info["duration"])
        assert times == [70, 130]
    assert decode_rgb(copy).tobytes() == decode_rgb(content).tobytes()
    # What stands in place of the loop and is none.
    other = content.replace(b"NETSCAPE2.0", b"XMP DataXMP")
    assert b"XMP" not in cleaned(other)
    salvaged = with_pixels_only(content)
    assert b"NETSCAPE" not in salvaged
    assert decode_rgb(salvaged).tobytes() == decode_rgb(content).tobytes()
    assert with_pixels_only(content[:20]) is None


def test_a_bmp_ends_where_its_header_says():
    content = encoded(noise(), "BMP")
    assert cleaned(content + b"behind the end") == content
    liar = content[:2] + struct.pack("<I", 54) + content[6:]
    assert cleaned(liar) == liar
    longer = content[:2] + struct.pack("<I", len(content) + 1) + content[6:]
    assert cleaned(longer) == longer


def test_a_png_keeps_what_its_colours_need_and_nothing_else():
    plain = encoded(noise(), "PNG")
    gamma, text = png_chunk(b"gAMA", b"\0\0\xb1\x8f"), png_chunk(b"tEXt", b"who\0me")
    for private in (text, png_chunk(b"tIME", b"\x07\xea\1\1\1\1\1"), png_chunk(b"prVt", b"x")):
        assert cleaned(plain[:33] + gamma + private + plain[33:]) == plain[:33] + gamma + plain[33:]
    assert cleaned(plain + text) == plain
    # A checksum that is wrong: of pixels it is set right, with anything else the chunk goes.
    wrong = gamma[:-1] + bytes([gamma[-1] ^ 1])
    assert cleaned(plain[:33] + wrong + plain[33:]) == plain


def test_a_salvaged_jpeg_keeps_a_plain_header_and_the_colour_transform():
    cmyk = encoded(noise("CMYK"), "JPEG", comment=b"who", icc_profile=PROFILE)
    copy = with_pixels_only(cmyk)
    assert [data[:5] for marker, data in segments(copy) if marker >= 0xE0] == [b"Adobe"]
    assert decode_rgb(copy).tobytes() == decode_rgb(cmyk).tobytes()
    jfif = encoded(noise(), "JPEG", dpi=(300, 300))
    filled = jfif[:2] + b"\xff\xff" + jfif[2:]
    plain = with_pixels_only(filled)
    assert [data for marker, data in segments(plain) if marker == 0xE0] == [
        b"JFIF\0\1\1\0\0\1\0\1\0\0"
    ]
    assert decode_rgb(plain).tobytes() == decode_rgb(jfif).tobytes()
    for marker in (0xE1, 0xE3, 0xEC, 0xEF, 0xFE):
        foreign = bytes([0xFF, marker]) + b"\0\x0aprivate\0"
        assert with_pixels_only(jfif[:20] + foreign + jfif[20:]) == plain, marker
    assert with_pixels_only(jfif[:20] + b"no marker") is None
    assert with_pixels_only(b"\xff\xd8\xff\xe0\0") is None
