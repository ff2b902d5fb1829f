from django.db import models
from django.db.models.functions import Now

from accounts.models import Organization
from accounts.querysets import TenantQuerySet
from datasets.models.vector_space import VectorSpace


class Vector(models.Model):
    """What a space's backbone makes of a content: `vector` is float16, little-endian.

    One for each organization, content and space: copies share it, and it may be there before any
    image is. The services' purge and sweep forget it when no image of the organization has the
    content.
    """

    pk = models.CompositePrimaryKey("organization_id", "sha256", "space_id")
    organization = models.ForeignKey(
        Organization, on_delete=models.CASCADE, related_name="vectors", db_index=False
    )
    sha256 = models.CharField(max_length=64)
    space = models.ForeignKey(
        VectorSpace, on_delete=models.PROTECT, related_name="vectors", db_index=False
    )
    vector = models.BinaryField()
    created_at = models.DateTimeField(db_default=Now(), editable=False)

    objects = TenantQuerySet.as_manager()

    def __str__(self) -> str:
        return f"{self.space_id} of {self.sha256}"
