import dataclasses
import logging
import uuid
from functools import cached_property
from typing import Any, Self, TypeVar

from django.conf import settings
from django.db import models
from django.db.models import Case, F, Q, When
from django.db.models.fields.json import KeyTransform
from django.db.models.functions import JSONObject

from accounts.models import Organization
from accounts.querysets import TenantQuerySet
from classifier.engine.errors import Unreadable
from classifier.engine.measure.class_mapping import OtherClasses, class_mapping
from classifier.engine.measure.report import Report, Summary
from classifier.models.model_version import ModelVersion
from common.models import UUIDModel
from datasets.models import DatasetVersion, Split
from jobs.models import Job

# More cells than this squared are no picture, and a browser does not bear them.
MOST_DRAWN = 100
logger = logging.getLogger(__name__)
Part = TypeVar("Part", bound=Summary)


def stored_part(part: type[Part]) -> Case:
    """Return the expression of what `part` holds of `metrics`: with many classes all is large."""
    names = ["schema", *(field.name for field in dataclasses.fields(part))]
    values = JSONObject(**{name: KeyTransform(name, "metrics") for name in names})
    return Case(When(metrics__isnull=False, then=values), output_field=models.JSONField())


def read_part(part: type[Part], values: object, pk: uuid.UUID) -> Part | None:
    """Return the figures of the report `pk`; None until it is measured.

    None too, with an entry in the log, for those that another version of Loupe wrote and this one
    cannot read: what lists many reports goes on.
    """
    if values is None:
        return None
    try:
        return part.from_json(values)
    except Unreadable as error:
        logger.error("evaluation report %s: %s", pk, error)
        return None


class EvaluationReportQuerySet(TenantQuerySet):
    def as_it_answers(self) -> Self:
        """Leave out those whose classes a person mapped, which say little of the version itself,
        and those of organizations that a model is shared with: theirs decide nothing about it."""
        own = Q(organization=F("model_version__model__organization"))
        built_in = Q(model_version__model__organization=None)
        return self.filter(own | built_in, class_mapping={}, other_classes="wrong")

    def summarized(self) -> Self:
        """Read no more than each report's `summary`, until `figures` are asked for."""
        return self.defer("metrics").annotate(summary_values=stored_part(Summary))


