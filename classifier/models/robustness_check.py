import logging
from functools import cached_property

from django.conf import settings
from django.db import models

from accounts.querysets import TenantQuerySet
from classifier.engine.errors import Unreadable
from classifier.engine.measure.robustness import Robustness
from classifier.models.evaluation_report import EvaluationReport
from common.models import UUIDModel
from jobs.models import Job

logger = logging.getLogger(__name__)


class RobustnessCheckQuerySet(TenantQuerySet):
    organization_path = "report__organization"


class RobustnessCheck(UUIDModel):
    """A report's images made worse step by step, asked for by a person; its status is its job's.

    `images` says how many of the report's images were asked for. `result` is a stored `Robustness`
    and null until the job has succeeded.
    """

    report = models.ForeignKey(
        EvaluationReport, on_delete=models.CASCADE, related_name="robustness_checks"
    )
    images = models.PositiveIntegerField()
    job = models.OneToOneField(Job, on_delete=models.PROTECT, related_name="robustness_check")
    result = models.JSONField(null=True)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+"
    )

    objects = RobustnessCheckQuerySet.as_manager()

    def __str__(self) -> str:
        return f"Robustness of {self.report}"

    @cached_property
    def figures(self) -> Robustness | None:
        """What was measured; None until it is, and where this Loupe cannot read it."""
        if self.result is None:
            return None
        try:
            return Robustness.from_json(self.result)
        except Unreadable as error:
            logger.error("robustness check %s: %s", self.pk, error)
            return None
