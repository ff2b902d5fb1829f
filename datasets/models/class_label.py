from django.db import models
from django.db.models import Q

from accounts.models import ShareKind
from accounts.querysets import SharedWith, TenantQuerySet
from common.models import UUIDModel
from datasets.models.dataset import Dataset

MOST_DESCRIPTION = 1_000
MOST_LINK = 500


class ClassLabelQuerySet(TenantQuerySet):
    organization_path = "dataset__organization"
    shared_with = SharedWith(ShareKind.DATASET, "dataset")

    @classmethod
    def open_to_readers(cls) -> Q:
        """Return what is not in the trash with its dataset."""
        return Q(dataset__deleted_at=None)


class ClassLabel(UUIDModel):
    """One of the classes of a dataset. Names differ by case too: letters have `a` and `A`.

    `description` and `link` (http or https) are its note: what goes with every answer of this
    class. Either may be empty.
    """

    dataset = models.ForeignKey(Dataset, on_delete=models.CASCADE, related_name="classes")
    name = models.CharField(max_length=120)
    position = models.PositiveIntegerField(default=0)
    # With defaults in the database: during an upgrade web processes of before write rows, too.
    description = models.TextField(
        max_length=MOST_DESCRIPTION, blank=True, default="", db_default=""
    )
    link = models.CharField(max_length=MOST_LINK, blank=True, default="", db_default="")

    objects = ClassLabelQuerySet.as_manager()

    class Meta:
        ordering = ["position", "name"]
        constraints = [
            models.UniqueConstraint(fields=["dataset", "name"], name="class_label_once_per_dataset")
        ]

    @property
    def has_note(self) -> bool:
        """Whether anything goes with answers of this class."""
        return bool(self.description or self.link)

    def __str__(self) -> str:
        return self.name
