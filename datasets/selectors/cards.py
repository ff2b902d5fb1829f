"""Datasets as cards: what each holds, and pictures from several of its classes."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import chain, zip_longest

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import OuterRef

from datasets.models import ClassLabel, Dataset, Image
from datasets.selectors.datasets import Contents, contents_of

COVERS = 8


@dataclass(frozen=True)
class DatasetCard:
    """One dataset of a list; `covers` are the ids of up to eight of its images."""

    dataset: Dataset
    contents: Contents
    covers: list[uuid.UUID]


def cards_of(datasets: Sequence[Dataset]) -> list[DatasetCard]:
    """Return a card for each dataset, in at most four queries however many there are."""
    contents = contents_of(datasets)
    covers = covers_of(contents)
    return [DatasetCard(each, contents[each.pk], covers[each.pk]) for each in datasets]


def covers_of(contents: dict[uuid.UUID, Contents]) -> dict[uuid.UUID, list[uuid.UUID]]:
    """Return the ids of up to `COVERS` images of each dataset, class by class in turn.

    The newest of the first class, the newest of the second, …: the newest images of a dataset
    are often all of one class. Images without a class stand in where there are no others.
    """
    shown = {
        dataset_id: [each.id for each in held.classes if each.image_count][:COVERS]
        for dataset_id, held in contents.items()
    }
    newest = _newest_by_class(list(chain.from_iterable(shown.values())))
    without = [key for key, held in contents.items() if held.image_count and not shown[key]]
    unlabelled = _newest_of(without)
    return {
        dataset_id: _in_turn([newest.get(each, []) for each in classes])
        or unlabelled.get(dataset_id, [])
        for dataset_id, classes in shown.items()
    }


def _in_turn(lists: list[list[uuid.UUID]]) -> list[uuid.UUID]:
    """Return the first of each list, then the second of each, up to `COVERS`."""
    turns = chain.from_iterable(zip_longest(*lists))
    return [each for each in turns if each is not None][:COVERS]


def _newest_by_class(classes: list[uuid.UUID]) -> dict[uuid.UUID, list[uuid.UUID]]:
    if not classes:
        return {}
    newest = Image.objects.alive().filter(class_label=OuterRef("pk"))
    ids = newest.order_by("-created_at", "-id").values("pk")[:COVERS]
    rows = ClassLabel.objects.filter(pk__in=classes).order_by()
    return dict(rows.annotate(newest=ArraySubquery(ids)).values_list("pk", "newest"))


def _newest_of(datasets: list[uuid.UUID]) -> dict[uuid.UUID, list[uuid.UUID]]:
    if not datasets:
        return {}
    newest = Image.objects.alive().filter(dataset=OuterRef("pk"))
    ids = newest.order_by("-created_at", "-id").values("pk")[:COVERS]
    rows = Dataset.objects.filter(pk__in=datasets).order_by()
    return dict(rows.annotate(newest=ArraySubquery(ids)).values_list("pk", "newest"))
