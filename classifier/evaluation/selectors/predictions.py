"""Which of a report's answers are meant, and in which order: what the list and the page share."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from classifier.evaluation.selectors.answers import AnswerColumns
from datasets.models import Sample

# By the probability of the predicted class, the lowest or the highest first.
ORDERS = ("confidence", "-confidence")


@dataclass(frozen=True)
class AnswerFilter:
    """Names of classes, empty for all; `correct` None for right and wrong answers alike."""

    true: str = ""
    predicted: str = ""
    correct: bool | None = None
    order: str = "-confidence"

    def matching(self, columns: AnswerColumns) -> npt.NDArray[np.int64]:
        """Return the places of the answers that are meant, in order.

        Of equal confidence in the order of the split. Raises `Invalid` for a class that the model
        has not.
        """
        chosen = np.ones(len(columns.true), bool)
        if self.true:
            chosen &= columns.true == columns.place_of(self.true, "true")
        if self.predicted:
            chosen &= columns.predicted == columns.place_of(self.predicted, "predicted")
        if self.correct is not None:
            chosen &= columns.correct == self.correct
        places = np.flatnonzero(chosen)
        confidence = columns.probability[places]
        order = np.argsort(-confidence if self.order[0] == "-" else confidence, kind="stable")
        return places[order]


class AnsweredImage(NamedTuple):
    """An image of a report, as the version froze it, and what the model answered."""

    sample: Sample
    true: str
    predicted: str
    probability: float

    @property
    def correct(self) -> bool:
        """Whether the answer is right."""
        return self.true == self.predicted


def answered_images(
    columns: AnswerColumns, places: Sequence[int] | npt.NDArray[np.int64]
) -> list[AnsweredImage]:
    """Return the images at these places of the columns, in one query."""
    ids = columns.sample[list(places)].tolist()
    samples = Sample.objects.select_related("image").in_bulk(ids)
    return [
        AnsweredImage(
            samples[pk],
            columns.class_names[columns.true[place]],
            columns.class_names[columns.predicted[place]],
            float(columns.probability[place]),
        )
        for pk, place in zip(ids, places, strict=True)
    ]
