"""Which unlabelled images a model learned from besides the images of its dataset version."""

import csv

from classifier.engine.formats.facts import TAKEN_FILE
from classifier.models import ModelVersion
from storage import durable
from storage.names import model_file_name


def taken_images(version: ModelVersion) -> list[str]:
    """Return the contents (SHA-256) without a class that joined the version's training.

    Of a student also those that joined its teacher's, while that is there.
    """
    taught = version.distilled
    teacher = ModelVersion.objects.filter(pk=taught["teacher"]).first() if taught else None
    known = taken_images(teacher) if teacher is not None else []
    return known + _named(version)


def _named(version: ModelVersion) -> list[str]:
    if TAKEN_FILE not in version.files:
        return []
    text = durable.read(model_file_name(version.pk, TAKEN_FILE)).decode()
    return [row["image_sha256"] for row in csv.DictReader(text.splitlines())]
