"""Batches of images: pixels with their classes, in the order asked for."""

import numpy as np

from classifier.engine.runtime.batches import Arrays, Images
from tests.classifier.engine.file_pixels import FilePixels


def test_images_are_some_of_the_rows_with_their_classes(digits) -> None:
    both = digits[0][:50]
    rows = FilePixels().rows([path for path, _ in both], 16)
    order = np.random.default_rng(0).permutation(30)
    batches = list(Images(rows, 20, both[20:]).batches(order, 8))
    assert [len(labels) for _, labels in batches] == [8, 8, 8, 6]
    [(everything, _)] = Images(rows, 0, both).batches(np.arange(50), 50)
    alike = Arrays(everything[20:], np.array([index for _, index in both[20:]]))
    for (pixels, labels), (expected, classes) in zip(batches, alike.batches(order, 8), strict=True):
        assert pixels.dtype == np.uint8
        assert np.array_equal(pixels, expected)
        assert np.array_equal(labels, classes)
