import numpy as np
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from datasets.analysis.groups import group_ids, groups_by_key, groups_by_pairs, straddling


def test_equal_keys_form_groups_by_first_index():
    assert groups_by_key(["b", "a", "b", "c", "a", "b"]) == [(0, 2, 5), (1, 4)]


def test_pairs_chain_into_groups():
    assert groups_by_pairs(np.array([[4, 1], [1, 3], [0, 5]]), 6) == [(0, 5), (1, 3, 4)]
    assert groups_by_pairs(np.empty((0, 2), int), 3) == []


def test_groups_of_any_pairs_are_scipys():
    random = np.random.default_rng(3)
    for count, links in ((2, 1), (50, 20), (1_000, 900), (5_000, 4_000)):
        pairs = random.integers(0, count, (links, 2))
        table = coo_array((np.ones(links), (pairs[:, 0], pairs[:, 1])), shape=(count, count))
        theirs = connected_components(table, directed=False)[1]
        assert groups_by_pairs(pairs, count) == groups_by_key(theirs.tolist())
    chain = np.column_stack([np.arange(999, -1, -1), np.arange(1_000, 0, -1)])
    assert groups_by_pairs(chain, 1_001) == [tuple(range(1_001))]


def test_overlapping_groups_become_one_and_single_images_stay_alone():
    assert group_ids([(0, 1), (1, 2), (4, 5)], 7).tolist() == [0, 0, 0, 3, 4, 4, 6]
    assert group_ids([], 2).tolist() == [0, 1]


def test_straddling_groups_have_more_than_one_value_that_is_known():
    splits = ["train", "test", "train", "", "train", "train"]
    assert straddling([(0, 1), (2, 3), (4, 5)], splits) == [(0, 1)]
