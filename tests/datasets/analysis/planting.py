"""Copies and faults planted into image sets, so that what the checks find can be counted."""

import io
import zipfile
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from PIL import Image, ImageOps

SHARED_DATA = Path(__file__).parents[4] / "shared" / "data"
ANIMALS = SHARED_DATA / "animals.zip"
CIFAR10 = SHARED_DATA / "cifar10.zip"
CHANGES = ("resized", "recompressed", "mirrored", "cropped")


def files_in(archive: Path, prefix: str = "") -> Iterator[tuple[str, bytes]]:
    """Yield (name, content) of the archive's files below the folder, by name."""
    with zipfile.ZipFile(archive) as opened:
        for name in sorted(opened.namelist()):
            if name.startswith(prefix) and not name.endswith("/"):
                yield name, opened.read(name)


def through_jpeg(image: Image.Image, quality: int) -> Image.Image:
    stream = io.BytesIO()
    image.save(stream, "JPEG", quality=quality)
    return Image.open(stream).convert("RGB")


def near_copy(image: Image.Image, change: str, random: np.random.Generator) -> Image.Image:
    """Return the image changed in one of CHANGES and saved as JPEG again."""
    width, height = image.size
    if change == "resized":
        factor = random.choice([0.75, 1.5, 2]) if max(image.size) < 64 else random.uniform(0.3, 1.6)
        size = (round(width * factor), round(height * factor))
        return through_jpeg(image.resize(size, Image.Resampling.BICUBIC), 90)
    if change == "recompressed":
        return through_jpeg(image, int(random.integers(30, 86)))
    if change == "mirrored":
        return through_jpeg(ImageOps.mirror(image), 90)
    cropped = round(width * 0.95), round(height * 0.95)
    left = int(random.integers(0, width - cropped[0] + 1))
    top = int(random.integers(0, height - cropped[1] + 1))
    box = (left, top, left + cropped[0], top + cropped[1])
    return through_jpeg(image.crop(box), 90)
