import logging
from functools import cached_property

from django.conf import settings
from django.db import models

from accounts.models import Organization
from accounts.querysets import TenantQuerySet
from classifier.engine.errors import Unreadable
from classifier.engine.fit.rate_curve import RateCurve
from common.models import UUIDModel
from datasets.models import DatasetVersion
from jobs.models import Job

logger = logging.getLogger(__name__)


class RateSearch(UUIDModel):
    """A search for a learning rate of a preset on a dataset version; its status is its job's.

    `setting` names the rate that is sought, `config` holds every setting of the training that it is
    sought for. `measured` is a stored `RateCurve`, null until the job has succeeded; all read it by
    `curve`.
    """

    organization = models.ForeignKey(
        Organization, on_delete=models.PROTECT, related_name="rate_searches"
    )
    dataset_version = models.ForeignKey(
        DatasetVersion, on_delete=models.PROTECT, related_name="rate_searches"
    )
    preset = models.CharField(max_length=40)
    config = models.JSONField()
    setting = models.CharField(max_length=40)
    job = models.OneToOneField(Job, on_delete=models.PROTECT, related_name="rate_search")
    measured = models.JSONField(null=True)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+"
    )

    objects = TenantQuerySet.as_manager()

    class Meta:
        verbose_name = "learning-rate search"
        verbose_name_plural = "learning-rate searches"
        indexes = [models.Index(fields=["organization", "-created_at"])]

    def __str__(self) -> str:
        return f"Learning rate of {self.preset} on {self.dataset_version}"

    @cached_property
    def curve(self) -> RateCurve | None:
        """What was measured; None until then, and where this Loupe cannot read it."""
        if self.measured is None:
            return None
        try:
            return RateCurve.from_json(self.measured)
        except Unreadable as error:
            logger.error("learning-rate search %s: %s", self.pk, error)
            return None
