"""Blocks and calls: every batch once and in order, whatever is put together; the same numbers."""

import time

import numpy as np

from classifier.engine.fit.blocks import blocks, calls
from classifier.engine.runtime.batches import Arrays
from tests.classifier import forked

SIZE = 8
CHECKS = "tests.classifier.engine.fit.step_checks"


def source(count: int, width: int) -> Arrays:
    inputs = np.arange(count, dtype=np.float32)[:, None].repeat(width, axis=1)
    return Arrays(inputs, np.arange(count) % 3)


def test_small_batches_are_read_about_a_megabyte_at_once() -> None:
    order = np.random.default_rng(0).permutation(4096)
    found = list(blocks(source(4096, 256), order, SIZE))
    assert [len(labels) for _, labels in found] == [1, 128, 128, 128, 127]
    inputs = np.concatenate([inputs for inputs, _ in found])
    assert inputs.shape == (512, SIZE, 256)
    assert np.array_equal(inputs[:, :, 0].ravel(), order)
    assert np.array_equal(np.concatenate([labels for _, labels in found]).ravel(), order % 3)


def test_a_batch_above_a_megabyte_and_a_single_one_come_alone() -> None:
    found = list(blocks(source(24, 60_000), np.arange(24), SIZE))
    assert [inputs.shape for inputs, _ in found] == [(1, SIZE, 60_000)] * 3
    assert len(list(blocks(source(SIZE, 4), np.arange(SIZE), SIZE))) == 1


def test_a_call_takes_about_a_quarter_of_a_second() -> None:
    found = list(blocks(source(4096, 64), np.arange(4096), SIZE))
    taken = []
    for inputs, labels in calls(found):
        time.sleep(0.01 * len(labels))
        assert len(inputs) == len(labels)
        taken.append(len(labels))
        if sum(taken) > 80:
            break
    assert taken[0] == 1
    # The machine may be late, never early.
    assert max(taken) <= 25
    assert max(taken) > 1
    fast = [len(labels) for _, labels in calls(found)]
    assert sum(fast) == 512
    assert fast == [1, 511]


def test_batches_in_one_call_change_a_network_as_one_by_one(tmp_path) -> None:
    forked.run(f"{CHECKS}:compare_calls", log=tmp_path / "log.txt")


def test_weighed_images_change_a_network_as_they_change_a_head(tmp_path) -> None:
    forked.run(f"{CHECKS}:weigh_as_a_head", log=tmp_path / "log.txt")
    forked.run(f"{CHECKS}:weigh_mixed_images", log=tmp_path / "log.txt")
