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
from common.errors import Invalid, NotFound
from datasets.models import ClassLabel, Dataset, Sample
from datasets.selectors.since_frozen import Standing, standings

PAGE = 24
# More classes than keys are chosen by name.
CLASS_KEYS = "1234567890"
_CORRECT = {"": None, "true": True, "false": False}


@dataclass(frozen=True)
class Card:
    """An answer, and how its image stands now.

    `predicted_label` is what the dataset calls the predicted class now; empty where it has no such
    class (any more): an answer makes none.
    """

    answer: AnsweredImage
    standing: Standing
    predicted_label: str

    @property
    def image_id(self) -> uuid.UUID:
        """The image's id."""
        return self.answer.sample.image_id

    @property
    def may_take(self) -> bool:
        """Whether the predicted class is another than the image has now."""
        return self.predicted_label not in ("", self.standing.class_name)


@dataclass(frozen=True)
class Asked:
    """What an address asks for, by the names that the API has for it."""

    filter: AnswerFilter

    @classmethod
    def from_address(cls, query: Mapping[str, str]) -> "Asked":
        """Read an address; a cell opens with the worst first, without any it is all mistakes.

        Of mistakes the most confident are the worst, of right answers the least certain. A class on
        one side alone means its mistakes, unless `correct` says otherwise. Raises `Invalid` for a
        `correct` or an `order` that there is not.
        """
        true, predicted = query.get("true", ""), query.get("predicted", "")
        order = _one_of(query, "order", ("", *ORDERS))
        correct = _CORRECT[_one_of(query, "correct", tuple(_CORRECT))]
        if "correct" not in query and not (true and predicted) and "order" not in query:
            correct = False
        if not order:
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
    report: EvaluationReport,
    columns: AnswerColumns,
    places: Sequence[int] | np.ndarray,
    classes: Sequence[ClassLabel | None],
) -> list[Card]:
    """Return the cards of the answers at these places.

    `classes` are the `classes_now` of the report's dataset version.
    """
    answers = answered_images(columns, places)
    version = report.dataset_version
    now = standings(version, [answer.sample for answer in answers], classes)
    of_version = dict(zip(version.class_names, classes, strict=True))
    others = {answer.predicted for answer in answers} - of_version.keys()
    named = ClassLabel.objects.filter(dataset=version.dataset_id, name__in=others)
    of_version |= {label.name: label for label in named}
    cards = []
    for answer in answers:
        label = of_version.get(_taken_for(report, answer.predicted))
        standing = now[answer.sample.image_id]
        cards.append(Card(answer, standing, label.name if label else ""))
    return cards


def card_of(
    report: EvaluationReport, image_id: uuid.UUID, classes: Sequence[ClassLabel | None]
) -> Card:
    """Return the card of one image; raises `NotFound` for one that the report is not about."""
    samples = Sample.objects.kept().filter(version=report.dataset_version, split=report.split)
    sample = samples.filter(image=image_id).first()
    if sample is None:
        raise NotFound("The report is not about this image.")
    columns = answer_columns(report)
    places = np.flatnonzero(columns.sample == sample.pk)
    return cards_at(report, columns, places, classes)[0]


def dataset_classes(report: EvaluationReport) -> list[str]:
    """Return the names of the classes that the report's dataset has now, in its order."""
    labels = ClassLabel.objects.filter(dataset=report.dataset_version.dataset_id)
    return list(labels.order_by("position", "name").values_list("name", flat=True))


def may_change(user: User, report: EvaluationReport) -> bool:
    """Whether `user` may change the labels of the report's dataset, which is not in the trash."""
    editable = Dataset.objects.for_user(user, Role.EDITOR).filter(deleted_at=None)
    return editable.filter(pk=report.dataset_version.dataset_id).exists()


def _taken_for(report: EvaluationReport, class_name: str) -> str:
    """Return the version's class that a class of the answers stands for, where it is one alone."""
    if class_name in report.dataset_version.class_names:
        return class_name
    taken = [name for name, classes in report.class_mapping_pairs if class_name in classes]
    return taken[0] if len(taken) == 1 else class_name


def _one_of(query: Mapping[str, str], name: str, allowed: tuple[str, ...]) -> str:
    value = query.get(name, "")
    if value not in allowed:
        choices = " or ".join(each for each in allowed if each)
        raise Invalid(f"{name} must be {choices}; received {value[:40]!r}.")
    return value


def counts_of(columns: AnswerColumns) -> tuple[int, int]:
    """Return how many answers are mistakes, and how many there are."""
    return int((~columns.correct).sum()), len(columns.true)
