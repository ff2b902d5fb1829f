"""The lists of images that versions, or their teachers, took without a class."""

from collections.abc import Collection
from contextlib import suppress

from django.db.models import Q, QuerySet

from classifier.engine.formats.facts import TAKEN_FILE, TAUGHT_FILE
from classifier.models import ModelVersion
from datasets.models import Image
from storage import durable
from storage.names import model_file_name

# Of the newest versions with such lists, so many are looked through.
MOST_READ = 100


def with_lists(own: QuerySet[ModelVersion], images: Collection[Image]) -> QuerySet[ModelVersion]:
    """Return those of the versions that may have taken one of the images, the newest first."""
    # A run takes images of its own dataset; a copy has none, and a teacher may have learned from
    # the same content in another.
    datasets = {image.dataset_id for image in images}
    places = Q(dataset_version__dataset__in=datasets) | Q(dataset_version=None)
    rows = own.filter(places & Q(files__has_key=TAKEN_FILE) | Q(files__has_key=TAUGHT_FILE))
    return rows.order_by("-created_at")


def list_naming(version: ModelVersion, sha256: str) -> str | None:
    """Return which file of the version names the content; None: none. One that is lost does not."""
    for name in (TAKEN_FILE, TAUGHT_FILE):
        with suppress(FileNotFoundError):
            if name in version.files and sha256.encode() in _content(version, name):
                return name
    return None


def _content(version: ModelVersion, name: str) -> bytes:
    return durable.read(model_file_name(version.pk, name))
