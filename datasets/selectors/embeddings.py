"""What an analysis compares images by: one vector for each image of a dataset."""

import uuid
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from datasets.analysis.descriptor import DESCRIPTOR_NAME, DESCRIPTOR_SIZE, describe
from datasets.analysis.fingerprint import COLOUR_CELLS, stack_thumbnails
from datasets.models import Dataset, ImageFingerprint


@dataclass(frozen=True)
class Embeddings:
    """Vectors of images: `vectors` float16 (n, d) in the order of `ids`, compared by cosine.

    `name` says what made them: a backbone, or Loupe's own small descriptor.
    """

    ids: list[uuid.UUID]
    vectors: npt.NDArray[np.float16]
    name: str


def embeddings_of(dataset: Dataset) -> Embeddings:
    """Return a vector for every image of the dataset that has a fingerprint, ordered by content."""
    rows = (
        ImageFingerprint.objects.filter(image__dataset=dataset, image__deleted_at=None)
        .order_by("image__sha256", "image_id")
        .values_list("image_id", "thumbnail", "colours")
    )
    ids, thumbnails, colours = [], [], []
    for image_id, thumbnail, tint in rows.iterator(5_000):
        ids.append(image_id)
        thumbnails.append(bytes(thumbnail))
        colours.append(bytes(tint))
    if not ids:
        return Embeddings([], np.empty((0, DESCRIPTOR_SIZE), np.float16), DESCRIPTOR_NAME)
    tints = np.frombuffer(b"".join(colours), np.uint8)
    tints = tints.reshape(len(ids), COLOUR_CELLS, COLOUR_CELLS, 3)
    return Embeddings(ids, describe(stack_thumbnails(thumbnails), tints), DESCRIPTOR_NAME)
