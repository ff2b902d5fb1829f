"""How sure a model may be: one number that its logits are divided by, its temperature."""

import numpy as np
import numpy.typing as npt

from classifier.engine.target import Scores, probabilities

# Of few answers, all of them right, the best would be next to none.
_TEMPERATURES = np.geomspace(0.4, 5, 40)


def temperature_of(logits: Scores, labels: npt.NDArray[np.integer]) -> float:
    """Return the temperature, 0.4 to 5, that suits logits (n, classes) of images not learned from.

    Guo et al., "On Calibration of Modern Neural Networks", 2017: by log loss.
    """
    rows = np.arange(len(labels))
    losses = [
        -np.log(np.maximum(probabilities(logits / each)[rows, labels], 1e-6)).mean()
        for each in _TEMPERATURES
    ]
    return float(_TEMPERATURES[int(np.argmin(losses))])
