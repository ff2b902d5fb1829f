"""Images made worse: more at each severity, the same each time, at any size."""

import numpy as np
import pytest

from classifier.engine.runtime.corruptions import CORRUPTIONS, SEVERITIES, worsened


def pictures(side: int) -> np.ndarray:
    """Four pictures of soft shapes with some texture."""
    random = np.random.default_rng(side)
    rows, columns = np.mgrid[0:side, 0:side] / side
    shapes = [np.sin(6 * rows + turn) + np.cos(5 * columns * (turn + 1)) for turn in range(4)]
    grey = np.stack(shapes)[..., None] * 45 + 128
    return (grey + random.normal(0, 12, (4, side, side, 3))).clip(0, 255).astype(np.uint8)


@pytest.mark.parametrize("corruption", CORRUPTIONS, ids=lambda each: each.name)
@pytest.mark.parametrize("side", [8, 96])
def test_each_severity_is_worse_and_the_same_each_time(corruption, side):
    images = pictures(side)
    distances = []
    for severity in SEVERITIES:
        found = worsened(images, corruption, severity)
        assert (found.shape, found.dtype) == (images.shape, np.uint8)
        assert (found == worsened(images, corruption, severity)).all()
        distances.append(np.abs(found.astype(float) - images).mean())
    assert distances[-1] > distances[0]
    assert corruption.strength_of(3) != corruption.strength_of(4)
    if corruption.name in ("noise", "brightness", "blur"):
        assert distances == sorted(distances)


def test_the_six_are_there():
    names = [each.name for each in CORRUPTIONS]
    assert names == ["blur", "noise", "brightness", "jpeg", "rotation", "crop"]
