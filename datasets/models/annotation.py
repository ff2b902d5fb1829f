from django.conf import settings
from django.db import models

from accounts.querysets import TenantQuerySet
from common.models import UUIDModel
from datasets.models.class_label import ClassLabel
from datasets.models.image import Image

# The sources of a class that a person gave in the review queue, or as feedback on a prediction
# whose image came into the dataset by that.
REVIEW, FEEDBACK = "review", "feedback"
# Of what a person here gave, wherever they did.
BY_PEOPLE = ("", REVIEW, FEEDBACK)
# What the source of a class begins with that a model gave; its name follows.
MODEL = "model: "


class AnnotationQuerySet(TenantQuerySet):
    organization_path = "image__dataset__organization"


class Annotation(UUIDModel):
    """Who gave which image which class, when, and what it was before.

    Names are kept as they were then; empty means no class. `source` is `REVIEW` where a person gave
    it in the review queue, `FEEDBACK` where they gave it to a prediction; `MODEL` and a name where
    a model's answer was taken as it stood; anything else says where it was copied from with its
    image, and then no one here gave it.
    """

    image = models.ForeignKey(Image, on_delete=models.CASCADE, related_name="annotations")
    class_label = models.ForeignKey(
        ClassLabel, null=True, on_delete=models.SET_NULL, related_name="+"
    )
    class_name = models.CharField(max_length=120, blank=True)
    previous_class_name = models.CharField(max_length=120, blank=True)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+"
    )

    # With a default in the database: during an upgrade processes of before write rows, too.
    source = models.CharField(max_length=300, blank=True, default="", db_default="")

    objects = AnnotationQuerySet.as_manager()

    @property
    def is_copied(self) -> bool:
        """Whether people elsewhere gave it."""
        return self.source not in BY_PEOPLE and not self.model_name

    @property
    def model_name(self) -> str:
        """What gave it, where a model did; empty otherwise."""
        return self.source.removeprefix(MODEL) if self.source.startswith(MODEL) else ""

    def __str__(self) -> str:
        return f"{self.previous_class_name or '∅'} → {self.class_name or '∅'}"
