"""What the page of a report's mistakes shows: answers with their images, as these stand now."""

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import urlencode

import numpy as np

from accounts.models import User
from accounts.roles import Role
from classifier.evaluation.selectors.answers import AnswerColumns, answer_columns
from classifier.evaluation.selectors.predictions import (
    ORDERS,
    AnsweredImage,
    AnswerFilter,
    answered_images,
)
from classifier.models import EvaluationReport
from common.errors import NotFound
from datasets.models import ClassLabel, Dataset, Sample
from datasets.selectors.since_frozen import Standing, standings

PAGE = 24
# More classes than keys are chosen by name.
CLASS_KEYS = "1234567890"
_CORRECT = {"true": True, "false": False}


@dataclass(frozen=True)
class Card:
    """An answer, how its image stands now, and what the dataset calls the predicted class.

    `new_class`: the dataset has no such class, so that relabelling would make it.
    """

    answer: AnsweredImage
    standing: Standing
    predicted_label: str
    new_class: bool

    @property
    def image_id(self) -> uuid.UUID:
        """The image's id."""
        return self.answer.sample.image_id

    @property
    def may_take(self) -> bool:
        """Whether the predicted class is another than the image has now."""
        return self.predicted_label != self.standing.class_name


@dataclass(frozen=True)
class Asked:
    """What an address asks for, by the names that the API has for it."""

    filter: AnswerFilter

    @classmethod
    def from_address(cls, query: Mapping[str, str]) -> "Asked":
        """Read an address; a cell opens with the worst first, without any it is all mistakes.

        Of mistakes the most confident are the worst, of right answers the least certain.
        """
        true, predicted = query.get("true", ""), query.get("predicted", "")
        order, correct = query.get("order", ""), _CORRECT.get(query.get("correct", ""))
        if not query.keys() & {"true", "predicted", "order", "correct"}:
            correct = False
        if order not in ORDERS:
            right = correct or (true != "" and true == predicted)
            order = "confidence" if right else "-confidence"
        return cls(AnswerFilter(true, predicted, correct, order))

    @property
    def correct(self) -> str:
        """As the address says it: true, false, or empty for both."""
        return "" if self.filter.correct is None else str(self.filter.correct).lower()

    @property
    def query(self) -> str:
        """The address's query that asks for this view."""
        values = {
            "true": self.filter.true,
            "predicted": self.filter.predicted,
            "correct": self.correct,
            "order": self.filter.order,
        }
        return urlencode({name: value for name, value in values.items() if value})

    @property
    def is_mistakes(self) -> bool:
        """Whether it is all mistakes, the most confident first."""
        return self.filter == AnswerFilter(correct=False)

    @property
    def is_least_certain(self) -> bool:
        """Whether it is all answers, the least certain first."""
        return self.filter == AnswerFilter(order="confidence")


def cards_at(
    report: EvaluationReport, columns: AnswerColumns, places: Sequence[int] | np.ndarray
) -> list[Card]:
    """Return the cards of the answers at these places."""
    answers = answered_images(columns, places)
    now = standings(report.dataset_version, [answer.sample for answer in answers])
    known = set(dataset_classes(report))
    cards = []
    for answer in answers:
        label = _label_of(report, answer.predicted)
        cards.append(Card(answer, now[answer.sample.image_id], label, label not in known))
    return cards


def card_of(report: EvaluationReport, image_id: uuid.UUID) -> Card:
    """Return the card of one image; raises `NotFound` for one that the report is not about."""
    samples = Sample.objects.filter(version=report.dataset_version, split=report.split)
    sample = samples.filter(image=image_id).first()
    if sample is None:
        raise NotFound("The report is not about this image.")
    columns = answer_columns(report)
    return cards_at(report, columns, np.flatnonzero(columns.sample == sample.pk))[0]


def dataset_classes(report: EvaluationReport) -> list[str]:
    """Return the names of the classes that the report's dataset has now, in its order."""
    labels = ClassLabel.objects.filter(dataset=report.dataset_version.dataset_id)
    return list(labels.order_by("position", "name").values_list("name", flat=True))


def may_change(user: User, report: EvaluationReport) -> bool:
    """Whether `user` may change the labels of the report's dataset, which is not in the trash."""
    editable = Dataset.objects.for_user(user, Role.EDITOR).filter(deleted_at=None)
    return editable.filter(pk=report.dataset_version.dataset_id).exists()


def _label_of(report: EvaluationReport, class_name: str) -> str:
    """Return what the dataset calls a class of the answers, where one class stands for it."""
    if class_name in report.dataset_version.class_names:
        return class_name
    taken = [name for name, classes in report.class_mapping_pairs if class_name in classes]
    return taken[0] if len(taken) == 1 else class_name


def counts_of(columns: AnswerColumns) -> tuple[int, int]:
    """Return how many answers are mistakes, and how many there are."""
    return int((~columns.correct).sum()), len(columns.true)
