import io
import math
import time

import numpy as np
import pytest
from PIL import Image, ImageFilter

from datasets.analysis.descriptor import DESCRIPTOR_SIZE, describe
from datasets.analysis.duplicates import near_duplicates
from datasets.analysis.fingerprint import fingerprint, stack_colours, stack_thumbnails


def picture(width: int = 200, height: int = 150, seed: int = 0) -> Image.Image:
    noise = np.random.default_rng(seed).integers(0, 256, (12, 16, 3), dtype=np.uint8)
    return Image.fromarray(noise).resize((width, height), Image.Resampling.BICUBIC)


def test_the_same_pixels_in_another_lossless_format_have_the_same_hash():
    image = picture()
    stream = io.BytesIO()
    image.save(stream, "PNG")
    assert fingerprint(Image.open(stream)).pixels_sha256 == fingerprint(image).pixels_sha256


def test_the_same_bytes_in_another_shape_have_another_hash():
    grey = np.full((10, 40, 3), 9, np.uint8)
    wide, tall = Image.fromarray(grey), Image.fromarray(grey.reshape(40, 10, 3))
    assert fingerprint(wide).pixels_sha256 != fingerprint(tall).pixels_sha256


def test_one_changed_pixel_changes_the_hash():
    image = picture()
    changed = image.copy()
    red, green, blue = changed.getpixel((7, 7))
    changed.putpixel((7, 7), (red ^ 1, green, blue))
    assert fingerprint(changed).pixels_sha256 != fingerprint(image).pixels_sha256


def test_brightness_and_contrast_are_those_of_the_luma():
    half = np.zeros((64, 64, 3), np.uint8)
    half[:, 32:] = 255
    measured = fingerprint(Image.fromarray(half))
    assert measured.brightness == pytest.approx(0.5)
    assert measured.contrast == pytest.approx(0.5)
    blank = fingerprint(Image.new("RGB", (64, 64), (51, 51, 51)))
    assert blank.brightness == pytest.approx(0.2)
    assert blank.contrast == pytest.approx(0, abs=1e-6)
    assert blank.sharpness == pytest.approx(0, abs=1e-9)


def test_sharpness_is_the_variance_of_the_laplacian():
    image = picture(90, 70)
    grey = np.asarray(image.convert("L")).astype(float) / 255
    laplacian = (
        grey[:-2, 1:-1] + grey[2:, 1:-1] + grey[1:-1, :-2] + grey[1:-1, 2:] - 4 * grey[1:-1, 1:-1]
    )
    assert fingerprint(image).sharpness == pytest.approx(laplacian.var(), rel=1e-3)


@pytest.mark.parametrize("size", [(3, 3), (5, 256), (256, 170)])
def test_brightness_and_contrast_are_whole_sums_of_the_luma(size):
    noise = np.random.default_rng(2).integers(0, 256, (size[1], size[0], 3), dtype=np.uint8)
    grey = np.asarray(Image.fromarray(noise).convert("L")).astype(np.int64)
    measured = fingerprint(Image.fromarray(noise))
    deviation = math.sqrt(grey.size * int((grey**2).sum()) - int(grey.sum()) ** 2)
    assert measured.brightness == int(grey.sum()) / grey.size / 255
    assert measured.contrast == deviation / grey.size / 255


def test_a_copy_is_found_by_a_thumbnail_of_an_earlier_release():
    pictures = [picture(seed=seed) for seed in range(8)]
    side = (32, 32)
    earlier = [one.resize(side, Image.Resampling.BILINEAR).convert("L") for one in pictures]
    copies = [fingerprint(one.resize((520, 390))).thumbnail for one in pictures]
    stored = [bytes(np.asarray(one).tobytes()) for one in earlier]
    found = near_duplicates(stack_thumbnails([*stored, *copies]))
    assert sorted(found.groups) == [(index, index + 8) for index in range(8)]


def test_blur_lowers_sharpness_whatever_the_size():
    noise = np.random.default_rng(0).integers(0, 256, (900, 900, 3), dtype=np.uint8)
    image = Image.fromarray(noise)
    values = [
        fingerprint(image.filter(ImageFilter.GaussianBlur(radius))).sharpness
        for radius in (0, 4, 8, 16)
    ]
    assert values == sorted(values, reverse=True)
    assert values[0] > 10 * values[-1]


@pytest.mark.parametrize("size", [(1, 1), (1, 500), (3, 2), (5000, 2)])
def test_the_smallest_and_narrowest_images_are_measured(size):
    measured = fingerprint(Image.new("RGB", size, (10, 200, 30)))
    assert (measured.width, measured.height) == size
    assert len(measured.thumbnail) == 1024
    assert len(measured.colours) == 48
    assert np.isfinite([measured.brightness, measured.contrast, measured.sharpness]).all()


def test_it_is_cheap_beside_decoding():
    small = Image.fromarray(np.random.default_rng(0).integers(0, 256, (32, 32, 3), dtype=np.uint8))
    large = picture(256, 256)

    def milliseconds(image: Image.Image, times: int) -> float:
        """Best of five rounds in processor time: other work on the machine does not count."""
        rounds = []
        for _ in range(5):
            start = time.process_time()
            for _ in range(times):
                fingerprint(image)
            rounds.append((time.process_time() - start) / times * 1000)
        return min(rounds)

    assert milliseconds(small, 200) < 0.3
    assert milliseconds(large, 40) < 1.5


def test_descriptors_are_nearer_for_a_brighter_copy_than_for_another_picture():
    pictures = [picture(), picture().point(lambda value: value * 0.8 + 20), picture(seed=1)]
    prints = [fingerprint(image) for image in pictures]
    described = describe(
        stack_thumbnails(one.thumbnail for one in prints),
        stack_colours(one.colours for one in prints),
    )
    assert described.shape == (3, DESCRIPTOR_SIZE)
    assert described.dtype == np.float16
    vectors = described.astype(np.float64)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    cosines = vectors @ vectors.T
    assert cosines[0, 1] > 0.98
    assert cosines[0, 2] < 0.9


def test_descriptors_of_blank_images_are_finite():
    blank = fingerprint(Image.new("RGB", (40, 40)))
    described = describe(stack_thumbnails([blank.thumbnail]), stack_colours([blank.colours]))
    assert np.isfinite(described).all()


def test_nothing_stacks_to_empty_arrays():
    assert stack_thumbnails([]).shape == (0, 32, 32)
    assert describe(stack_thumbnails([]), stack_colours([])).shape == (0, DESCRIPTOR_SIZE)
