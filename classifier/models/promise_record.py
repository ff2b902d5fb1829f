from django.db import models

from accounts.querysets import TenantQuerySet
from classifier.models.decision import Decision
from common.models import UUIDModel


class PromiseRecordQuerySet(TenantQuerySet):
    organization_path = "decision__model_version__model__organization"


class PromiseRecord(UUIDModel):
    """How the promise of a decision's rule holds by feedback, from `since` on.

    A wish that is set again begins another record: `rule_name` says of which rule it is. `checked`
    is {class name: [right, wrong]} of accepted answers that people checked; `broken` has the
    classes whose promise was withdrawn ("" stands for the promise of all), `withdrawn_at` when.
    """

    decision = models.ForeignKey(Decision, on_delete=models.CASCADE, related_name="promises")
    rule_name = models.CharField(max_length=80)
    since = models.DateTimeField()
    checked = models.JSONField(default=dict)
    broken = models.JSONField(default=list)
    withdrawn_at = models.DateTimeField(null=True)

    objects = PromiseRecordQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["decision", "rule_name", "since"], name="promise_record_once"
            )
        ]

    def __str__(self) -> str:
        return f"Promise of {self.decision}"
