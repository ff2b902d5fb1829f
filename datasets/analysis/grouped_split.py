"""Dividing a set so that every part has its share of every class and no group is cut apart."""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]

TRAIN, VALIDATION, TEST = 0, 1, 2


def grouped_split(
    labels: npt.NDArray[np.integer],
    groups: npt.NDArray[np.integer],
    *,
    train: float,
    validation: float,
    test: float,
    seed: int,
    kept_test: npt.NDArray[np.bool_] | None = None,
) -> npt.NDArray[np.int8]:
    """Return each image's split (n,): TRAIN, VALIDATION or TEST.

    ``labels`` (n,): class indices from 0; ``groups`` (n,): from ``group_ids``, equal for images
    that must stay together; the fractions add up to 1. Images marked in ``kept_test`` (n,) are in
    test, and so is whatever shares a group with one of them; if that is more than its fraction,
    training and validation share the rest in proportion. The same arguments give the same split.

    Raises ValueError where the fractions are negative or do not add up to 1.
    """
    fractions = (train, validation, test)
    if min(fractions) < 0 or abs(sum(fractions) - 1) > 1e-6:
        received = " + ".join(f"{fraction:g}" for fraction in fractions)
        raise ValueError(f"Fractions are 0 or more and add up to 1; received {received}.")
    kept = np.zeros(len(labels), bool) if kept_test is None else kept_test
    kept = np.isin(groups, groups[kept])
    fixed = np.where(kept, TEST, -1)
    return divide(labels, groups, fractions, seed=seed, fixed=fixed).astype(np.int8)


def divide(
    labels: npt.NDArray[np.integer],
    groups: npt.NDArray[np.integer],
    shares: Sequence[float],
    *,
    seed: int,
    fixed: npt.NDArray[np.integer] | None = None,
) -> Ints:
    """Return the part (n,), 0..len(shares)-1, of each image; ``shares`` add up to 1.

    Where ``fixed`` (n,) is not -1 it is the part. Larger groups come first and go where they cost
    least (chi-square against the shares, over classes and in all); then images without a group
    fill each class up to its share, rounded so that the totals keep theirs as well.
    """
    random = np.random.default_rng(seed)
    part = np.full(len(labels), -1, np.int64) if fixed is None else fixed.astype(np.int64)
    classes = int(labels.max()) + 1 if len(labels) else 0
    counts = _counts(labels, part, classes, len(shares))
    wanted = _wanted(np.bincount(labels, minlength=classes), np.asarray(shares, float), counts)
    for members in _several(groups, part, random):
        content = np.bincount(labels[members], minlength=classes)
        chosen = _cheapest(content, counts, wanted)
        part[members] = chosen
        counts[:, chosen] += content
    _fill(part, labels, wanted - counts, random)
    return part


def _counts(labels: npt.NDArray[np.integer], part: Ints, classes: int, parts: int) -> Floats:
    counts = np.zeros((classes, parts))
    placed = part >= 0
    np.add.at(counts, (labels[placed], part[placed]), 1)
    return counts


def _wanted(sizes: Ints, shares: Floats, fixed: Floats) -> Floats:
    """Return how many images of each class each part should have, (classes, parts).

    A part that has more than its share already keeps what it has; the others share the rest.
    """
    wanted = sizes[:, None] * shares
    for row, held in zip(wanted, fixed, strict=True):
        over = held > row
        if over.any() and not over.all():
            rest = row[~over].sum()
            row[~over] *= (row.sum() - held[over].sum()) / rest if rest else 0
            row[over] = held[over]
    return wanted


def _several(
    groups: npt.NDArray[np.integer], part: Ints, random: np.random.Generator
) -> list[Ints]:
    """Return the members of every group of two or more that has no part yet, largest first."""
    free = np.flatnonzero(part < 0)
    order = free[np.argsort(groups[free], kind="stable")]
    borders = np.flatnonzero(np.diff(groups[order])) + 1
    several = [members for members in np.split(order, borders) if len(members) > 1]
    random.shuffle(several)
    return sorted(several, key=len, reverse=True)


def _cheapest(content: Ints, counts: Floats, wanted: Floats) -> int:
    """Return the part to which a group adds least chi-square distance from what is wanted."""
    held = np.flatnonzero(content)
    rows = [(content[held, None], counts[held], wanted[held])]
    rows.append((content.sum(keepdims=True)[:, None], counts.sum(0)[None], wanted.sum(0)[None]))
    cost = sum(
        (size * (2 * (have - want) + size) / np.maximum(want, 1e-9)).sum(axis=0)
        for size, have, want in rows
    )
    return int(np.argmin(cost))


def _fill(
    part: Ints,
    labels: npt.NDArray[np.integer],
    missing: Floats,
    random: np.random.Generator,
) -> None:
    """Give every image that has no part yet one, in place, by what each class is ``missing``."""
    carried = np.zeros(missing.shape[1])
    for label, lacking in enumerate(missing):
        members = np.flatnonzero((labels == label) & (part < 0))
        random.shuffle(members)
        lacking = np.maximum(lacking, 0)
        exact = lacking * (len(members) / lacking.sum()) if lacking.sum() else lacking
        seats = np.floor(exact + 1e-9).astype(int)
        # What rounding took from a part in earlier classes is given back first.
        owed = np.where(exact > 0, exact - seats + carried, -np.inf)
        seats[np.argsort(-owed, kind="stable")[: len(members) - seats.sum()]] += 1
        carried += exact - seats
        part[members] = np.repeat(np.arange(len(seats)), seats)
