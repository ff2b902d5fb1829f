from django.conf import settings
from django.db import models

from accounts.querysets import TenantQuerySet
from classifier.models.prediction import Prediction
from common.models import UUIDModel
from datasets.models import Image


class FeedbackSource(models.TextChoices):
    """Where someone said it: on a prediction's page, in the review queue, or by a program."""

    PERSON = "person"
    REVIEW = "review"
    API = "api"


class PredictionFeedbackQuerySet(TenantQuerySet):
    organization_path = "prediction__organization"


class PredictionFeedback(UUIDModel):
    """The true class of a prediction, as said last; `created_at` is of the first time.

    `correct` is whether the answer's most probable class was this one. A class that the version
    does not know is a true class all the same (`known` is false). `images` are the rows of a
    dataset that the prediction's images became, where they were added to one.
    """

    prediction = models.OneToOneField(Prediction, on_delete=models.CASCADE, related_name="feedback")
    class_name = models.CharField(max_length=200)
    correct = models.BooleanField()
    known = models.BooleanField()
    source = models.CharField(max_length=8, choices=FeedbackSource)
    images = models.ManyToManyField(Image, related_name="+")
    changed_at = models.DateTimeField(auto_now=True)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+"
    )

    objects = PredictionFeedbackQuerySet.as_manager()

    class Meta:
        verbose_name_plural = "feedback on predictions"
        indexes = [models.Index(fields=["changed_at"], name="feedback_lately")]

    def __str__(self) -> str:
        return f"{self.class_name} for {self.prediction_id}"
