"""Answers from stored vectors beside those of the served file."""

import numpy as np

from classifier.engine.measure.flips import flips


def test_flipped_answers_and_the_largest_difference_are_counted():
    served = np.array([[0.6, 0.4], [0.51, 0.49], [0.2, 0.8]])
    found = flips(np.array([[0.6, 0.4], [0.49, 0.51], [0.25, 0.75]]), served)
    assert (found.images, found.flipped) == (3, 1)
    assert abs(found.largest_difference - 0.05) < 1e-9
    assert found.too_many
    assert not flips(served, served).too_many
    assert flips(served[:0], served[:0]).images == 0


def test_one_answer_in_two_hundred_may_flip():
    served = np.tile([0.9, 0.1], (400, 1))
    other = served.copy()
    other[:2] = [0.1, 0.9]
    assert not flips(other, served).too_many
    other[2] = [0.1, 0.9]
    assert flips(other, served).too_many
