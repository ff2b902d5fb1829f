"""Reading classes, and what hangs on one."""

import uuid
from dataclasses import dataclass

from django.db.models import BigIntegerField, Count, F, Q, QuerySet, Sum
from django.db.models.functions import Coalesce

from accounts.models import User
from datasets.models import ClassLabel, Dataset, DatasetVersion, Image
from datasets.selectors.datasets import ClassCount

_IMAGES = Coalesce(Sum("image_counts__images"), 0, output_field=BigIntegerField())


@dataclass(frozen=True)
class ClassUse:
    """What renaming, merging or deleting a class touches.

    `versions` are the numbers of those that hold it under this name: they keep it.
    """

    id: uuid.UUID
    name: str
    image_count: int
    trashed_count: int
    versions: list[int]
    description: str
    link: str


def classes_of(dataset: Dataset) -> QuerySet[ClassLabel]:
    """Return a dataset's classes in their order, with `image_count` (not counting the trash)."""
    labels = ClassLabel.objects.filter(dataset=dataset).order_by("position", "name")
    return labels.annotate(image_count=_IMAGES)


def class_counts(dataset: Dataset) -> list[ClassCount]:
    """Return a dataset's classes in their order, without their notes."""
    return [ClassCount(*row) for row in _counted(dataset)]


def largest_classes(dataset: Dataset, most: int, also: str = "") -> list[ClassCount]:
    """Return the `most` largest classes, the largest first, and the one that is called `also`."""
    counted = _counted(dataset)
    largest = list(counted.order_by(F("count").desc(), "position", "name")[:most])
    if also and all(name != also for _, name, _ in largest):
        largest += counted.filter(name=also)
    return [ClassCount(*row) for row in largest]


def _counted(dataset: Dataset) -> QuerySet[ClassLabel, tuple[uuid.UUID, str, int]]:
    labels = ClassLabel.objects.filter(dataset=dataset).order_by("position", "name")
    return labels.annotate(count=_IMAGES).values_list("pk", "name", "count")


def class_names(dataset: Dataset, most: int | None = None) -> list[str]:
    """Return the names of a dataset's classes in their order, of more than `most` the first."""
    return list(ClassLabel.objects.filter(dataset=dataset).values_list("name", flat=True)[:most])


def class_use(label: ClassLabel) -> ClassUse:
    """Return what hangs on a class, in two queries."""
    counts = Image.objects.filter(class_label=label).aggregate(
        alive=Count("pk", filter=Q(deleted_at=None)), all=Count("pk")
    )
    versions = DatasetVersion.objects.filter(
        dataset=label.dataset, class_names__contains=[label.name]
    ).order_by("number")
    return ClassUse(
        id=label.pk,
        name=label.name,
        image_count=counts["alive"],
        trashed_count=counts["all"] - counts["alive"],
        versions=list(versions.values_list("number", flat=True)),
        description=label.description,
        link=label.link,
    )


@dataclass(frozen=True)
class ClassNote:
    """What goes with answers of a class; `link` is an http or https address, or empty."""

    description: str
    link: str


def notes_of(version: DatasetVersion) -> dict[str, ClassNote]:
    """Return the notes of a version's classes as they are now, by the names that it froze.

    A note follows its class: one that was renamed since has it still, another class that has the
    name by now gives it nothing.
    """
    if version.class_ids is None:
        return {}
    names = dict(zip(version.class_ids, version.class_names, strict=True))
    labels = ClassLabel.objects.filter(dataset=version.dataset_id).exclude(description="", link="")
    return {
        names[str(label.pk)]: ClassNote(label.description, label.link)
        for label in labels
        if str(label.pk) in names
    }


def visible_class(user: User, class_id: uuid.UUID) -> ClassLabel:
    """Return a class of a dataset that `user` may see; raises `NotFound`."""
    labels = ClassLabel.objects.for_user(user).filter(dataset__deleted_at=None)
    return labels.select_related("dataset__organization").get_visible(class_id)
