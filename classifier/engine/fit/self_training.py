"""Self-training: unlabelled images that a first fit is sure of join the second (Lee, 2013)."""

import csv
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np

from classifier.engine import target
from classifier.engine.files import written_whole
from classifier.engine.measure.temperature import temperature_of
from classifier.engine.presets.self_training import MOST_OF_A_CLASS
from classifier.engine.samples import Indices, Sample, TrainingSamples, joined_samples
from classifier.engine.target import Scores

SELF_TRAINING = "self_training"
COLUMNS = ("image_sha256", "class_name", "probability")


@dataclass(kw_only=True)
class Chosen:
    """Which unlabelled images join a training.

    ``places`` index ``TrainingSamples.unlabelled``, in its order; ``classes`` and ``probabilities``
    are what the first fit said, its logits over ``temperature``.
    """

    temperature: float = 1.0
    places: list[int] = field(default_factory=list)
    classes: list[int] = field(default_factory=list)
    probabilities: list[float] = field(default_factory=list)

    def samples(self, unlabelled: Sequence[str]) -> list[Sample]:
        """Return the images with the classes that they were given."""
        pairs = zip(self.places, self.classes, strict=True)
        return [(unlabelled[place], index) for place, index in pairs]


def choose(logits: Scores, measured: Scores, labels: Indices, confidence: float) -> Chosen:
    """Choose what is at least ``confidence`` sure, of each class the surest 500.

    ``logits`` (n, classes) are of the unlabelled images, ``measured`` (m, classes) of validation
    images with ``labels`` (m,), which say how sure such answers may be; without any, they are taken
    as they are.
    """
    temperature = temperature_of(measured, labels) if len(labels) else 1.0
    found = target.probabilities(logits / temperature)
    decided = target.decide(found)
    sure = found[np.arange(len(found)), decided]
    # Of equals the first, so that a resumed training chooses the same ones.
    order = np.argsort(-sure, kind="stable")
    order = order[sure[order] >= confidence]
    taken = [order[decided[order] == index][:MOST_OF_A_CLASS] for index in range(found.shape[1])]
    places = np.sort(np.concatenate(taken)) if taken else np.empty(0, np.int64)
    return Chosen(
        temperature=temperature,
        places=places.tolist(),
        classes=decided[places].tolist(),
        probabilities=[float(each) for each in sure[places]],
    )


def joined(samples: TrainingSamples, chosen: Chosen | None) -> TrainingSamples:
    """Return the samples with those that were chosen in the train split."""
    if chosen is None:
        return samples
    train = joined_samples(samples.train, chosen.samples(samples.unlabelled))
    return replace(samples, train=train)


def write_taken(
    chosen: Chosen, unlabelled: Sequence[str], class_names: Sequence[str], path: Path
) -> None:
    """Write which images joined, with the class and the probability that the first fit gave."""
    with written_whole(path) as part, part.open("w", newline="", encoding="utf-8") as file:
        rows = csv.writer(file)
        rows.writerow(COLUMNS)
        pairs = zip(chosen.samples(unlabelled), chosen.probabilities, strict=True)
        rows.writerows(
            (content, class_names[index], f"{sure:.6f}") for (content, index), sure in pairs
        )


def told(
    chosen: Chosen | None, asked: int, class_names: Sequence[str], *, after: int, kept: bool
) -> dict[str, Any]:
    """Return what a run says of it: how many of each class joined, and whether they helped.

    ``chosen`` is None where the training ended before; they joined ``after`` so many epochs;
    ``kept``: the best epoch is one that learned from them.
    """
    classes = chosen.classes if chosen else []
    counts = np.bincount(classes, minlength=len(class_names)).tolist()
    pairs = zip(class_names, counts, strict=True)
    return {
        "asked": asked,
        "taken": {name: count for name, count in pairs if count},
        "temperature": chosen.temperature if chosen else None,
        "first_epochs": after,
        "kept": kept,
    }
