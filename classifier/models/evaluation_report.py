from typing import Any

from django.conf import settings
from django.db import models

from accounts.models import Organization
from accounts.querysets import TenantQuerySet
from classifier.engine.measure.intervals import share_interval
from classifier.models.model_version import ModelVersion
from common.models import UUIDModel
from datasets.models import DatasetVersion, Split
from jobs.models import Job


class EvaluationReport(UUIDModel):
    """A model version measured on one split of a dataset version; its status is its job's.

    `metrics` is what `classifier.evaluation.work.measure.measure` returns, and null until
    the job has succeeded; written once, a trigger refuses a change. The report on the test split
    that a training makes when it ends shares the training's job.
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
    metrics = models.JSONField(null=True)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+"
    )

    objects = TenantQuerySet.as_manager()

    class Meta:
        indexes = [models.Index(fields=["organization", "-created_at"])]

    def __str__(self) -> str:
        return f"{self.model_version} on {self.split_name} of {self.dataset_version}"

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
    def accuracy_interval(self) -> tuple[float, float] | None:
        """Where the accuracy on new images lies with a confidence of 95 % (Wilson's interval)."""
        metrics = self.metrics or {}
        return share_interval(metrics.get("accuracy"), metrics.get("sample_count", 0))

    @property
    def top5_interval(self) -> tuple[float, float] | None:
        """The same of the share whose class is among the five most probable."""
        metrics = self.metrics or {}
        return share_interval(metrics.get("top5_accuracy"), metrics.get("sample_count", 0))

    @property
    def classes(self) -> list[dict[str, Any]]:
        """The rows of the table by class, each with its recall's 95 % `recall_interval`."""
        return [
            {**row, "recall_interval": share_interval(row["recall"], row["support"])}
            for row in (self.metrics or {}).get("per_class", [])
        ]

    @property
    def matrix(self) -> dict | None:
        """The data of the confusion chart."""
        if self.metrics is None:
            return None
        return {**self.metrics["confusion_matrix"], "split": self.split_name}

    @property
    def slices_by_column(self) -> list[tuple[str, list[dict]]]:
        """The tables of subgroups; none without metadata, and in older reports.

        Pairs: a template would take a column called `items` for a dictionary's method.
        """
        tables: dict[str, list[dict]] = {}
        for row in (self.metrics or {}).get("slices", []):
            tables.setdefault(row["column"], []).append(row)
        return list(tables.items())

    @property
    def matrix_title(self) -> str:
        """The title of the confusion chart, which names the split."""
        return f"Confusion matrix, {self.split_name} split"
