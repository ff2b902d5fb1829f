"""Groups of images that belong together, as tuples of indices into the caller's list."""

from collections import defaultdict
from collections.abc import Hashable, Iterable, Sequence

import numpy as np
import numpy.typing as npt

Group = tuple[int, ...]


def groups_by_key(keys: Iterable[Hashable]) -> list[Group]:
    """Return the groups of two or more indices that have the same key, by first index.

    Exact duplicates: the keys are the sha256 of the files, or of the decoded pixels.
    """
    members: dict[Hashable, list[int]] = defaultdict(list)
    for index, key in enumerate(keys):
        members[key].append(index)
    return [tuple(group) for group in members.values() if len(group) > 1]


def groups_by_pairs(pairs: npt.NDArray[np.integer], count: int) -> list[Group]:
    """Return the groups of two or more of ``count`` indices that ``pairs`` (p, 2) connect."""
    if not len(pairs):
        return []
    # A quarter of the time that a web server or a predict worker takes to start, for a few jobs.
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    ones = np.ones(len(pairs), np.int8)
    links = coo_array((ones, (pairs[:, 0], pairs[:, 1])), shape=(count, count))
    component = connected_components(links, directed=False)[1]
    return groups_by_key(component.tolist())


def group_ids(groups: Iterable[Group], count: int) -> npt.NDArray[np.int64]:
    """Return one group number for each of ``count`` indices, (count,); single ones have their own.

    Groups that share an index become one, so exact and near duplicates can be given together.
    """
    pairs = [(group[0], other) for group in groups for other in group[1:]]
    ids = np.arange(count, dtype=np.int64)
    for group in groups_by_pairs(np.array(pairs, np.int64).reshape(-1, 2), count):
        ids[list(group)] = group[0]
    return ids


def straddling(groups: Iterable[Group], values: Sequence[Hashable]) -> list[Group]:
    """Return the groups whose members have more than one of ``values`` (one for each index).

    With splits as values these are the leaks; with classes, the same picture under two classes.
    Members whose value is None or "" (no split, no class yet) do not count.
    """
    return [
        group
        for group in groups
        if len({values[index] for index in group if values[index] not in (None, "")}) > 1
    ]
