import numpy as np
import pytest
from PIL import ImageFilter

from common.imaging import decode_rgb
from datasets.analysis.fingerprint import fingerprint
from datasets.analysis.outliers import find_outliers
from tests.datasets.analysis.planting import ANIMALS, files_in


def outliers(widths, heights, contrasts, sharpness):
    arrays = (np.asarray(values, float) for values in (widths, heights, contrasts, sharpness))
    named = dict(zip(("widths", "heights", "contrasts", "sharpness"), arrays, strict=True))
    return {found.kind: found for found in find_outliers(**named)}


def usual(count: int) -> list[list[float]]:
    return [[256.0] * count, [256.0] * count, [0.2] * count, [0.01] * count]


def test_an_even_set_has_no_outliers():
    assert all(len(found.indices) == 0 for found in outliers(*usual(50)).values())


def test_each_kind_is_found_worst_first():
    columns = usual(50)
    columns[0][3] = columns[1][3] = 20
    columns[0][4] = columns[1][4] = 10
    columns[2][5] = 0.004
    columns[3][6] = 2e-5
    columns[0][7], columns[1][7] = 900, 100
    columns[0][8], columns[1][8] = 150, 300
    found = outliers(*columns)
    assert found["tiny"].indices.tolist() == [4, 3]
    assert found["tiny"].values.tolist() == [10, 20]
    assert found["blank"].indices.tolist() == [5]
    assert found["blurred"].indices.tolist() == [6]
    assert found["odd_shape"].indices.tolist() == [7, 8]
    assert found["odd_shape"].values.tolist() == [9, 0.5]


def test_a_blank_image_is_not_blurred_as_well():
    columns = usual(50)
    columns[2][5], columns[3][5] = 0.0, 0.0
    found = outliers(*columns)
    assert found["blank"].indices.tolist() == [5]
    assert found["blurred"].indices.tolist() == []


def test_no_picture_is_tiny_for_being_of_the_size_that_all_have():
    """The sample's digits are 8 × 8, all 1,797 of them; one of 1 × 1 among them still is tiny."""
    columns = usual(21)
    columns[0] = columns[1] = [8.0] * 20 + [1.0]
    assert outliers(*columns)["tiny"].indices.tolist() == [20]


def test_pictures_of_32_pixels_are_not_tiny_in_their_own_set():
    columns = usual(50)
    columns[0] = columns[1] = [32.0] * 50
    assert outliers(*columns)["tiny"].indices.tolist() == []


def test_mixed_shapes_are_usual_where_they_are_common():
    columns = usual(60)
    columns[0] = [300.0, 200.0, 400.0] * 20
    columns[1] = [200.0, 300.0, 300.0] * 20
    assert outliers(*columns)["odd_shape"].indices.tolist() == []


def test_no_images_have_no_outliers():
    assert all(len(found.indices) == 0 for found in outliers([], [], [], []).values())


@pytest.mark.shared_data
def test_planted_blur_is_found_among_photographs_and_good_ones_are_left_alone():
    if not ANIMALS.exists():
        pytest.skip("../shared/data is missing")
    images = [decode_rgb(content) for _, content in files_in(ANIMALS, "validation/")][::3]
    prints = [fingerprint(image) for image in images]
    planted = range(0, len(images), 20)
    for index in planted:
        prints[index] = fingerprint(images[index].filter(ImageFilter.GaussianBlur(4)))
    found = outliers(
        [one.width for one in prints],
        [one.height for one in prints],
        [one.contrast for one in prints],
        [one.sharpness for one in prints],
    )["blurred"]
    assert set(found.indices.tolist()) >= set(planted)
    assert len(found.indices) <= len(planted) + 2
