"""Groups of images that look alike: what to label first, when there is nothing to go by."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from threadpoolctl import threadpool_limits

from classifier.engine.instant.head import Floats, Ints

# k-means sees so many images; the others join the nearest group.
SAMPLE = 5_000
_IMAGES_A_GROUP = 250
_FEWEST, _MOST = 4, 50
# A group is as tight as so many of its images around the middle: a person looks at no more at once.
_AT_ONCE = 60
# The loosest groups are what is left over, of many classes: no one can name them as one.
_NAMEABLE = 2 / 3
_BLOCK = 4_000


@dataclass(frozen=True)
class LookAlikes:
    """``centres`` (k, d) of length 1; ``group`` (n,) of each image, ``closeness`` (n,) its cosine
    to the centre, 0..1.
    """

    centres: Floats
    group: Ints
    closeness: Floats

    def to_name(self, known: Ints) -> list[int]:
        """Return the groups worth naming as one, the tightest first, without those of ``known``.

        ``known``: the groups of images that have a class already.
        """
        nearest = {
            number: np.sort(self.closeness[self.group == number])[-_AT_ONCE:]
            for number in range(len(self.centres))
        }
        tight = {number: float(each.mean()) for number, each in nearest.items() if len(each)}
        order = sorted(tight, key=lambda number: -tight[number])
        kept = order[: max(2, round(_NAMEABLE * len(order)))]
        seen = set(np.unique(known).tolist())
        return [number for number in kept if number not in seen]


def look_alikes(vectors: npt.NDArray[np.floating], centres: Floats | None = None) -> LookAlikes:
    """Return which of the images look alike; vectors (n, d), n ≥ 1, in an order of chance.

    ``centres``: those found before, so that groups stay what they were.
    """
    if centres is None:
        centres = _centres(vectors)
    groups, closeness = [], []
    for block in _blocks(vectors):
        cosines = _units(block) @ centres.T
        groups.append(cosines.argmax(axis=1))
        closeness.append(np.clip(cosines.max(axis=1), 0, 1))
    return LookAlikes(centres, np.concatenate(groups), np.concatenate(closeness))


def _centres(vectors: npt.NDArray[np.floating]) -> Floats:
    # Seconds of imports, which `FIT_INSTANT` preloads and other workers do without.
    from sklearn.cluster import KMeans

    sample = _units(vectors[:SAMPLE])
    count = min(len(sample), max(_FEWEST, min(_MOST, len(vectors) // _IMAGES_A_GROUP)))
    with threadpool_limits(1):
        means = KMeans(count, n_init=1, max_iter=30, random_state=0).fit(sample)
    return _units(means.cluster_centers_)


def _units(vectors: npt.NDArray[np.floating]) -> Floats:
    vectors = np.asarray(vectors, np.float32)
    return vectors / np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-12)


def _blocks(vectors: npt.NDArray[np.floating]) -> Iterator[npt.NDArray[np.floating]]:
    for start in range(0, len(vectors), _BLOCK):
        yield vectors[start : start + _BLOCK]
