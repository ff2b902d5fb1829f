from django.conf import settings
from django.db import models
from django.db.models import Q

from accounts.querysets import TenantQuerySet
from classifier.models.model_version import ModelVersion
from classifier.models.registered_model import RegisteredModel
from classifier.models.training_run import TrainingRun
from common.models import UUIDModel
from datasets.models import Dataset, DatasetVersion


class RetrainingQuerySet(TenantQuerySet):
    organization_path = "model__organization"


class RetrainingRule(models.Model):
    """When a retraining of a model is drafted; without a row it never is.

    `labels`: after so many new or corrected labels since the live version learned; `drift`: when
    its predictions have drifted; `every_days`: on a schedule, whose next date is `due_at`. None and
    False switch one off. `note` says what became of the last date, where it made no draft;
    `looked_at` is when the rule was last looked at.
    """

    model = models.OneToOneField(
        RegisteredModel, primary_key=True, on_delete=models.CASCADE, related_name="retraining_rule"
    )
    labels = models.PositiveIntegerField(null=True)
    drift = models.BooleanField(default=False)
    every_days = models.PositiveIntegerField(null=True)
    due_at = models.DateTimeField(null=True)
    note = models.CharField(max_length=400, blank=True)
    looked_at = models.DateTimeField(null=True)
    changed_at = models.DateTimeField(auto_now=True)
    changed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+"
    )

    objects = RetrainingQuerySet.as_manager()

    def __str__(self) -> str:
        return f"retraining of {self.model}"


class DraftReason(models.TextChoices):
    """Why a retraining was drafted."""

    LABELS = "labels", "New labels"
    DRIFT = "drift", "Drift"
    SCHEDULE = "schedule", "Schedule"


class DraftStatus(models.TextChoices):
    """What has become of a draft."""

    OPEN = "open", "Open"
    STARTED = "started", "Started"
    DISMISSED = "dismissed", "Dismissed"
    OUTDATED = "outdated", "Outdated"


class RetrainingDraft(UUIDModel):
    """A retraining that an admin may start: of the live `version`, by a run like its own.

    `why` and `expected` are sentences; `new_labels` and `corrected` count what has changed in
    `dataset` since the version learned, as of the draft. `preset` and `config` are the cloned run's
    and go on being shown when that is gone. Started, it has made `dataset_version` and
    `training_run`; `decided_by` started or dismissed it. It is outdated once another version is
    live.
    """

    model = models.ForeignKey(
        RegisteredModel, on_delete=models.CASCADE, related_name="retraining_drafts"
    )
    version = models.ForeignKey(
        ModelVersion, null=True, on_delete=models.SET_NULL, related_name="+"
    )
    status = models.CharField(max_length=10, choices=DraftStatus, default=DraftStatus.OPEN)
    reason = models.CharField(max_length=10, choices=DraftReason)
    why = models.CharField(max_length=600)
    expected = models.CharField(max_length=600)
    new_labels = models.PositiveIntegerField()
    corrected = models.PositiveIntegerField()
    dataset = models.ForeignKey(Dataset, null=True, on_delete=models.SET_NULL, related_name="+")
    preset = models.CharField(max_length=40)
    config = models.JSONField()
    dataset_version = models.ForeignKey(
        DatasetVersion, null=True, on_delete=models.SET_NULL, related_name="+"
    )
    training_run = models.ForeignKey(
        TrainingRun, null=True, on_delete=models.SET_NULL, related_name="retraining_drafts"
    )
    decided_at = models.DateTimeField(null=True)
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+"
    )
    dismissal = models.CharField(max_length=400, blank=True)

    objects = RetrainingQuerySet.as_manager()

    class Meta:
        verbose_name = "draft"
        constraints = [
            models.UniqueConstraint(
                fields=["model"], condition=Q(status="open"), name="retraining_draft_open_once"
            )
        ]

    def __str__(self) -> str:
        return f"draft of {self.model}: {self.reason}"