class EvaluationReport(UUIDModel):
    """A model version measured on one split of a dataset version; its status is its job's.

    `metrics` is a stored `Report` and null until the job has succeeded; written once, a trigger
    refuses a change. All read it by `figures` or `summary`. The report on the test split that a
    training makes when it ends shares the training's job. `class_mapping` says, by name, which
    classes of the model a person had taken for one of the dataset version (none: the model has none
    for it), and `other_classes` what an answer of any other class counts as: see
    `classifier.engine.measure.class_mapping`.
    """

    organization = models.ForeignKey(
        Organization, on_delete=models.PROTECT, related_name="evaluation_reports"
    )
    model_version = models.ForeignKey(
        ModelVersion, on_delete=models.PROTECT, related_name="evaluation_reports"
    )
    dataset_version = models.ForeignKey(
        DatasetVersion, on_delete=models.PROTECT, related_name="evaluation_reports"
    )
    split = models.PositiveSmallIntegerField(choices=Split)
    job = models.OneToOneField(Job, on_delete=models.PROTECT, related_name="evaluation_report")
    class_mapping = models.JSONField(default=dict)
    other_classes = models.CharField(
        max_length=10,
        choices=[("wrong", "A mistake"), ("left_out", "Left out")],
        default="wrong",
    )
    metrics = models.JSONField(null=True)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+"
    )

    # Of rows that `summarized` read.
    summary_values: dict[str, Any] | None

    objects = EvaluationReportQuerySet.as_manager()

    class Meta:
        indexes = [models.Index(fields=["organization", "-created_at"])]

    def __str__(self) -> str:
        return f"{self.model_version} on {self.split_name} of {self.dataset_version}"

    @property
    def of_shared_model(self) -> bool:
        """Whether the model is another organization's, which shares or shared it."""
        return self.model_version.model.organization_id not in (None, self.organization_id)

    @property
    def of_shared_images(self) -> bool:
        """Whether the images are another organization's, which shares or shared them."""
        return self.dataset_version.dataset.organization_id != self.organization_id

    @property
    def fast_mode(self) -> Any:
        """The fast mode of the version; None without one, and where its owners alone are told."""
        return None if self.of_shared_model else getattr(self.model_version, "fast_mode", None)

    @property
    def split_enum(self) -> Split:
        """The split as the enumeration, also of a row that was read."""
        return Split(self.split)

    @property
    def split_name(self) -> str:
        """The split's name in the API: train, validation or test."""
        return Split(self.split).label

    @property
    def own_training_data(self) -> bool:
        """Whether the model was trained on this very dataset version."""
        return self.model_version.dataset_version_id == self.dataset_version_id

    @property
    def is_mapped(self) -> bool:
        """Whether its answers are not the model's own, but what a person took them for."""
        return bool(self.class_mapping) or self.other_classes != "wrong"

    @property
    def answer_names(self) -> list[str]:
        """The classes that its answers are of, in the order of their indices."""
        if self.is_mapped and self.figures is not None:
            return list(self.figures.confusion_matrix.class_names)
        names: list[str] = self.model_version.class_names
        return names

    @property
    def true_places(self) -> list[int]:
        """Where in `answer_names` each class of the dataset version is, in that one's order."""
        asked, names = self.dataset_version.class_names, self.answer_names
        if self.is_mapped:
            others: OtherClasses = "left_out" if self.other_classes == "left_out" else "wrong"
            known = self.model_version.class_names
            mapped = class_mapping(asked, known, self.class_mapping, others)
            if list(mapped.names) == names:
                return list(mapped.places)
            # A mapping of before answered in the model's names, each class one of them.
            asked = [self.class_mapping.get(name, [name])[0] for name in asked]
        place = {name: index for index, name in enumerate(names)}
        return [place[name] for name in asked]

    @property
    def class_mapping_pairs(self) -> list[tuple[str, list[str]]]:
        """The mapping for templates, which would take a class called `items` for the method."""
        return [(name, classes) for name, classes in self.class_mapping.items() if classes]

    @property
    def unmapped(self) -> list[str]:
        """The classes of the dataset version that the model has none for, as a person said."""
        return [name for name, classes in self.class_mapping.items() if not classes]

    @property
    def measured(self) -> bool:
        """Whether there are figures, also ones that cannot be read."""
        return (self.summary_values if self._is_summarized else self.metrics) is not None

    @cached_property
    def figures(self) -> Report | None:
        """The report itself; None until it is measured and where `read_part` cannot read it."""
        return read_part(Report, self.metrics, self.pk)

    @cached_property
    def summary(self) -> Summary | None:
        """Its figures that are one number each; None as `figures`."""
        if self._is_summarized:
            return read_part(Summary, self.summary_values, self.pk)
        return self.figures

    @property
    def _is_summarized(self) -> bool:
        return "summary_values" in self.__dict__

    @property
    def matrix(self) -> dict[str, Any] | None:
        """The data of the confusion chart."""
        if self.figures is None:
            return None
        drawn = self.figures.confusion_matrix.of_most_mistaken(MOST_DRAWN)
        return {
            "class_names": list(drawn.class_names),
            "counts": [list(row) for row in drawn.counts],
            "split": self.split_name,
        }

    @property
    def matrix_note(self) -> str:
        """What the chart leaves out; empty where it has every class."""
        classes = len(self.figures.confusion_matrix.class_names) if self.figures else 0
        if classes <= MOST_DRAWN:
            return ""
        return (
            f"the {MOST_DRAWN} of {classes:,} classes that are mistaken most; CSV and JSON have all"
        )

    @property
    def matrix_title(self) -> str:
        """The title of the confusion chart, which names the split."""
        return f"Confusion matrix, {self.split_name} split"
