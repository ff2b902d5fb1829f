"""Batches: the same from memory and from files, in the order asked for."""

from pathlib import Path

import numpy as np
import pytest

from classifier.engine.errors import BadData
from classifier.engine.runtime.batches import ImageFiles


def files_of(samples) -> ImageFiles:
    return ImageFiles([(Path(path), index) for path, index in samples], 16)


def test_memory_and_files_give_the_same_batches(digits) -> None:
    files = files_of(digits[0][:50])
    told: list[tuple[int, int]] = []
    arrays = files.in_memory(lambda done, total: told.append((done, total)))
    assert told[-1] == (50, 50)
    order = np.random.default_rng(0).permutation(50)
    streamed = list(files.batches(order, 8))
    assert [len(labels) for _, labels in streamed] == [8, 8, 8, 8, 8, 8, 2]
    for (pixels, labels), (expected, expected_labels) in zip(
        streamed, arrays.batches(order, 8), strict=True
    ):
        assert pixels.dtype == np.uint8
        assert np.array_equal(pixels, expected)
        assert np.array_equal(labels, expected_labels)
    wanted = [digits[0][int(index)][1] for index in order]
    assert np.concatenate([labels for _, labels in streamed]).tolist() == wanted


def test_a_file_that_is_gone_or_broken_is_named(digits, tmp_path) -> None:
    broken = tmp_path / "broken.png"
    broken.write_bytes(Path(digits[0][0][0]).read_bytes()[:60])
    for path in (broken, tmp_path / "gone.png"):
        files = files_of([*digits[0][:50], (str(path), 1)])
        with pytest.raises(BadData, match=path.name):
            files.in_memory(lambda *_: None)


def test_a_reader_may_leave_early(digits) -> None:
    batches = files_of(digits[0]).batches(np.arange(400), 8)
    next(batches)
    batches.close()
