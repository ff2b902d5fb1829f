"""Several images of one thing: one answer."""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from classifier.engine.measure.decision import ACCEPT, REVIEW, UNKNOWN
from classifier.engine.target import Scores

# Less than this, over all classes, is no evidence: one image alone cannot rule a class out.
LEAST = 1e-4


def combined(probabilities: Scores) -> npt.NDArray[np.float64]:
    """Return the probabilities (classes,) of one thing from those of its images (n, classes).

    The geometric mean, scaled to add up to 1: a logarithmic opinion pool (Genest and Zidek, 1986).
    It makes no answer surer where the images say the same, as copies do; the product would, since
    it takes them for independent. One image is answered as it is.
    """
    rows = np.asarray(probabilities, np.float64)
    if len(rows) == 1:
        return rows[0]
    least = LEAST / rows.shape[1]
    means = np.exp(np.log(np.maximum(rows, least)).mean(axis=0))
    return np.asarray(means / means.sum())


def combined_decision(
    probabilities: Scores,
    of_each: Scores,
    verdicts: Sequence[str | None],
    thresholds: Sequence[float | None],
) -> str | None:
    """Return accept, review or unknown for a thing; None where its images have no decision.

    ``probabilities`` (classes,) are those of the thing, ``of_each`` (n, classes) and ``verdicts``
    those of its images. Unknown: all of them are. Accept: as probable as a single image must be,
    and no image is unknown or accepted as another class. What is promised of single images is not
    promised of things.
    """
    if any(verdict is None for verdict in verdicts):
        return None
    if all(verdict == UNKNOWN for verdict in verdicts):
        return UNKNOWN
    best = int(np.argmax(probabilities))
    contradicted = any(
        verdict == UNKNOWN or (verdict == ACCEPT and int(np.argmax(row)) != best)
        for verdict, row in zip(verdicts, of_each, strict=True)
    )
    threshold = thresholds[best]
    sure = threshold is not None and probabilities[best] >= threshold
    return ACCEPT if sure and not contradicted else REVIEW
