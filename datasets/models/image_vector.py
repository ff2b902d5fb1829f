from django.db import models

from accounts.querysets import TenantQuerySet
from datasets.models.image import Image


class ImageVectorQuerySet(TenantQuerySet):
    organization_path = "image__dataset__organization"


class ImageVector(models.Model):
    """What a backbone makes of an image's content: `vector` is float16, in the machine's order.

    One for each image and backbone; images of one organization with the same content have copies
    of one computation.
    """

    image = models.ForeignKey(
        Image, on_delete=models.CASCADE, related_name="vectors", db_index=False
    )
    backbone = models.CharField(max_length=60)
    vector = models.BinaryField()

    objects = ImageVectorQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["image", "backbone"], name="one_vector_per_backbone")
        ]

    def __str__(self) -> str:
        return f"{self.backbone} of {self.image_id}"
