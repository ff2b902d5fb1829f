"""Reading datasets and what they hold."""

import uuid
from collections.abc import Iterable
from dataclasses import dataclass

from django.db.models import BigIntegerField, Q, QuerySet, Sum
from django.db.models.functions import Cast

from accounts.models import User
from datasets.models import ClassLabel, Dataset, ImageCount
from datasets.selectors.trash import restorable


@dataclass(frozen=True, slots=True)
class ClassCount:
    """A class, how many images it has (not counting the trash), and its note."""

    id: uuid.UUID
    name: str
    image_count: int
    description: str = ""
    link: str = ""


@dataclass(frozen=True)
class Contents:
    """What one dataset holds; unlabelled images are in `image_count` only."""

    image_count: int
    classes: list[ClassCount]

    @property
    def unlabelled_count(self) -> int:
        """How many images wait for a class."""
        return self.image_count - sum(label.image_count for label in self.classes)


def visible_datasets(user: User) -> QuerySet[Dataset]:
    """Return the datasets that `user` may see and that are not in the trash, newest first."""
    return (
        Dataset.objects.for_user(user)
        .alive()
        .select_related("organization")
        .order_by("-created_at", "-id")
    )


def visible_dataset(user: User, dataset_id: uuid.UUID, *, in_trash: bool = False) -> Dataset:
    """Return a dataset, or with `in_trash` also one from there; raises `NotFound`."""
    datasets = Dataset.objects.for_user(user)
    rows = datasets.alive()
    if in_trash:
        rows |= restorable(datasets)
    return rows.select_related("organization").get_visible(dataset_id)


def readable_datasets(user: User) -> QuerySet[Dataset]:
    """Return `visible_datasets`, and those that are shared with an organization of the user's."""
    return (
        Dataset.objects.for_reader(user)
        .alive()
        .select_related("organization", "copied_from__created_by")
        .order_by("-created_at", "-id")
    )


def readable_dataset(user: User, dataset_id: uuid.UUID) -> Dataset:
    """Return a dataset that `user` may read, also one that is shared; raises `NotFound`."""
    rows = (
        Dataset.objects.for_reader(user)
        .alive()
        .select_related("organization", "copied_from__created_by")
    )
    dataset: Dataset = rows.get_visible(dataset_id)
    return dataset


def contents_of(datasets: Iterable[Dataset]) -> dict[uuid.UUID, Contents]:
    """Return what each dataset holds, in two queries however many there are."""
    ids = [dataset.pk for dataset in datasets]
    # A sum of bigint is numeric, which would come as Decimal.
    count = Cast(Sum("images"), BigIntegerField())
    counted = ImageCount.objects.filter(dataset__in=ids).order_by()
    columns = counted.values_list("dataset_id", "class_label_id").annotate(count=count)
    totals = dict.fromkeys(ids, 0)
    of_class: dict[uuid.UUID, int] = {}
    for dataset_id, class_id, images in columns:
        totals[dataset_id] += images
        if class_id is not None:
            of_class[class_id] = images
    classes: dict[uuid.UUID, list[ClassCount]] = {dataset_id: [] for dataset_id in ids}
    labels = ClassLabel.objects.filter(dataset__in=ids)
    fields = ("dataset_id", "pk", "name", "description", "link")
    for dataset_id, class_id, name, description, link in labels.values_list(*fields):
        images = of_class.get(class_id, 0)
        classes[dataset_id].append(ClassCount(class_id, name, images, description, link))
    return {dataset_id: Contents(totals[dataset_id], classes[dataset_id]) for dataset_id in ids}


def contents(dataset: Dataset) -> Contents:
    """Return what one dataset holds."""
    return contents_of([dataset])[dataset.pk]


@dataclass(frozen=True)
class Totals:
    """How much one dataset holds, whatever its classes are; the trash is not counted."""

    image_count: int
    class_count: int
    unlabelled_count: int


def totals(dataset: Dataset) -> Totals:
    """Return how much a dataset holds; `contents` reads what each of its classes holds."""
    counted = ImageCount.objects.filter(dataset=dataset).aggregate(
        every=Sum("images"), unlabelled=Sum("images", filter=Q(class_label=None))
    )
    return Totals(
        image_count=int(counted["every"] or 0),
        class_count=ClassLabel.objects.filter(dataset=dataset).count(),
        unlabelled_count=int(counted["unlabelled"] or 0),
    )


def image_count(dataset: Dataset) -> int:
    """Return how many images a dataset has, not counting the trash."""
    counted = ImageCount.objects.filter(dataset=dataset).aggregate(images=Sum("images"))
    return int(counted["images"] or 0)
