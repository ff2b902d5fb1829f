"""Which unlabelled images a model learned from besides the images of its dataset version."""

import csv
from collections.abc import Iterable

from classifier.engine.formats.facts import TAKEN_FILE, TAUGHT_FILE
from classifier.models import ModelVersion
from storage import durable
from storage.names import model_file_name


def taken_images(version: ModelVersion) -> list[str]:
    """Return the contents (SHA-256) without a class that joined the version's training.

    Of a student also those that joined its teacher's.
    """
    names = [each for each in (TAKEN_FILE, TAUGHT_FILE) if each in version.files]
    texts = (durable.read(model_file_name(version.pk, name)).decode() for name in names)
    return [sha256 for text in texts for sha256 in contents_in(text)]


def contents_in(text: str) -> list[str]:
    """Return the contents that a list of such images names."""
    return [row["image_sha256"] for row in csv.DictReader(text.splitlines())]


def as_list(contents: Iterable[str]) -> bytes:
    """Return such a list, which names contents alone, in their order."""
    return "".join(f"{each}\n" for each in ("image_sha256", *sorted(set(contents)))).encode()
