"""Crafted images: rejected, or served as nothing but an image; models are asked about each."""

import io
import struct
import zlib
from dataclasses import dataclass

from PIL import Image, PngImagePlugin

from tests import factories
from tests.attack.chapter import Attack, Chapter
from tests.attack.world import bearer
from tests.datasets.conftest import encoded, jpeg, png

PLACE = b"lat 48.8584 lon 2.2945"
SCRIPT = b"<script>alert(1)</script>"


@dataclass(frozen=True)
class Crafted:
    """An image file under a name, whether it may become an image, and what must not be served."""

    name: str
    content: bytes
    accepted: bool
    never: bytes = b""


def attack(attack: Attack, chapter: Chapter) -> None:
    """Send each file to a dataset and to a model; look at what is served of it."""
    headers = bearer(attack.world.tokens["attacker"])
    dataset = factories.make_dataset(user=attack.world.attacker)
    model = attack.world.shared_model_of_attacker
    for crafted in attack.some(_images(), of=3):
        file = {"images": (crafted.name, crafted.content)}
        answer = attack.target.send(
            "POST", f"/api/v1/datasets/{dataset.pk}/images/", headers=headers, files=file
        )
        rows = answer.json().get("results", [{"status": answer.status_code}])
        added = rows[0]["status"] == 201
        chapter.check(added == crafted.accepted, f"{crafted.name} in a dataset", answer.text)
        if added:
            _look_at_served(attack, chapter, crafted, rows[0]["id"], headers)
        answer = attack.target.send(
            "POST", f"/api/v1/models/{model.pk}/predict/", headers=headers, files=file
        )
        rows = answer.json().get("predictions", [{"status": answer.status_code}])
        seen = rows[0]["status"] == 200
        chapter.check(seen == crafted.accepted, f"{crafted.name} to a model", answer.text)


def _look_at_served(
    attack: Attack, chapter: Chapter, crafted: Crafted, image_id: str, headers: dict[str, str]
) -> None:
    for what in ("file", "thumbnail"):
        served = attack.target.send("GET", f"/api/v1/images/{image_id}/{what}/", headers=headers)
        said = {name.lower(): value for name, value in served.headers.items()}
        harmless = (
            said.get("content-type", "").startswith("image/")
            and said.get("x-content-type-options") == "nosniff"
            and "sandbox" in said.get("content-security-policy", "")
        )
        chapter.check(harmless, f"{what} of {crafted.name} is an image and no more", said)
        if crafted.never:
            absent = crafted.never not in served.content
            chapter.check(absent, f"{what} of {crafted.name} without what it hid")


def _images() -> list[Crafted]:
    return [
        *(Crafted(name, content, False) for name, content in _refused().items()),
        Crafted("a-place.jpg", _with_place("JPEG"), True, PLACE),
        Crafted("a-place.png", _with_place("PNG"), True, PLACE),
        Crafted("a-place.webp", _with_place("WEBP"), True, PLACE),
        Crafted("page-behind.gif", encoded(Image.new("P", (9, 9)), "GIF") + SCRIPT, True, SCRIPT),
        Crafted("page-behind.jpg", jpeg(1) + SCRIPT, True, SCRIPT),
        Crafted("page-in-a-text.png", _with_text(SCRIPT.decode()), True, SCRIPT),
        Crafted("text-bomb.png", _with_text("a" * (60 << 20), compressed=True), True),
        Crafted("../../etc/passwd", png(7), True),
        Crafted("<img src=x onerror=alert(1)>.png", png(8), True),
        Crafted("page.html", png(9), True),
        Crafted("many-frames.gif", _many_frames(), True),
    ]


def _refused() -> dict[str, bytes]:
    blank = Image.new("RGB", (400, 300), "teal")
    return {
        "empty.png": b"",
        "text.png": b"hello, this is text",
        "page.jpg": b"<!doctype html>" + SCRIPT,
        "drawing.jpg": b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>",
        "eps.jpg": b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n(%pipe%id) (w) file",
        "fits.jpg": b"SIMPLE  =                    T".ljust(2880),
        "psd.jpg": b"8BPS\0\1" + bytes(6) + struct.pack(">HIIHH", 3, 30000, 30000, 8, 3),
        "tiff.jpg": encoded(blank, "TIFF"),
        "icon.jpg": encoded(blank, "ICO"),
        "pdf.jpg": b"%PDF-1.7\n",
        "archive.png": b"PK\3\4" + bytes(99),
        "half.jpg": jpeg(2)[:900],
        "half.png": png(3, (90, 80))[:4000],
        "65535-squared.png": _png_of(65535, 65535),
        "wide.png": _png_of(2_000_000_000, 1),
        "no-width.png": _png_of(0, 9),
        "just-too-large.png": _png_of(7072, 7072),
        "65535-squared.gif": b"GIF89a" + struct.pack("<HH", 65535, 65535) + bytes(3) + b"\x3b",
        "negative.bmp": _bmp_of(-9, -9),
        "huge.bmp": _bmp_of(60000, 60000),
        "huge.webp": b"RIFF" + struct.pack("<I", 30) + b"WEBPVP8X" + struct.pack("<I", 10)
        + bytes(4) + b"\xff\xff\xff\xff\xff\xff" + bytes(8),
    }  # fmt: skip


def _bmp_of(width: int, height: int) -> bytes:
    head = struct.pack("<IiiHHI", 40, width, height, 1, 24, 0)
    return b"BM" + bytes(12) + head + bytes(20)


def _png_of(width: int, height: int) -> bytes:
    """A PNG whose header says this size, with some bytes of pixels."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        checksum = struct.pack(">I", zlib.crc32(kind + data))
        return struct.pack(">I", len(data)) + kind + data + checksum

    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    pixels = zlib.compress(bytes(1 << 20), 9)
    parts = chunk(b"IHDR", head) + chunk(b"IDAT", pixels) + chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + parts


def _with_place(format: str) -> bytes:
    exif = Image.Exif()
    exif[0x010E] = PLACE.decode()
    exif[0x8825] = {1: "N", 2: (48.0, 51.0, 30.0)}
    return encoded(Image.new("RGB", (40, 30), "teal"), format, exif=exif)


def _with_text(text: str, *, compressed: bool = False) -> bytes:
    info = PngImagePlugin.PngInfo()
    info.add_text("Comment", text, zip=compressed)
    colour = "navy" if compressed else "gold"
    return encoded(Image.new("RGB", (11, 7), colour), "PNG", pnginfo=info)


def _many_frames() -> bytes:
    frames = [Image.new("P", (8, 8), number % 256) for number in range(2000)]
    stream = io.BytesIO()
    frames[0].save(stream, "GIF", save_all=True, append_images=frames[1:])
    return stream.getvalue()
