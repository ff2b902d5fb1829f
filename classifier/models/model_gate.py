import logging
from functools import cached_property

from django.conf import settings
from django.db import models

from accounts.querysets import TenantQuerySet
from classifier.engine.errors import Unreadable
from classifier.engine.measure.gate import Rule
from classifier.engine.measure.gate_rules import GateRule, Unknown, rules_from_json
from classifier.models.registered_model import RegisteredModel
from common.models import UUIDModel
from datasets.models import DatasetVersion

logger = logging.getLogger(__name__)


class ModelGateQuerySet(TenantQuerySet):
    organization_path = "model__organization"


class ModelGate(UUIDModel):
    """The rules of a model's own gate, as of one change; the highest `number` holds.

    `rules` are those of `classifier.engine.measure.gate_rules`. They judge on the test split of
    `dataset_version`, or on each version's own where it is null. Append-only: a trigger refuses
    UPDATE, and DELETE without the model.
    """

    model = models.ForeignKey(
        RegisteredModel, on_delete=models.PROTECT, related_name="gates", db_index=False
    )
    number = models.PositiveIntegerField()
    rules = models.JSONField()
    dataset_version = models.ForeignKey(
        DatasetVersion, null=True, on_delete=models.PROTECT, related_name="model_gates"
    )
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+"
    )

    objects = ModelGateQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["model", "number"], name="model_gate_number_once")
        ]

    def __str__(self) -> str:
        return f"Gate {self.number} of {self.model}"

    @cached_property
    def read(self) -> tuple[GateRule, ...] | None:
        """The rules; None, with an entry in the log, where another Loupe wrote them."""
        try:
            return rules_from_json(self.rules)
        except Unreadable as error:
            logger.error("gate %s: %s", self.pk, error)
            return None

    @property
    def judges(self) -> tuple[Rule, ...]:
        """The rules, or one that lets nothing pass where they cannot be read."""
        return (Unknown(),) if self.read is None else self.read
