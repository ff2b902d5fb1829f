"""The training images that are most like an image which a model was measured on."""

from dataclasses import dataclass
from typing import NamedTuple

from classifier.models import ModelVersion
from datasets.models import Image, Sample, Split
from datasets.services.vectors.neighbours import look_alikes

COUNT = 3


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


def nearest_training(version: ModelVersion, image: Image, count: int = COUNT) -> NearestTraining:
    """Return up to `count` images of the version's train split, by the dataset's vectors.

    Those in the trash do not count. It may make the dataset's index, which takes seconds.
    """
    learned = version.dataset_version
    if learned is None:
        return _none("What the model learned from is not in Loupe.")
    if learned.dataset_id != image.dataset_id:
        return _none(
            f"The model learned from {learned.dataset.name}; vectors are compared within a dataset."
        )
    samples = Sample.objects.filter(version=learned, split=Split.TRAIN)
    found = look_alikes(image, count, among=Image.objects.filter(pk__in=samples.values("image")))
    if not found.known:
        return _none(
            "There is no vector of this image yet: the dataset's map, or its quality check, makes "
            "them."
        )
    of_image = samples.filter(image__in=[each.pk for each, _ in found.images])
    classes = dict(of_image.values_list("image", "class_index"))
    near = [
        TrainingNeighbour(each, learned.class_names[classes[each.pk]], cosine)
        for each, cosine in found.images
    ]
    if not near:
        return _none("None of the images that the model learned from is left in the dataset.")
    return NearestTraining(near, found.by_backbone)


def _none(sentence: str) -> NearestTraining:
    return NearestTraining([], False, sentence)
