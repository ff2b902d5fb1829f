from django.db import models

from accounts.querysets import TenantQuerySet
from datasets.models.image import Image


class ImageFingerprintQuerySet(TenantQuerySet):
    organization_path = "image__dataset__organization"


class ImageFingerprint(models.Model):
    """What was measured of an image's pixels when it was decoded; `datasets.analysis.fingerprint`.

    `group` is the same for images that are copies of one another, near or exact: the id of one of
    them, or the image's own when it has no copy. Empty until the image was compared with the others
    of its dataset.
    """

    image = models.OneToOneField(
        Image, primary_key=True, on_delete=models.CASCADE, related_name="fingerprint"
    )
    pixels_sha256 = models.CharField(max_length=64)
    brightness = models.FloatField()
    contrast = models.FloatField()
    sharpness = models.FloatField()
    thumbnail = models.BinaryField()
    colours = models.BinaryField()
    group = models.UUIDField(null=True)

    objects = ImageFingerprintQuerySet.as_manager()

    def __str__(self) -> str:
        return f"Fingerprint of {self.image_id}"
