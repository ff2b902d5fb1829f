from django.contrib.postgres.fields import ArrayField
from django.db import models

from accounts.models import Organization
from accounts.querysets import TenantQuerySet
from classifier.models.model_version import ModelVersion


class Step(models.TextChoices):
    """How long a row of figures counts."""

    HOUR = "hour"
    DAY = "day"


class PredictionFigures(models.Model):
    """What an organization asked a model version within an hour or a day (UTC), from `at` on.

    Counted from `Prediction` rows by a chore; they stay where predictions are deleted. `accepted`,
    `reviewed` and `unknown` are decisions; the rest of `count` had none. `confidence` counts top
    probabilities and `latency` milliseconds in the bins of `engine.measure.figure_bins`;
    `confidence_sum` and `latency_sum` are of those values. `timed` is of how many the latency is
    known. `classes` is {class name: how often it was the answer}.
    """

    organization = models.ForeignKey(Organization, on_delete=models.CASCADE, related_name="+")
    model_version = models.ForeignKey(ModelVersion, on_delete=models.CASCADE, related_name="+")
    step = models.CharField(max_length=4, choices=Step.choices)
    at = models.DateTimeField()
    count = models.PositiveIntegerField()
    accepted = models.PositiveIntegerField()
    reviewed = models.PositiveIntegerField()
    unknown = models.PositiveIntegerField()
    confidence = ArrayField(models.PositiveIntegerField())
    confidence_sum = models.FloatField()
    latency = ArrayField(models.PositiveIntegerField())
    latency_sum = models.FloatField()
    timed = models.PositiveIntegerField()
    classes = models.JSONField()

    objects = TenantQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["organization", "model_version", "step", "at"], name="figures_once"
            )
        ]
        indexes = [models.Index(fields=["step", "at"])]
        verbose_name_plural = "prediction figures"

    def __str__(self) -> str:
        return f"{self.model_version_id} {self.step} {self.at:%Y-%m-%d %H:%M}"


class FiguresMark(models.Model):
    """How far predictions are counted: all that were made before `until`. There is one row.

    The rest is what all of them came to, of all organizations, by the names of `PredictionFigures`;
    `undecided` had no decision. A model that is deleted takes its figures away, and nothing of
    these: they never fall.
    """

    until = models.DateTimeField()
    undecided = models.PositiveBigIntegerField(default=0)
    accepted = models.PositiveBigIntegerField(default=0)
    reviewed = models.PositiveBigIntegerField(default=0)
    unknown = models.PositiveBigIntegerField(default=0)
    latency_sum = models.FloatField(default=0.0)
    timed = models.PositiveBigIntegerField(default=0)

    def __str__(self) -> str:
        return f"{self.until:%Y-%m-%d %H:%M}"
