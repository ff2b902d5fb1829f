from django.db import models

from accounts.querysets import TenantQuerySet
from classifier.models.decision import Decision
from common.models import UUIDModel


class PromiseRecordQuerySet(TenantQuerySet):
    organization_path = "decision__model_version__model__organization"


class PromiseRecord(UUIDModel):
    """How a decision's promise holds by feedback, of the wish that was set at `since`.

    `checked` is {class name: [right, wrong]} of accepted answers that people checked; `broken` has
    the classes whose promise was withdrawn ("" stands for the promise of all), `withdrawn_at` when.
    """

    decision = models.ForeignKey(Decision, on_delete=models.CASCADE, related_name="promises")
    since = models.DateTimeField()
    checked = models.JSONField(default=dict)
    broken = models.JSONField(default=list)
    withdrawn_at = models.DateTimeField(null=True)

    objects = PromiseRecordQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["decision", "since"], name="promise_record_once")
        ]

    def __str__(self) -> str:
        return f"Promise of {self.decision}"
