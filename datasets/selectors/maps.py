"""The map of a dataset: where each image lies, with the class and split it has now.

Of many images it shows those whose contents' hashes come first: a random sample of those that there
were when it was computed.
"""

import uuid
from dataclasses import dataclass
from datetime import datetime

import numpy as np

from datasets.models import ClassLabel, Dataset, DatasetMap, Image, SplitName
from datasets.selectors.datasets import image_count
from datasets.selectors.suggestions import is_one_of
from datasets.selectors.vectors import VectorSource

SPLITS = tuple(SplitName.values)
REACH = 32_767
# Arranging a million would take hours of a processor, and a browser could not draw them.
MOST_ON_MAP = 100_000
# A sample is out of date once this share of it is gone, or so many more or fewer images are there.
_STALE = 0.01


@dataclass(frozen=True)
class MapColumns:
    """One entry an image in each of the last five; images that went to the trash are left out.

    `x`, `y` are -32767..32767; `class_index` counts in `class_names`, `split_index` in SPLITS, -1
    for none. Of a sample, `sample_of` is how many images it was taken from; of a map of all images
    it is None. `placed` is how many images it had at first.
    """

    embedding: str
    method: str
    created_at: datetime
    sample_of: int | None
    placed: int
    class_names: list[str]
    ids: list[uuid.UUID]
    x: list[int]
    y: list[int]
    class_index: list[int]
    split_index: list[int]


def map_columns(dataset: Dataset) -> MapColumns | None:
    """Return the dataset's map, None when none was computed."""
    stored = DatasetMap.objects.filter(dataset=dataset).first()
    if stored is None:
        return None
    classes = list(
        ClassLabel.objects.filter(dataset=dataset).order_by("name").values_list("id", "name")
    )
    class_of = {class_id: index for index, (class_id, _) in enumerate(classes)}
    split_of = {name: index for index, name in enumerate(SPLITS)}
    on_it = np.frombuffer(stored.image_ids, np.uint8).reshape(-1, 16)
    images = Image.objects.alive().filter(dataset=dataset)
    if len(on_it) < image_count(dataset):
        images = images.filter(is_one_of(on_it.view("S16")[:, 0]))
    now = {
        image_id: (class_of.get(class_id, -1), split_of.get(split, -1))
        for image_id, class_id, split in images.values_list("id", "class_label_id", "split")
    }
    ids = [uuid.UUID(bytes=each.tobytes()) for each in on_it]
    kept = [row for row, image_id in enumerate(ids) if image_id in now]
    points = np.frombuffer(stored.points, "<i2").reshape(-1, 2)[kept]
    alive = [ids[row] for row in kept]
    return MapColumns(
        embedding=stored.embedding,
        method=stored.method,
        created_at=stored.created_at,
        sample_of=stored.sample_of,
        placed=len(on_it),
        class_names=[name for _, name in classes],
        ids=alive,
        x=points[:, 0].tolist(),
        y=points[:, 1].tolist(),
        class_index=[now[image_id][0] for image_id in alive],
        split_index=[now[image_id][1] for image_id in alive],
    )


def is_stale(found: MapColumns, source: VectorSource) -> bool:
    """Whether a new map would show other images, or places by other vectors.

    A sample may lack what 1 % of the images are.
    """
    if found.sample_of is None:
        changed = len(found.ids) < source.covered
    else:
        gone = found.placed - len(found.ids)
        difference = abs(source.covered - found.sample_of)
        changed = gone > _STALE * found.placed or difference > _STALE * found.sample_of
    return changed or found.embedding != source.name
