from typing import Any

from django.conf import settings
from django.db import models

from accounts.models import Organization
from accounts.querysets import TenantQuerySet
from classifier.engine.measure.intervals import share_interval
from classifier.models.registered_model import RegisteredModel
from common.models import UUIDModel
from datasets.models import DatasetVersion
from jobs.models import Job


class Finish(models.TextChoices):
    """When a run that a person asked to finish ends, with its best epoch."""

    EPOCH = "epoch", "After this epoch"
    NOW = "now", "Now"


class TrainingRun(UUIDModel):
    """One fit of a preset on a dataset version; its status is its job's, never a copy.

    `config` holds every setting, also those left at their defaults; `metrics` is empty until the
    run has succeeded; `model` is the line that its version joins (null: a new one, made when the
    run succeeds, so that a failed run leaves no empty model behind). `time_limit_seconds`: the
    training ends then, with its best epoch (null: from before there were limits, and none).
    `finish`: a person asked the training to end with its best epoch so far. `distilled` is whose
    answers a student learns (`classifier.training.selectors.teachers.distilled_from`), as it was
    when the run was started; null of a run without a teacher.
    """

    organization = models.ForeignKey(
        Organization, on_delete=models.PROTECT, related_name="training_runs"
    )
    dataset_version = models.ForeignKey(
        DatasetVersion, on_delete=models.PROTECT, related_name="training_runs"
    )
    preset = models.CharField(max_length=40)
    config = models.JSONField()
    distilled = models.JSONField(null=True, editable=False)
    time_limit_seconds = models.PositiveIntegerField(null=True)
    finish = models.CharField(max_length=5, choices=Finish.choices, blank=True, editable=False)
    name = models.CharField(max_length=120)
    job = models.OneToOneField(Job, on_delete=models.PROTECT, related_name="training_run")
    model = models.ForeignKey(
        RegisteredModel, null=True, on_delete=models.PROTECT, related_name="training_runs"
    )
    metrics = models.JSONField(default=dict)
    # What the answers of epochs are about: `counts`, the validation images of each class, and
    # `images`, those that people watch, [SHA-256, class index] each. Empty before training begins.
    watched = models.JSONField(default=dict, editable=False)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+"
    )

    # Out of every list, but for the one of what is archived.
    archived_at = models.DateTimeField(null=True, editable=False)

    objects = TenantQuerySet.as_manager()

    class Meta:
        indexes = [models.Index(fields=["organization", "-created_at"])]

    def __str__(self) -> str:
        return self.name

    @property
    def registered_version(self):
        """The model version that this run made; None until it has succeeded."""
        return getattr(self, "model_version", None)

    @property
    def validation_images(self) -> int:
        """How many images the validation figures are counted on."""
        return sum(self.dataset_version.sample_counts.get("validation", {}).values())

    @property
    def val_accuracy_interval(self) -> tuple[float, float] | None:
        """The 95 % interval (Wilson's) of the best epoch's validation accuracy."""
        return share_interval(self.metrics.get("val_accuracy"), self.validation_images)

    @property
    def planned_epochs(self) -> int:
        """How many epochs the settings allow, over all stages.

        A second fit counts until it is known that no unlabelled image joined, so that none was due.
        """
        stages = ("epochs", "fine_tune_epochs", "all_epochs")
        joined = self.metrics.get("self_training", {}).get("taken", True)
        twice = self.config.get("self_training") and joined
        again = int(self.config.get("epochs") or 0) if twice else 0
        return again + sum(int(self.config.get(name) or 0) for name in stages)

    @property
    def stopped(self) -> dict[str, Any] | None:
        """Why a run that succeeded ended, as `classifier.engine.outcome.Stopped`; else None.

        Older runs did not keep it, so it is read from their numbers: training ends early only
        after as many epochs without a better one as its patience.
        """
        metrics = self.metrics
        if not metrics:
            return None
        if "stopped" in metrics:
            return metrics["stopped"]
        epochs, best = metrics.get("epochs", 0), metrics.get("best_epoch", 0)
        patience = self.config.get("early_stopping_patience", 0)
        early = epochs < self.planned_epochs and 0 < patience <= epochs - best
        return {
            "reason": "early_stopping" if early else "completed",
            "stage": ("fine_tune" if self.config.get("fine_tune_epochs") else "training")
            if early
            else "",
            "epoch": epochs,
            "planned_epochs": self.planned_epochs,
            "patience": patience,
        }
