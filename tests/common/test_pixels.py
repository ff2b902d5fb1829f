"""From image files to the pixels a network sees; what is decoded how is tests/common's."""

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from common.fit import BAR, FITS
from common.pixels import read_pixels, resize_rgb


def test_every_image_becomes_a_square_of_bytes(tmp_path: Path) -> None:
    for size, mode in (((8, 8), "L"), ((300, 40), "RGB"), ((32, 32), "P"), ((64, 64), "RGBA")):
        path = tmp_path / f"{mode}.png"
        Image.new(mode, size).save(path)
        pixels = read_pixels(path, 32)
        assert pixels.shape == (32, 32, 3)
        assert pixels.dtype == np.uint8


def test_an_image_of_the_right_size_keeps_its_pixels() -> None:
    pixels = np.random.default_rng(0).integers(0, 256, (32, 32, 3), np.uint8)
    assert np.array_equal(resize_rgb(Image.fromarray(pixels), 32), pixels)


@pytest.mark.parametrize("size", [(96, 32), (32, 96), (33, 30), (200, 1), (1, 1)])
def test_what_is_not_square_is_stretched_cut_or_filled_up(size: tuple[int, int]) -> None:
    pixels = np.random.default_rng(0).integers(0, 256, (size[1], size[0], 3), np.uint8)
    image, side = Image.fromarray(pixels), min(size)
    left, top = (size[0] - side) // 2, (size[1] - side) // 2
    middle = Image.fromarray(pixels[top : top + side, left : left + side])
    assert np.array_equal(resize_rgb(image, 24, "crop"), resize_rgb(middle, 24))
    padded = resize_rgb(image, 24, "pad")
    wide, high = (max(1, round(each * 24 / max(size))) for each in size)
    x, y = (24 - wide) // 2, (24 - high) // 2
    whole = image.resize((wide, high), Image.Resampling.BILINEAR, reducing_gap=3.0)
    assert np.array_equal(padded[y : y + high, x : x + wide], np.asarray(whole))
    bars = np.ones((24, 24), bool)
    bars[y : y + high, x : x + wide] = False
    assert (padded[bars] == BAR).all()


def test_a_square_is_the_same_whatever_the_fit() -> None:
    pixels = np.random.default_rng(0).integers(0, 256, (50, 50, 3), np.uint8)
    found = [resize_rgb(Image.fromarray(pixels), 32, fit) for fit in FITS]
    assert np.array_equal(found[0], found[1])
    assert np.array_equal(found[0], found[2])


def test_making_smaller_is_antialiased() -> None:
    stripes = np.zeros((256, 256, 3), np.uint8)
    stripes[:, ::2] = 255
    assert np.ptp(resize_rgb(Image.fromarray(stripes), 32).astype(int)) <= 8


def test_a_photograph_decoded_small_looks_as_if_decoded_whole(tmp_path: Path) -> None:
    ramp = np.linspace(0, 255, 2000).astype(np.uint8)
    photograph = np.stack(np.broadcast_arrays(ramp[:, None], ramp[None, :], np.uint8(99)), axis=-1)
    path = tmp_path / "photograph.jpg"
    Image.fromarray(photograph).save(path, quality=95)
    whole = np.asarray(Image.fromarray(photograph).resize((150, 150), Image.Resampling.BOX))
    assert np.abs(read_pixels(path, 150).astype(int) - whole).max() <= 6


def test_the_first_images_may_be_opened_by_many_threads_at_once(tmp_path: Path) -> None:
    path = tmp_path / "image.png"
    Image.new("RGB", (8, 8)).save(path)
    program = (
        "import sys; from pathlib import Path; from concurrent.futures import ThreadPoolExecutor\n"
        "from common.pixels import read_pixels\n"
        "sys.setswitchinterval(1e-6)\n"
        "with ThreadPoolExecutor(16) as pool:\n"
        "    list(pool.map(lambda _: read_pixels(Path(sys.argv[1]), 8), range(64)))\n"
    )
    for _ in range(3):
        subprocess.run([sys.executable, "-c", program, str(path)], check=True)
