"""Keep which images a run validates on, and is watched on; runs on a worker."""

from collections.abc import Sequence

import numpy as np

from classifier.engine.samples import Sample, labels_of
from classifier.engine.validation import watched_places
from classifier.models import TrainingRun


def keep_watched(run: TrainingRun, validation: Sequence[Sample], seed: int) -> None:
    """Store the images that the training, too, chooses by its seed; each attempt the same.

    They need not be those of the version's validation split: a fold has its own.
    """
    labels = labels_of(validation)
    classes = len(run.dataset_version.class_names)
    run.watched = {
        "counts": np.bincount(labels, minlength=classes).tolist(),
        "images": [list(validation[int(place)]) for place in watched_places(labels, seed)],
    }
    run.save(update_fields=["watched"])
