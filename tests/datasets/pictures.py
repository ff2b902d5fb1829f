"""Pictures that look like photographs to the quality check, their copies, and sets with faults."""

import numpy as np
from PIL import Image as Picture
from PIL import ImageFilter

from tests.datasets.conftest import encoded


def scene(seed: int) -> Picture.Image:
    """A picture with layout, as photographs have: large soft shapes with a little detail."""
    random = np.random.default_rng(seed)
    layout = Picture.fromarray(random.integers(0, 255, (7, 7, 3), dtype=np.uint8))
    pixels = np.asarray(layout.resize((96, 96), Picture.Resampling.BICUBIC), np.int16)
    pixels = pixels + random.integers(-12, 12, pixels.shape)
    return Picture.fromarray(pixels.clip(0, 255).astype(np.uint8))


def copies_of(seed: int) -> list[bytes]:
    """The picture, smaller, recompressed and mirrored."""
    picture = scene(seed)
    return [
        encoded(picture, "PNG"),
        encoded(picture.resize((72, 72), Picture.Resampling.BILINEAR), "PNG"),
        encoded(picture, "JPEG", quality=70),
        encoded(picture.transpose(Picture.Transpose.FLIP_LEFT_RIGHT), "PNG"),
    ]


def files(class_name: str, first: int, singles: int, copied: int) -> list[tuple[str, bytes, str]]:
    """`singles` pictures of their own, and `copied` that stand there four times."""
    found = [
        (f"{n}.png", encoded(scene(n), "PNG"), class_name) for n in range(first, first + singles)
    ]
    for n in range(first + singles, first + singles + copied):
        found += [(f"{n}-copy-{k}", content, class_name) for k, content in enumerate(copies_of(n))]
    return found


def add_measured(dataset, first: int, count: int) -> list:
    """Further images whose fingerprints are there, as after a quality check."""
    from datasets.services.quality.fingerprints import take_missing
    from tests import factories

    added = factories.add_files(dataset, files("cat", first, count, 0))
    take_missing(dataset, lambda done, total: None)
    return added


def faulty_set() -> dict[str, bytes]:
    """Two classes with one of each fault planted."""
    files = {}
    for number in range(24):
        files[f"train/warm/{number}.png"] = encoded(_tinted(scene(number), (70, 0, -70)), "PNG")
        files[f"train/cold/{number}.png"] = encoded(
            _tinted(scene(500 + number), (-70, 0, 70)), "PNG"
        )
    one = scene(900)
    files |= {
        "train/warm/same.png": encoded(one, "PNG"),
        "train/warm/same.bmp": encoded(one, "BMP"),
        "train/warm/near.png": encoded(scene(901), "PNG"),
        "train/warm/near.jpg": encoded(scene(901).resize((80, 80)), "JPEG", quality=80),
        "train/warm/leak.png": encoded(scene(902), "PNG"),
        "test/warm/leak.jpg": encoded(scene(902), "JPEG", quality=85),
        "train/warm/both.png": encoded(scene(903), "PNG"),
        "train/cold/both.png": encoded(scene(903), "PNG"),
        "train/cold/blank.png": encoded(Picture.new("RGB", (96, 96), (9, 9, 9)), "PNG"),
        "train/cold/blurred.png": encoded(scene(904).filter(ImageFilter.GaussianBlur(9)), "PNG"),
        "train/cold/tiny.png": encoded(scene(905).resize((11, 11)), "PNG"),
        "train/cold/wide.png": encoded(scene(906).resize((480, 60)), "PNG"),
        "train/rare/one.png": encoded(scene(907), "PNG"),
        "train/rare/two.png": encoded(scene(908), "PNG"),
        "train/cold/wrong.png": encoded(_tinted(scene(909), (70, 0, -70)), "PNG"),
    }
    return files


def _tinted(picture: Picture.Image, tint: tuple[int, int, int]) -> Picture.Image:
    return Picture.fromarray(
        (np.asarray(picture, np.int16) + np.array(tint)).clip(0, 255).astype(np.uint8)
    )
