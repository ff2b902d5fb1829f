"""The look-alikes of `tests.bench.million`: what is asked, and how much of all is found."""

import uuid
from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt

from datasets.models import Dataset, Image
from datasets.selectors.vectors import vector_source
from datasets.services.vectors.neighbours import look_alikes
from datasets.services.vectors.vector_index import VectorIndex, open_index
from tests.bench.million_rows import TWINS

ASKED, NEAREST, PAIRS = 100, 50, 200
_AT_ONCE = 50_000

Found = dict[uuid.UUID, set[uuid.UUID]]


def asked(dataset: Dataset) -> tuple[Found, list[Callable[[], None]]]:
    """Return where the answers go, and the questions: look-alikes of images at random."""
    index = _index(dataset)
    rows = np.random.default_rng(1).choice(len(index.ids), ASKED, replace=False)
    ids = [index.id_at(row) for row in rows.tolist()]
    images = Image.objects.select_related("dataset__space").in_bulk(ids)
    found: Found = {}

    def ask(image: Image) -> Callable[[], None]:
        def answer() -> None:
            found[image.pk] = {each.pk for each, _ in look_alikes(image, NEAREST).images}

        return answer

    return found, [ask(images[image_id]) for image_id in ids]


def recall(dataset: Dataset, found: Found) -> dict[str, Any]:
    """Return which share of the nearest was found, and how many twins came first."""
    index = _index(dataset)
    rows = np.array([row for each in found if (row := index.row_of(each)) is not None])
    true = [{index.id_at(each) for each in best} for best in _nearest(index, rows)]
    shares = [len(a & b) / NEAREST for a, b in zip(found.values(), true, strict=True)]
    pairs = _pairs(dataset)
    first = [look_alikes(image, 1).images[0][0].pk == twin.pk for image, twin in pairs]
    return {
        "asked": len(found),
        "recall": round(float(np.mean(shares)), 4),
        "twins": len(pairs),
        "twin_first": round(float(np.mean(first)), 4),
    }


def _index(dataset: Dataset) -> VectorIndex:
    index = open_index(dataset, vector_source(dataset))
    assert index is not None, "the step `index` makes it"
    return index


def _pairs(dataset: Dataset) -> list[tuple[Image, Image]]:
    images = Image.objects.alive().filter(dataset=dataset).select_related("dataset__space")
    every = TWINS * max(1, images.count() // TWINS // PAIRS)
    names = [_name(number) for number in range(0, every * PAIRS, every)]
    twins = [_name(number + 1) for number in range(0, every * PAIRS, every)]
    by_name = {each.name: each for each in images.filter(name__in=[*names, *twins])}
    return [
        (by_name[one], by_name[other])
        for one, other in zip(names, twins, strict=True)
        if one in by_name and other in by_name
    ]


def _name(number: int) -> str:
    return f"folder/IMG_{number:07d}.jpg"


def _nearest(index: VectorIndex, rows: npt.NDArray[np.int64]) -> list[list[int]]:
    """Return the nearest rows of each row, itself left out, by a full comparison."""
    count = len(index.ids)
    asked = index.searched.read_units(rows).astype(np.float32)
    best, which = np.empty((len(rows), 0), np.float32), np.empty((len(rows), 0), np.int64)
    for start in range(0, count, _AT_ONCE):
        part = index.searched.read_units(np.arange(start, min(start + _AT_ONCE, count)))
        cosines = asked @ part.astype(np.float32).T
        own = np.flatnonzero((rows >= start) & (rows < start + _AT_ONCE))
        cosines[own, rows[own] - start] = -np.inf
        top = np.argpartition(-cosines, min(NEAREST, cosines.shape[1] - 1), axis=1)[:, :NEAREST]
        best = np.concatenate([best, np.take_along_axis(cosines, top, 1)], axis=1)
        which = np.concatenate([which, top + start], axis=1)
    order = np.argsort(-best, axis=1)[:, :NEAREST]
    return np.take_along_axis(which, order, 1).tolist()
