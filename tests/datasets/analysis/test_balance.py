from datasets.analysis.balance import FEWEST, balance


def test_the_ratio_is_of_the_largest_to_the_smallest_class():
    found = balance([400, 50, 100])
    assert found.imbalance_ratio == 8
    assert found.smallest == 1
    assert found.too_small == []


def test_small_and_empty_classes_are_named():
    found = balance([FEWEST, FEWEST - 1, 0, 500])
    assert found.too_small == [1, 2]
    assert found.smallest == 1


def test_a_set_without_images():
    assert balance([]).imbalance_ratio == 0
    assert balance([0, 0]).smallest is None
