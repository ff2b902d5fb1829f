"""What can be told outside Loupe, and the words for it."""

from django.db import models


class Event(models.TextChoices):
    """What happens in an organization; the value names it in the API and in what is sent."""

    JOB_SUCCEEDED = "job.succeeded", "A job has succeeded"
    JOB_FAILED = "job.failed", "A job has failed"
    DRIFT_FOUND = "drift.found", "A model's images have drifted"
    ALIAS_CHANGED = "alias.changed", "An alias points at another version"
    GATE_REFUSED = "gate.refused", "The gate has refused a version"
    RETRAINING_DRAFTED = "retraining.drafted", "A retraining is drafted"
    DECISION_WITHDRAWN = "decision.withdrawn", "A promise of a decision is withdrawn"


# What a person sends to see whether their receiver works: no endpoint asks for it.
TEST = "webhook.test"
# What admins are told by mail alone, as nothing else can tell them.
SWITCHED_OFF = "webhook.switched_off"

SENT_EVENTS = [*Event.choices, (TEST, "A test")]
