"""Reading the tags of versions."""

from collections.abc import Collection, Iterable

from django.db.models import QuerySet

from classifier.models import ModelVersion, RegisteredModel, VersionNote
from common.names import unseen_character
from common.texts import nfc


def tag_name(written: str) -> str:
    """Return how a tag is kept: in NFC, lower case, with single blanks inside and none around."""
    return " ".join(nfc(written).lower().split())


def tagged(versions: QuerySet[ModelVersion], tag: str) -> QuerySet[ModelVersion]:
    """Return the versions with a tag, in whatever case it is written; none of what is no tag."""
    name = tag_name(tag)
    if unseen_character(name) is not None:
        return versions.none()
    return versions.filter(note__tags__contains=[name])


def tags_of(models: Collection[RegisteredModel]) -> list[str]:
    """Return all tags of the models' versions, by the alphabet."""
    rows: Iterable[list[str]] = VersionNote.objects.filter(
        model_version__model__in=models
    ).values_list("tags", flat=True)
    return sorted({tag for tags in rows for tag in tags})


def with_tag(models: Collection[RegisteredModel], tag: str) -> list[RegisteredModel]:
    """Return the models that have a version with the tag, in their order."""
    versions = tagged(ModelVersion.objects.filter(model__in=models), tag)
    found = set(versions.values_list("model_id", flat=True))
    return [model for model in models if model.pk in found]
