from typing import Self

from django.conf import settings
from django.db import models
from django.db.models import Q

from accounts.models import Organization, ShareKind
from accounts.querysets import SharedWith, TenantQuerySet
from accounts.sharing import Subject
from common.models import UUIDModel
from datasets.licences import MOST_WORDS, Licence
from datasets.models.vector_space import VectorSpace


class DatasetQuerySet(TenantQuerySet):
    shared_with = SharedWith(ShareKind.DATASET, "pk")

    @classmethod
    def open_to_readers(cls) -> Q:
        """Return what is not in the trash."""
        return Q(deleted_at=None)

    def alive(self) -> Self:
        """Keep what is not in the trash."""
        return self.filter(deleted_at=None)


class Dataset(UUIDModel):
    """A named, growing collection of images and class labels.

    Services `lock()` it before they change its images, classes or jobs, so that changes come one
    after the other. `space` is what its images are compared in: that of the last embedding that
    went through, empty before one. `instant_model`: whether Loupe may fit one and suggest classes.
    `purged_at`: its days in the trash were over and only its versions keep it. `licence` is that of
    images whose import states none (`datasets.licences`).
    """

    organization = models.ForeignKey(
        Organization, on_delete=models.PROTECT, related_name="datasets"
    )
    name = models.CharField(max_length=120)
    description = models.TextField(max_length=4000, blank=True)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+"
    )
    space = models.ForeignKey(
        VectorSpace,
        null=True,
        editable=False,
        on_delete=models.SET_NULL,
        related_name="+",
        db_index=False,
    )
    instant_model = models.BooleanField(default=True)
    # With defaults in the database: during an upgrade processes of before write rows, too.
    licence = models.CharField(max_length=32, blank=True, default="", db_default="")
    licence_text = models.CharField(max_length=MOST_WORDS, blank=True, default="", db_default="")
    deleted_at = models.DateTimeField(null=True, editable=False)
    purged_at = models.DateTimeField(null=True, editable=False)

    objects = DatasetQuerySet.as_manager()
    # Said by `for_reader`: another organization's, which shares it.
    is_shared = False

    class Meta:
        indexes = [models.Index(fields=["organization", "-created_at"])]

    def __str__(self) -> str:
        return self.name

    @property
    def stated_licence(self) -> Licence:
        """The licence of its images, where their import states none."""
        return Licence(self.licence, self.licence_text)

    @property
    def subject(self) -> Subject:
        """What is shared where this is."""
        return Subject(ShareKind.DATASET, self.pk, self.name, self.organization)
