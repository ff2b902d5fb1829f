from django.conf import settings
from django.db import models

from accounts.models import Organization
from accounts.querysets import TenantQuerySet
from classifier.models.model_version import ModelVersion
from classifier.models.registered_model import RegisteredModel
from common.models import UUIDModel
from jobs.models import Job


class DriftWatch(UUIDModel):
    """How an organization has the predictions that it asks of a model checked for drift.

    Without a row all is as the fields' defaults say. A look is due every `every_hours` hours, where
    `window` predictions have come since the last one, of which it draws as many. `baseline` is what
    they are compared with: null for the test images of the version, else {from, to}, the
    organization's own predictions of that time (ISO 8601). `looked_at` is when the last scheduled
    look was queued, `seen_until` up to which time it has seen predictions.
    """

    organization = models.ForeignKey(Organization, on_delete=models.CASCADE, related_name="+")
    model = models.ForeignKey(RegisteredModel, on_delete=models.CASCADE, related_name="+")
    enabled = models.BooleanField(default=True)
    window = models.PositiveIntegerField(default=300)
    every_hours = models.PositiveIntegerField(default=24)
    baseline = models.JSONField(null=True)
    looked_at = models.DateTimeField(null=True)
    seen_until = models.DateTimeField(null=True)
    changed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+"
    )

    # Said by selectors: why no check will come by itself.
    obstacle: str

    objects = TenantQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["organization", "model"], name="drift_watch_once")
        ]

    def __str__(self) -> str:
        return f"Drift watch of {self.model}"


class Judgement(models.TextChoices):
    """What a test says: `watch` of its window alone, `drift` among all looks of a month."""

    QUIET = "quiet"
    WATCH = "watch"
    DRIFT = "drift"


class DriftCheck(UUIDModel):
    """A look at an organization's latest predictions of a version; its status is its job's.

    `count` predictions were made from `first_at` to `last_at`. `level` is what an adjusted p-value
    must not exceed to be called drift; `judgement` is that of the gravest finding, empty until the
    job has ended well. `reference` says what they were compared with, in `reference_images` images;
    `missing` which tests were left out, and why, in sentences.
    """

    organization = models.ForeignKey(Organization, on_delete=models.PROTECT, related_name="+")
    model = models.ForeignKey(RegisteredModel, on_delete=models.CASCADE, related_name="+")
    model_version = models.ForeignKey(
        ModelVersion, on_delete=models.CASCADE, related_name="drift_checks"
    )
    job = models.OneToOneField(Job, on_delete=models.PROTECT, related_name="drift_check")
    scheduled = models.BooleanField()
    level = models.FloatField()
    count = models.PositiveIntegerField(default=0)
    first_at = models.DateTimeField(null=True)
    last_at = models.DateTimeField(null=True)
    reference = models.CharField(max_length=300, blank=True)
    reference_images = models.PositiveIntegerField(default=0)
    judgement = models.CharField(max_length=5, choices=Judgement.choices, blank=True)
    missing = models.JSONField(default=list)

    objects = TenantQuerySet.as_manager()

    class Meta:
        indexes = [models.Index(fields=["organization", "model", "-created_at"])]

    def __str__(self) -> str:
        return f"Drift check of {self.model_version}"

    @property
    def judged(self) -> str | None:
        """The judgement; None until the job has ended well."""
        return self.judgement or None


class DriftKind(models.TextChoices):
    """What a test compares."""

    VECTORS = "vectors", "Images (their vectors)"
    CONFIDENCE = "confidence", "Confidence"
    CLASS_MIX = "class_mix", "Class mix"


class DriftFindingQuerySet(TenantQuerySet):
    organization_path = "drift_check__organization"


class DriftFinding(UUIDModel):
    """What one test of a check says.

    `score` is the energy distance of vectors, or a population stability index; `usual` what chance
    alone exceeds in a twentieth of all windows (null of vectors); `p_value` by itself, `adjusted`
    for all tests of the check. `bins` is [{name, found, reference}] with counts; `moved` the ids of
    the kept predictions that moved most, the furthest first.
    """

    drift_check = models.ForeignKey(DriftCheck, on_delete=models.CASCADE, related_name="findings")
    kind = models.CharField(max_length=10, choices=DriftKind.choices)
    score = models.FloatField()
    usual = models.FloatField(null=True)
    p_value = models.FloatField()
    adjusted = models.FloatField()
    judgement = models.CharField(max_length=5, choices=Judgement.choices)
    images = models.PositiveIntegerField()
    bins = models.JSONField(default=list)
    moved = models.JSONField(default=list)

    objects = DriftFindingQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["drift_check", "kind"], name="drift_finding_once")
        ]

    def __str__(self) -> str:
        return f"{self.kind}: {self.judgement}"
