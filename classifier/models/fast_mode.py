import logging
from functools import cached_property
from pathlib import Path

from django.conf import settings
from django.db import models

from accounts.querysets import TenantQuerySet
from classifier.engine.errors import Unreadable
from classifier.engine.measure.fast_mode import FastCheck
from classifier.engine.runtime.answer import INT8
from classifier.models.model_version import ModelVersion
from common.models import UUIDModel
from jobs.models import Job
from storage import durable
from storage.names import model_file_name

logger = logging.getLogger(__name__)
FAST_FILE = "model.int8.onnx"


class FastModeQuerySet(TenantQuerySet):
    organization_path = "model_version__model__organization"


class FastMode(UUIDModel):
    """A faster file of a model version, made and checked on request; its status is its job's.

    `measured` is a stored `FastCheck` and null until the job has succeeded; `file` is {sha256,
    bytes} of what may answer then, null where the check refuses it. `enabled` says whether it does.
    """

    model_version = models.OneToOneField(
        ModelVersion, on_delete=models.PROTECT, related_name="fast_mode"
    )
    precision = models.CharField(max_length=10, default=INT8)
    job = models.OneToOneField(Job, on_delete=models.PROTECT, related_name="fast_mode")
    measured = models.JSONField(null=True)
    file = models.JSONField(null=True)
    enabled = models.BooleanField(default=False)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+"
    )

    objects = FastModeQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(enabled=False) | models.Q(file__isnull=False),
                name="fast_mode_enabled_has_a_file",
            )
        ]

    def __str__(self) -> str:
        return f"Fast mode of {self.model_version}"

    @property
    def offered(self) -> bool:
        """Whether it may be switched on."""
        return self.file is not None

    @cached_property
    def check_result(self) -> FastCheck | None:
        """The figures; None until there are some, and where this Loupe cannot read them."""
        if self.measured is None:
            return None
        try:
            return FastCheck.from_json(self.measured)
        except Unreadable as error:
            logger.error("fast mode %s: %s", self.pk, error)
            return None

    @property
    def refusal(self) -> str:
        """Why it is not offered, with the figures; empty where it is, and until it is checked."""
        return self.check_result.refusal if self.check_result and not self.offered else ""

    @property
    def path(self) -> Path:
        """Where the file lies on this machine, if it is kept."""
        name = model_file_name(self.model_version_id, FAST_FILE)
        return (
            durable.local_content(name, self.file["sha256"]) if self.file else durable.local(name)
        )
