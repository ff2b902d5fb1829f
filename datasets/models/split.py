from django.db import models


class Split(models.IntegerChoices):
    """What a sample of a version is used for; the label is its name in the API."""

    TRAIN = 0, "train"
    VALIDATION = 1, "validation"
    TEST = 2, "test"


class SplitName(models.TextChoices):
    """The folder of an archive that an image came from; empty when there was none."""

    TRAIN = "train", "train"
    VALIDATION = "validation", "validation"
    TEST = "test", "test"
