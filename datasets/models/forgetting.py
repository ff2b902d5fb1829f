from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models

from accounts.models import Organization
from accounts.querysets import TenantQuerySet
from common.models import UUIDModel
from jobs.models import Job

MOST_REASON = 500


class Forgetting(UUIDModel):
    """One content that an organization forgets in some of its datasets; its status is its job's.

    `image_ids` are the images of it that go, all of the content in each of `dataset_ids`: those
    that versions hold stay as rows without name, metadata and file, the others are deleted.
    `erased_at` is when their rows were; files follow. `sha256` stays: frozen versions have it in
    their digests, and machines that were off find by it what they keep. `counts` says how much of
    each kind was removed, `met` which models had met it that no row tells of later:
    [{version, via}]; `datasets.services.forget_images` and `classifier.lineage` fill it.
    """

    organization = models.ForeignKey(
        Organization, on_delete=models.PROTECT, related_name="forgettings"
    )
    sha256 = models.CharField(max_length=64, db_index=True)
    dataset_ids = ArrayField(models.UUIDField())
    image_ids = ArrayField(models.UUIDField())
    reason = models.CharField(max_length=MOST_REASON)
    job = models.OneToOneField(Job, on_delete=models.PROTECT, related_name="forgetting")
    erased_at = models.DateTimeField(null=True, db_index=True)
    counts = models.JSONField(default=dict)
    met = models.JSONField(default=list, db_default=[])
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+"
    )

    objects = TenantQuerySet.as_manager()

    def __str__(self) -> str:
        return f"Forgetting {self.pk}"
