from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models

from accounts.querysets import TenantQuerySet
from common.models import UUIDModel
from datasets.models.dataset import Dataset


class BulkAction(models.TextChoices):
    """What can be done to many images at once."""

    RELABEL = "relabel", "Relabel"
    EXCLUDE = "exclude", "Leave out of new versions"
    INCLUDE = "include", "Take into new versions"
    TRASH = "trash", "Move to the trash"
    RESTORE = "restore", "Restore from the trash"


class BulkEditQuerySet(TenantQuerySet):
    organization_path = "dataset__organization"


class BulkEdit(UUIDModel):
    """One change of many images, with what each was before, so that it can be undone.

    The arrays run side by side: `class_ids` and `person_ids` (who had given that class) of a
    relabelling, `times` (of `excluded_at` or `deleted_at`) of every other action. The images carry
    `created_at` as the time of the change: where it still stands, they have not changed since.
    `removed_class` is {id, name, position, description, link} of the class that went with a merge
    or a deletion.
    `rejected_ids` are images of which a person said, in a relabelling, that they are not of this
    class: it is not suggested for them again, unless the edit is undone.
    """

    dataset = models.ForeignKey(Dataset, on_delete=models.CASCADE, related_name="bulk_edits")
    action = models.CharField(max_length=8, choices=BulkAction)
    class_name = models.CharField(max_length=120, blank=True)
    image_ids = ArrayField(models.UUIDField())
    class_ids = ArrayField(models.UUIDField(null=True), default=list)
    person_ids = ArrayField(models.UUIDField(null=True), default=list)
    times = ArrayField(models.DateTimeField(null=True), default=list)
    rejected_ids = ArrayField(models.UUIDField(), default=list)
    removed_class = models.JSONField(null=True)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+"
    )
    undone_at = models.DateTimeField(null=True, editable=False)

    objects = BulkEditQuerySet.as_manager()

    def __str__(self) -> str:
        return f"{self.action} of {len(self.image_ids)} images"
