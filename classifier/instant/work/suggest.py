"""From a head to what is suggested for each image without a class."""

import uuid
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from classifier.engine.instant.head import Head, softmax
from classifier.engine.instant.look_alikes import LookAlikes
from classifier.instant.selectors import DatasetVectors, Labels
from datasets.models import Dataset
from datasets.selectors.suggestions import NO_CLASS, rejections_of
from datasets.services.labelling.suggestions import Suggested

_BLOCK = 4_000
_LARGEST = 60_000  # that a float16 holds


def suggest(
    dataset: Dataset,
    found: DatasetVectors,
    labels: Labels,
    alike: LookAlikes,
    head: Head | None,
) -> Suggested:
    """Return the likeliest class of each image that has none, of those that no person ruled out.

    Without a head only the groups that look alike.
    """
    free = np.flatnonzero(~labels.has_class)
    ids = [found.ids[row] for row in free]
    if head is None:
        best = _Best(np.full(len(free), NO_CLASS), np.zeros(len(free)), np.zeros(len(free)))
    else:
        best = _best(found.vectors[free], head, _ruled_out(dataset, ids, labels))
    return Suggested(
        image_ids=np.frombuffer(b"".join(each.bytes for each in ids), np.uint8).reshape(-1, 16),
        class_index=best.classes,
        probability=best.probability,
        margin=best.margin,
        group=alike.group[free],
        closeness=alike.closeness[free],
        groups_to_name=alike.to_name(alike.group[labels.rows]),
    )


class _Best(NamedTuple):
    classes: npt.NDArray[np.integer]
    probability: npt.NDArray[np.floating]
    margin: npt.NDArray[np.floating]


def _best(vectors: npt.NDArray[np.float16], head: Head, ruled_out: dict[int, list[int]]) -> _Best:
    """Return each image's likeliest class; NO_CLASS where people ruled out every one."""
    parts = [_Best(np.empty(0, np.int64), np.empty(0), np.empty(0))]
    for start in range(0, len(vectors), _BLOCK):
        logits = head.logits(vectors[start : start + _BLOCK])
        for row in ruled_out.keys() & set(range(start, start + len(logits))):
            logits[row - start, ruled_out[row]] = -np.inf
        parts.append(_best_of(logits, head.temperature))
    return _Best(*(np.concatenate(columns) for columns in zip(*parts, strict=True)))


def _best_of(logits: npt.NDArray[np.float32], temperature: float) -> _Best:
    second, first = np.partition(logits, -2, axis=1)[:, -2:].T
    none = np.isneginf(first)
    logits[none] = first[none] = 0
    return _Best(
        np.where(none, NO_CLASS, logits.argmax(axis=1)),
        np.where(none, 0, softmax(logits / temperature).max(axis=1)),
        np.where(none, 0, np.clip(first - second, 0, _LARGEST)),
    )


def _ruled_out(dataset: Dataset, ids: list[uuid.UUID], labels: Labels) -> dict[int, list[int]]:
    """Return the classes (in the head's order) that people ruled out, by place in `ids`."""
    names = dataset.classes.filter(pk__in=labels.class_ids).values_list("name", "pk")
    index = {name: labels.class_ids.index(class_id) for name, class_id in names}
    place = {image_id: number for number, image_id in enumerate(ids)}
    found: dict[int, list[int]] = {}
    for image_id, name in rejections_of(dataset.pk):
        if image_id in place and name in index:
            found.setdefault(place[image_id], []).append(index[name])
    return found
