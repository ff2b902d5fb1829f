from types import SimpleNamespace

import pytest

from classifier.engine.curves import best_epoch


def curve(*measured: tuple[float | None, float | None]) -> list[SimpleNamespace]:
    return [
        SimpleNamespace(epoch=number, val_loss=loss, val_accuracy=accuracy)
        for number, (loss, accuracy) in enumerate(measured, start=1)
    ]


@pytest.mark.parametrize(
    ("epochs", "best"),
    [
        pytest.param([], None, id="none has ended"),
        pytest.param(curve((0.5, 0.9), (0.4, 0.8), (0.6, 0.95)), 2, id="lowest loss"),
        pytest.param(curve((0.4, 0.8), (0.4, 0.9)), 2, id="of equal losses, more right"),
        pytest.param(curve((0.4, 0.9), (0.4, 0.9)), 1, id="of equals, the first"),
        pytest.param(curve((None, None), (None, None)), 2, id="without validation, the last"),
    ],
)
def test_the_best_epoch(epochs, best):
    assert best_epoch(epochs) == best
