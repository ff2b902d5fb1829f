"""The training images that are most like an image which a model was measured on."""

from dataclasses import dataclass
from typing import NamedTuple

from classifier.models import ModelVersion
from datasets.models import Dataset, Image, Sample, Split
from datasets.selectors.vectors import vector_source
from datasets.services.vectors.neighbours import look_alikes_in

COUNT = 3
NO_VECTORS = "No image has a vector yet, so no training image is shown beside."


class TrainingNeighbour(NamedTuple):
    """A training image, the class that the model learned for it, and the cosine, -1 to 1."""

    image: Image
    class_name: str
    cosine: float


@dataclass(frozen=True)
class NearestTraining:
    """The nearest first; `why_none` is a sentence where there are none.

    `by_backbone`: a backbone's vectors were compared, not Loupe's own small descriptors.
    """

    neighbours: list[TrainingNeighbour]
    by_backbone: bool
    why_none: str = ""


def why_no_neighbours(version: ModelVersion, dataset: Dataset) -> str:
    """Return why no image of the dataset has training images beside it; empty where some may."""
    learned = version.dataset_version
    if learned is None:
        return "What the model learned from is not in Loupe, so no training image is shown beside."
    if learned.dataset.organization_id != dataset.organization_id:
        return (
            "What the model learned from belongs to another organization, so no training image is "
            "shown beside."
        )
    if learned.dataset_id != dataset.pk:
        return (
            f"The model learned from {learned.dataset.name}, and vectors are compared within a "
            "dataset, so no training image is shown beside."
        )
    if not vector_source(dataset).covered:
        return NO_VECTORS
    return ""


def nearest_training(version: ModelVersion, image: Image, count: int = COUNT) -> NearestTraining:
    """Return up to `count` images of the version's train split, by the dataset's vectors.

    Those in the trash do not count. It may make the dataset's index, which takes seconds.
    """
    learned = version.dataset_version
    if learned is None or learned.dataset_id != image.dataset_id:
        return _none(why_no_neighbours(version, image.dataset))
    if image.deleted_at is not None:
        return _none("What is in the trash is not compared.")
    found = look_alikes_in(image, learned, Split.TRAIN, count)
    if not found.known:
        return _none("This image has no vector yet.")
    samples = Sample.objects.kept().filter(version=learned, split=Split.TRAIN)
    of_image = samples.filter(image__in=[each.pk for each, _ in found.images])
    classes = dict(of_image.values_list("image", "class_index"))
    near = [
        TrainingNeighbour(each, learned.class_names[classes[each.pk]], cosine)
        for each, cosine in found.images
        if each.pk in classes
    ]
    if not near:
        return _none("None of the images that the model learned from is left in the dataset.")
    return NearestTraining(near, found.by_backbone)


def _none(sentence: str) -> NearestTraining:
    return NearestTraining([], False, sentence)
