from django.conf import settings
from django.db import models

from accounts.querysets import TenantQuerySet
from classifier.models.training_run import TrainingRun
from common.models import UUIDModel
from datasets.models import Dataset


class FirstRunStatus(models.TextChoices):
    """How far the first run of a new dataset has come."""

    WAITING = "waiting"
    ASKING = "asking"
    STARTED = "started"
    STOPPED = "stopped"


class FirstRunQuerySet(TenantQuerySet):
    organization_path = "dataset__organization"


class FirstRun(UUIDModel):
    """What is done by itself once the images of a new dataset are there: freeze, then train.

    `ready`: all images have come in. `accepted`: the person answered the `question` with "go on".
    """

    dataset = models.OneToOneField(Dataset, on_delete=models.CASCADE, related_name="first_run")
    status = models.CharField(max_length=8, choices=FirstRunStatus, default=FirstRunStatus.WAITING)
    ready = models.BooleanField(default=False)
    accepted = models.BooleanField(default=False)
    question = models.CharField(max_length=600, blank=True)
    run = models.ForeignKey(
        TrainingRun, null=True, on_delete=models.SET_NULL, related_name="first_run_of"
    )
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+"
    )

    objects = FirstRunQuerySet.as_manager()

    def __str__(self) -> str:
        return f"first run of {self.dataset}"
