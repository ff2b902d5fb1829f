from django.contrib.postgres.fields import ArrayField
from django.db import models

from accounts.querysets import TenantQuerySet
from datasets.models.dataset import Dataset

ARRAYS = (
    "head",
    "centres",
    "image_ids",
    "class_index",
    "probability",
    "margin",
    "group",
    "closeness",
)


class InstantModelQuerySet(TenantQuerySet):
    organization_path = "dataset__organization"

    def without_arrays(self) -> "InstantModelQuerySet":
        """Read what a page says of it, not the megabyte of what it suggests."""
        return self.defer(*ARRAYS)


class InstantModel(models.Model):
    """What Loupe fits by itself on a dataset's labels and vectors, and what it suggests.

    A row comes with the dataset's first vectors, and goes when its `instant_model` is switched off.
    `wanted` counts the changes that a fit would notice, `seen` those that the last one knew of:
    where they differ, one is due or under way.
    `vectors_at` is when vectors were last added.

    `head` is float32 (classes, d + 1), the bias last, over `temperature`; its classes are
    `class_ids`. `centres` is float32 (k, d): middles of groups of images that look alike. The
    arrays run side by side, little-endian, an entry for each image that had no class: `image_ids`
    16 bytes each, in their order, `class_index` uint16 (0xFFFF: none), its `probability` float16
    and its `margin` float16 before the next likely class (a logit: it still tells apart what is
    all but certain), `group` uint16 and `closeness` float16 to the group's centre.
    `groups_to_name` are groups that a person can name as one, in this order. `labelled` images had
    a class and a vector, `learned_from` of them taught the head, `held_out` were left out because a
    version tests on them. `accuracy` is cross-validated, null until it is known, with its 95 %
    interval.
    """

    # Of more labelled images, so many teach the head: more makes a fit slow and hardly better.
    MOST_LABELLED = 20_000

    dataset = models.OneToOneField(
        Dataset, primary_key=True, on_delete=models.CASCADE, related_name="+"
    )
    wanted = models.PositiveBigIntegerField(default=0)
    seen = models.PositiveBigIntegerField(default=0)
    vectors_at = models.DateTimeField(null=True)
    method = models.CharField(max_length=20, blank=True)
    embedding = models.CharField(max_length=120, blank=True)
    class_ids = ArrayField(models.UUIDField(), default=list)
    labelled = models.PositiveIntegerField(default=0)
    learned_from = models.PositiveIntegerField(default=0)
    held_out = models.PositiveIntegerField(default=0)
    head = models.BinaryField(default=bytes)
    temperature = models.FloatField(default=1.0)
    centres = models.BinaryField(default=bytes)
    groups_to_name = ArrayField(models.PositiveIntegerField(), default=list)
    image_ids = models.BinaryField(default=bytes)
    class_index = models.BinaryField(default=bytes)
    probability = models.BinaryField(default=bytes)
    group = models.BinaryField(default=bytes)
    margin = models.BinaryField(default=bytes)
    closeness = models.BinaryField(default=bytes)
    accuracy = models.FloatField(null=True)
    accuracy_low = models.FloatField(null=True)
    accuracy_high = models.FloatField(null=True)
    fitted_at = models.DateTimeField(null=True)

    objects = InstantModelQuerySet.as_manager()

    def __str__(self) -> str:
        return f"Instant model of {self.dataset_id}"
