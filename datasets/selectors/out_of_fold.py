"""Reading what models think of images that they had not learned from."""

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from datasets.models import Dataset, Image, OutOfFold

_DIGEST = 32


@dataclass(frozen=True)
class Heard:
    """Probabilities (n, classes) of the images that are asked about; rows of NaN where none is."""

    title: str
    probabilities: npt.NDArray[np.float32]


def out_of_fold_of(
    dataset: Dataset, ids: Sequence[uuid.UUID], classes: Mapping[uuid.UUID, str]
) -> Heard | None:
    """Return the kept answers about images, a column for each of `classes` in their order.

    A class that was not among those answered has probability 0. None where nothing is kept.
    """
    row = OutOfFold.objects.filter(dataset=dataset).first()
    if row is None:
        return None
    width = len(row.class_names)
    kept = np.frombuffer(bytes(row.probabilities), "<f2").reshape(-1, width).astype(np.float32)
    content = bytes(row.contents)
    place = {
        content[start : start + _DIGEST].hex(): start // _DIGEST
        for start in range(0, len(content), _DIGEST)
    }
    sha256_of = dict(Image.objects.filter(dataset=dataset).values_list("pk", "sha256"))
    places = np.array([place.get(sha256_of.get(image_id, ""), -1) for image_id in ids], np.int64)
    known = places >= 0
    found = np.full((len(ids), len(classes)), np.nan, np.float32)
    found[known] = 0
    column = {name: number for number, name in enumerate(row.class_names)}
    for number, name in enumerate(classes.values()):
        if name in column:
            found[known, number] = kept[places[known], column[name]]
    return Heard(row.title, found)
