"""What a class is mistaken for, and what looks like it."""

import numpy as np

from classifier.engine.measure.confusion import ConfusionMatrix
from classifier.engine.measure.related import alike, mistaken_for, related

NAMES = ("cat", "dog", "fox", "owl")
#           cat dog fox owl
COUNTS = ((9, 0, 0, 1), (3, 7, 0, 0), (5, 2, 3, 0), (1, 0, 0, 9))


def test_an_answered_class_is_told_with_what_it_truly_was():
    found = mistaken_for(ConfusionMatrix.of_counts(NAMES, COUNTS))
    assert list(found["cat"].items()) == [("fox", 5), ("dog", 3)]
    assert found["dog"] == {"fox": 2}
    # One mistake is no habit; a class that is never answered wrongly has none.
    assert not found.get("owl")
    assert "fox" not in found


def test_the_nearest_means_are_alike():
    vectors = np.array([[1, 0, 0], [1, 0.2, 0], [0.9, 0.1, 0], [0, 0, 1], [0.8, 1, 0]], float)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    labels = np.array([0, 0, 1, 2, 3])
    found = alike(vectors, labels, NAMES)
    assert list(found["cat"]) == ["dog", "owl"]
    mean = vectors[:2].mean(axis=0)
    expected = mean @ vectors[2] / np.linalg.norm(mean)
    assert found["cat"]["dog"] == round(float(expected), 4)
    # With two classes the other one is always the nearest: that says nothing.
    assert alike(vectors[:3], labels[:3], NAMES) == {}
    # The nearest of all is not alike where they have little in common.
    assert found["fox"] == {}
    only = alike(vectors[2:], labels[2:], NAMES)
    assert "cat" not in only
    assert set(only) == {"dog", "fox", "owl"}


def test_mistakes_come_first_and_reasons_add_up():
    found = related({"fox": 5, "dog": 3}, {"dog": 0.9, "owl": 0.5, "bee": 0.4})
    assert [(each.class_name, each.why) for each in found] == [
        ("fox", ("mistaken",)),
        ("dog", ("mistaken", "alike")),
        ("owl", ("alike",)),
    ]
    assert (found[0].cosine, found[1].mistaken, found[1].cosine) == (None, 3, 0.9)
    assert related({}, {}) == ()
