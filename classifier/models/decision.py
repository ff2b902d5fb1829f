import hashlib
import json
import logging
from functools import cached_property

from django.conf import settings
from django.db import models
from django.db.models.functions import Now
from django.utils import timezone

from accounts.querysets import TenantQuerySet
from classifier.engine.errors import Unreadable
from classifier.engine.measure.decision import Outcome, Rule, Wish
from classifier.models.model_version import ModelVersion
from common.models import UUIDModel
from jobs.models import Job

logger = logging.getLogger(__name__)
# Training vectors of length 1, float32, by class: what distances are told from.
REFERENCES_FILE = "references.npy"
_DIGEST_BYTES = 32
_WITH_VECTORS = "-vectors"


class DecisionQuerySet(TenantQuerySet):
    organization_path = "model_version__model__organization"


class Decision(UUIDModel):
    """When a version's answers are accepted, reviewed or unknown; its status is its job's.

    The job measures once what every wish is decided on: `answers`, the packed `DecisionAnswers` of
    the validation split; `references`, {sha256, bytes} of the vectors' file, null where the model
    gives none; `contents`, the SHA-256 of their images in its order. Until then `rule` and
    `outcome` are null and predictions have no decision. `rule_name` says where a worker finds
    the rule; empty while there is none. `withdrawn` is {class name: why} of promises that feedback
    has broken since the wish was set (`wished_at`), "" for all classes together.
    """

    model_version = models.OneToOneField(
        ModelVersion, on_delete=models.PROTECT, related_name="decision"
    )
    job = models.OneToOneField(Job, on_delete=models.PROTECT, related_name="decision")
    wish = models.JSONField()
    answers = models.BinaryField(null=True)
    starts = models.JSONField(default=list)
    contents = models.BinaryField(null=True)
    references = models.JSONField(null=True)
    # With defaults in the database: during an upgrade processes of before write rows, too.
    wished_at = models.DateTimeField(default=timezone.now, db_default=Now())
    withdrawn = models.JSONField(default=dict, db_default={})
    rule = models.JSONField(null=True)
    rule_name = models.CharField(max_length=80, blank=True)
    outcome = models.JSONField(null=True)
    changed_at = models.DateTimeField(auto_now=True)
    changed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+"
    )

    objects = DecisionQuerySet.as_manager()

    def __str__(self) -> str:
        return f"Decision of {self.model_version}"

    @property
    def measured(self) -> bool:
        """Whether the validation answers are there."""
        return self.answers is not None

    @cached_property
    def asked(self) -> Wish:
        """What a person asks for; raises `Unreadable` where a later Loupe wrote it."""
        return Wish.from_json(self.wish)

    @cached_property
    def held(self) -> Outcome | None:
        """What holds on validation; None until it is measured, and where it cannot be read."""
        if self.outcome is None:
            return None
        try:
            return Outcome.from_json(self.outcome)
        except Unreadable as error:
            logger.error("decision %s: %s", self.pk, error)
            return None

    @property
    def is_hand_set(self) -> bool:
        """Whether a person chose the thresholds, so that nothing is promised of precision."""
        return self.asked.thresholds is not None

    def set_rule(self, rule: Rule, outcome: Outcome) -> None:
        """Take a rule and what it does; the caller saves."""
        self.rule, self.outcome = rule.to_json(), outcome.to_json()
        # Equal rules of two versions are told from other vectors.
        vectors = self.references["sha256"] if self.references else ""
        digest = hashlib.sha256(self.rule_content + vectors.encode()).hexdigest()
        self.rule_name = f"{digest}{_WITH_VECTORS}" if vectors else digest
        self.__dict__.pop("held", None)

    @property
    def rule_content(self) -> bytes:
        """The rule as a worker reads it."""
        return json.dumps(self.rule, sort_keys=True).encode()

    def content_of(self, row: int) -> str:
        """Return the SHA-256 of the image that a row of the vectors is of."""
        start = row * _DIGEST_BYTES
        return bytes(self.contents or b"")[start : start + _DIGEST_BYTES].hex()


def with_vectors(rule_name: str) -> bool:
    """Whether the version has training vectors, by the name of its rule."""
    return rule_name.endswith(_WITH_VECTORS)
