import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from datasets.analysis.grouped_split import TEST, TRAIN, VALIDATION, divide, grouped_split

SHARES = {"train": 0.7, "validation": 0.15, "test": 0.15}


def alone(labels: np.ndarray) -> np.ndarray:
    return np.arange(len(labels))


def test_every_class_has_its_share():
    labels = np.repeat([0, 1, 2], [400, 200, 100])
    split = grouped_split(labels, alone(labels), **SHARES, seed=1)
    for label, size in enumerate((400, 200, 100)):
        counts = np.bincount(split[labels == label], minlength=3)
        assert counts.tolist() == [size * 0.7, size * 0.15, size * 0.15]


def test_rounding_in_many_small_classes_does_not_add_up():
    labels = np.repeat(np.arange(50), 10)
    split = grouped_split(labels, alone(labels), **SHARES, seed=1)
    assert np.bincount(split).tolist() == [350, 75, 75]


def test_the_seed_decides():
    labels = np.random.default_rng(0).integers(0, 3, 300)
    first = grouped_split(labels, alone(labels), **SHARES, seed=1)
    assert (first == grouped_split(labels, alone(labels), **SHARES, seed=1)).all()
    assert (first != grouped_split(labels, alone(labels), **SHARES, seed=2)).any()


def test_large_groups_still_leave_the_shares_as_asked():
    labels = np.repeat([0, 1], 500)
    groups = np.arange(1000)
    for start in range(0, 1000, 25):
        groups[start : start + 15] = start
    split = grouped_split(labels, groups, **SHARES, seed=3)
    for label in (0, 1):
        counts = np.bincount(split[labels == label], minlength=3)
        assert np.abs(counts - [350, 75, 75]).max() <= 1


def test_kept_test_images_stay_and_take_their_group_along():
    labels = np.repeat([0, 1], 100)
    groups = alone(labels)
    groups[[5, 6, 7]] = 5
    kept = np.zeros(200, bool)
    kept[[6, 150]] = True
    split = grouped_split(labels, groups, **SHARES, seed=1, kept_test=kept)
    assert (split[[5, 6, 7, 150]] == TEST).all()
    assert np.bincount(split).tolist() == [140, 30, 30]


def test_more_kept_test_images_than_the_share_leave_the_rest_in_proportion():
    labels = np.zeros(100, int)
    kept = np.arange(100) < 40
    split = grouped_split(labels, alone(labels), **SHARES, seed=1, kept_test=kept)
    assert np.bincount(split).tolist() == [49, 11, 40]
    nothing_for_test = grouped_split(
        labels, alone(labels), train=0.8, validation=0.2, test=0, seed=1, kept_test=kept
    )
    assert np.bincount(nothing_for_test).tolist() == [48, 12, 40]


def test_a_split_without_a_share_stays_empty():
    labels = np.repeat([0, 1], 30)
    groups = alone(labels) // 3
    split = grouped_split(labels, groups, train=0.8, validation=0.2, test=0, seed=0)
    assert TEST not in split
    assert {TRAIN, VALIDATION} == set(split.tolist())


@pytest.mark.parametrize("shares", [(0.5, 0.2, 0.2), (1.2, -0.2, 0)])
def test_fractions_that_do_not_add_up_are_refused(shares):
    train, validation, test = shares
    with pytest.raises(ValueError, match="add up to 1"):
        grouped_split(
            np.zeros(3, int), np.arange(3), train=train, validation=validation, test=test, seed=0
        )


def test_an_empty_set():
    nothing = np.empty(0, int)
    assert len(grouped_split(nothing, nothing, **SHARES, seed=0)) == 0


@settings(max_examples=60, deadline=None)
@given(
    st.integers(1, 400), st.integers(1, 6), st.integers(1, 200), st.integers(0, 99), st.floats(0, 1)
)
def test_no_group_ever_straddles_and_kept_images_are_kept(size, classes, groups, seed, kept):
    random = np.random.default_rng(seed)
    labels = random.integers(0, classes, size)
    group = random.integers(0, groups, size)
    held = random.random(size) < kept / 4
    split = grouped_split(labels, group, **SHARES, seed=seed, kept_test=held)
    assert set(split.tolist()) <= {TRAIN, VALIDATION, TEST}
    assert all(len(set(split[group == one])) == 1 for one in set(group.tolist()))
    assert (split[held] == TEST).all()


def test_parts_of_equal_share_are_equal():
    labels = np.repeat(np.arange(10), 600)
    parts = divide(labels, alone(labels), [0.2] * 5, seed=0)
    counts = np.zeros((10, 5), int)
    np.add.at(counts, (labels, parts), 1)
    assert (counts == 120).all()
