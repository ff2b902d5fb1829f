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
    return groups_by_key(_components(pairs, count).tolist())


def _components(pairs: npt.NDArray[np.integer], count: int) -> npt.NDArray[np.int64]:
    """Return for each index the smallest one that ``pairs`` connect it with, (count,).

    The roots of a union-find, all pairs at a time (hooking and pointer jumping; Shiloach and
    Vishkin 1982). SciPy has it too, but the web server needs nothing else of its 140 MB.
    """
    root = np.arange(count, dtype=np.int64)
    while True:
        first, second = root[pairs[:, 0]], root[pairs[:, 1]]
        low, high = np.minimum(first, second), np.maximum(first, second)
        if np.array_equal(low, high):
            return root
        np.minimum.at(root, high, low)
        while not np.array_equal(further := root[root], root):
            root = further


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
