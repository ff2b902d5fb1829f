import logging

from django.conf import settings
from django.db import models

from accounts.models import Organization
from accounts.querysets import TenantQuerySet
from classifier.engine.errors import Unreadable
from classifier.engine.target import ClassProbability, ImageAnswer
from classifier.models.model_version import ModelVersion
from common.models import UUIDModel

logger = logging.getLogger(__name__)


class Prediction(UUIDModel):
    """One answer of a model about one image, or about several of one thing; never changed.

    It belongs to the caller's organization, also when the model is a built-in one. `answer` is a
    stored `ImageAnswer`; all read it by `classes`. `precision` is what the network calculated with,
    empty where that was not kept; `latency_ms` how long its request took, from its arrival until
    the answer was about to be kept, null where that was not measured. About several images
    (`combine=true`), `images` is [{name, sha256, answer}] of each by itself, `name` speaks of them
    all and `image_sha256` is empty; null about one. It is empty, too, where a try link asked.
    """

    organization = models.ForeignKey(
        Organization, on_delete=models.PROTECT, related_name="predictions"
    )
    model_version = models.ForeignKey(
        ModelVersion, on_delete=models.PROTECT, related_name="predictions"
    )
    name = models.CharField(max_length=255)
    image_sha256 = models.CharField(max_length=64, blank=True)
    answer = models.JSONField()
    images = models.JSONField(null=True)
    # With a default in the database: during an upgrade web processes of before write rows, too.
    precision = models.CharField(max_length=10, blank=True, db_default="", editable=False)
    latency_ms = models.PositiveIntegerField(null=True, editable=False)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+"
    )

    objects = TenantQuerySet.as_manager()

    class Meta:
        indexes = [models.Index(fields=["model_version", "-created_at"])]

    @property
    def classes(self) -> tuple[ClassProbability, ...]:
        """The top of the answer, most probable first.

        Empty, with an entry in the log, where another version of Loupe wrote what this one cannot
        read.
        """
        try:
            return ImageAnswer.from_json(self.answer).classes
        except Unreadable as error:
            logger.error("prediction %s: %s", self.pk, error)
            return ()

    @property
    def decision(self) -> str | None:
        """What the version's decision said, None where it had none."""
        try:
            return ImageAnswer.from_json(self.answer).decision
        except Unreadable:
            return None

    def __str__(self) -> str:
        return self.name
