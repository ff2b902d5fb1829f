import logging
from functools import cached_property

from django.conf import settings
from django.db import models

from accounts.querysets import TenantQuerySet
from classifier.engine.errors import Unreadable
from classifier.engine.formats.exports import FORMATS, ExportFormat
from classifier.engine.measure.export_parity import ExportParity
from classifier.models.model_version import ModelVersion
from common.models import UUIDModel
from jobs.models import Job

logger = logging.getLogger(__name__)


class ModelExportQuerySet(TenantQuerySet):
    organization_path = "model_version__model__organization"
    shared_when_null = True


class ModelExport(UUIDModel):
    """A file of a model version in a format that was asked for; its status is its job's.

    `file` is {name, sha256, bytes} of what lies in `storage.model_dir(version)`, null until the job
    has succeeded: made by it, or left by training. `parity` is a stored `ExportParity`, null until
    then.
    """

    model_version = models.ForeignKey(
        ModelVersion, on_delete=models.PROTECT, related_name="exports"
    )
    format = models.CharField(max_length=20)
    job = models.OneToOneField(Job, on_delete=models.PROTECT, related_name="model_export")
    file = models.JSONField(null=True)
    parity = models.JSONField(null=True)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+"
    )

    objects = ModelExportQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["model_version", "format"], name="model_export_once_a_format"
            )
        ]

    def __str__(self) -> str:
        return f"{self.format} of {self.model_version}"

    @property
    def kind_of_file(self) -> ExportFormat:
        """Its format."""
        return FORMATS[self.format]

    @property
    def file_name(self) -> str:
        """What its file is called; empty until it is there."""
        return "" if self.file is None else str(self.file["name"])

    @property
    def under_way(self) -> bool:
        """Whether it is being made now, or waits for its turn."""
        return not self.job.is_terminal

    @cached_property
    def check_result(self) -> ExportParity | None:
        """How the file answers; None until that is measured, and where this Loupe can't read it."""
        if self.parity is None:
            return None
        try:
            return ExportParity.from_json(self.parity)
        except Unreadable as error:
            logger.error("export %s: %s", self.pk, error)
            return None

    @property
    def differs(self) -> bool:
        """Whether its file does not answer as the served one, as far as that is known."""
        return self.file is not None and not (self.check_result and self.check_result.passed)

    @property
    def seen_is_unknown(self) -> bool:
        """Whether it was asked how many images the model learned from, without an answer.

        Before there was that question, it was not measured.
        """
        return self.parity is not None and self.parity.get("seen_in_training", 0) is None
