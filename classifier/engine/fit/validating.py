"""The pass over the validation split that each epoch ends with."""

import numpy as np

from classifier.engine.fit.steps import Steps, Totals
from classifier.engine.runtime.batches import Source
from classifier.engine.validation import ValidationAnswers, ValidationTally, watched_places
from classifier.engine.watch import Watch

_BATCH = 64


def validated(
    steps: Steps, split: Source, classes: int, seed: int, watch: Watch
) -> tuple[Totals, ValidationAnswers] | tuple[None, None]:
    """Return the totals on a split, and what it is answered; None twice where it is empty.

    ``seed`` chooses the images that people watch. Raises as the watch's check.
    """
    if not len(split):
        return None, None
    tally = ValidationTally(split.labels, classes, watched_places(split.labels, seed))
    for inputs, labels in split.batches(np.arange(len(split)), _BATCH):
        tally.add(*steps.measure(inputs, labels))
        watch.check()
    return steps.totals(), tally.answers()
