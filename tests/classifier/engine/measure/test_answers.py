import numpy as np
import pytest

from classifier.engine.measure.answers import pack, unpack
from classifier.engine.measure.mcnemar import compare


def test_answers_come_back_and_are_compared_bit_by_bit():
    probabilities = np.array([[0.9, 0.1], [0.2, 0.8], [0.3, 0.7], [1.0, 0.0]] * 3)
    truth = [0, 1, 0, 1] * 3
    packed = pack(probabilities, truth)
    assert packed.correct == bytes([0b11001100, 0b11000000])
    assert [index for index, _ in unpack(packed)] == [0, 1, 1, 0] * 3
    assert [share for _, share in unpack(packed)] == pytest.approx(
        [0.9, 0.8, 0.7, 1.0] * 3, abs=1e-5
    )
    found = compare(packed.correct, pack(probabilities, [1, 1, 1, 0] * 3).correct)
    assert (found.only_this, found.only_other) == (3, 6)
