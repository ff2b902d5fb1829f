"""From what was measured to what a person can decide: the items of a quality report."""

import itertools
import uuid
from collections.abc import Callable, Iterable, Iterator

import numpy as np

from datasets.analysis.balance import IMBALANCED, balance
from datasets.analysis.directions import directions
from datasets.analysis.groups import Group, groups_by_key, straddling
from datasets.analysis.label_errors import LabelErrors
from datasets.analysis.outliers import Outliers, find_outliers
from datasets.models import Dataset, FindingKind
from datasets.selectors.quality_facts import Facts
from datasets.selectors.vectors import VectorSource, vectors_of
from datasets.services.quality.copies import Copies, Groups
from datasets.services.quality.store_quality import NewItem, about_label

_SPLITS_WORTH_KEEPING = ("test", "validation")


def copy_items(
    dataset: Dataset, facts: Facts, copies: Copies, source: VectorSource
) -> list[NewItem]:
    """Return exact and near duplicates, leaks and conflicts, the surest or largest first.

    `source`: where it is a backbone, the cosine of its vectors is the score of near duplicates.
    """
    checked = facts.checked
    exact = [
        tuple(checked[number] for number in group)
        for group in groups_by_key(facts.pixels[index] for index in checked)
    ]
    groups = _groups(facts, copies.groups)
    alike = _groups(facts, copies.alike)
    near = [group for group in alike if len({facts.pixels[index] for index in group}) > 1]
    similarity = _similarity(dataset, facts, copies, near, source)
    return [
        *_copies(FindingKind.SPLIT_LEAK, facts, straddling(groups, facts.splits), facts.splits),
        *_copies(
            FindingKind.LABEL_CONFLICT, facts, straddling(groups, facts.class_ids), facts.class_ids
        ),
        *_copies(FindingKind.EXACT_DUPLICATE, facts, exact),
        *sorted(
            _copies(FindingKind.NEAR_DUPLICATE, facts, near, similarity=similarity),
            key=lambda item: -item.score,
        ),
    ]


def _groups(facts: Facts, found: Groups) -> list[Group]:
    """Return the groups of copies as indices of the images that are not left out."""
    index = {facts.ids[number]: number for number in facts.checked}
    groups = (
        tuple(sorted(index[image_id] for image_id in group if image_id in index)) for group in found
    )
    return [group for group in groups if len(group) > 1]


def _copies(
    kind: FindingKind,
    facts: Facts,
    groups: Iterable[Group],
    values: list | None = None,
    similarity: dict[Group, tuple[float, str]] | None = None,
) -> Iterator[NewItem]:
    for group in sorted(groups, key=lambda members: (-len(members), members)):
        score, note = similarity[group] if similarity else (float(len(group)), "")
        yield NewItem(
            kind=kind,
            about=tuple(f"{facts.ids[i]} {values[i] if values else ''}" for i in group),
            images=[facts.ids[i] for i in sorted(group, key=_worth(facts))],
            score=score,
            note=note,
        )


def _worth(facts: Facts) -> Callable[[int], tuple[int, float, int]]:
    """Return the order in which copies are worth keeping: tested on first, then the largest."""

    def key(index: int) -> tuple[int, float, int]:
        split = facts.splits[index]
        place = _SPLITS_WORTH_KEEPING.index(split) if split in _SPLITS_WORTH_KEEPING else 2
        return place, -facts.widths[index] * facts.heights[index], index

    return key


def _similarity(
    dataset: Dataset, facts: Facts, copies: Copies, near: list[Group], source: VectorSource
) -> dict[Group, tuple[float, str]]:
    """Return for each group how alike its least like members are, and that in words."""
    members = {facts.ids[index] for group in near for index in group}
    vectors = vectors_of(dataset, members, source.space) if source.space else {}
    found = {}
    for group in near:
        ids = [facts.ids[index] for index in group]
        score = min(copies.agreement.get(image_id, 1.0) for image_id in ids)
        note = f"{score:.1%} alike in detail"
        if all(image_id in vectors for image_id in ids):
            units = directions(np.stack([vectors[image_id] for image_id in ids]))
            score = float((units[1:] @ units[0]).min())
            note = f"{note}, cosine {score:.2f} by {source.title}"
        found[group] = (score, note[:200])
    return found


def outlier_items(facts: Facts) -> Iterator[NewItem]:
    """Yield tiny, blank, blurred and oddly shaped images, the worst of each kind first."""
    checked = np.array(facts.checked, np.int64)
    for outliers in find_outliers(
        widths=facts.widths[checked],
        heights=facts.heights[checked],
        contrasts=facts.contrasts[checked],
        sharpness=facts.sharpness[checked],
    ):
        for number, value in zip(outliers.indices.tolist(), outliers.values.tolist(), strict=True):
            index = int(checked[number])
            yield NewItem(
                kind=FindingKind(outliers.kind),
                about=(str(facts.ids[index]),),
                images=[facts.ids[index]],
                score=value,
                note=_measured(facts, index, outliers, value),
            )


def _measured(facts: Facts, index: int, outliers: Outliers, value: float) -> str:
    size = f"{facts.widths[index]:.0f}×{facts.heights[index]:.0f} pixels"
    if outliers.kind == "tiny":
        return f"{size}; listed below {outliers.limit:.0f} on the shorter side"
    if outliers.kind == "blank":
        return f"contrast {value:.2%}; listed below {outliers.limit:.0%}"
    if outliers.kind == "blurred":
        return f"{value / outliers.limit:.0%} of the sharpness below which images are listed"
    long, short = ("wide", "high") if value > 1 else ("high", "wide")
    return f"{size}: {max(value, 1 / value):.1f} times as {long} as {short}"


def label_error_items(
    facts: Facts, ids: list[uuid.UUID], errors: LabelErrors, classes: list[uuid.UUID], most: int
) -> Iterator[NewItem]:
    """Yield the `most` likely label errors; `errors` has indices into `ids` and `classes`."""
    columns = (errors.indices, errors.given, errors.suggested, errors.scores)
    for row, given, suggested, score in itertools.islice(
        zip(*(column.tolist() for column in columns), strict=True), most
    ):
        image_id, given_id, suggested_id = ids[row], classes[given], classes[suggested]
        yield NewItem(
            kind=FindingKind.LABEL_ERROR,
            about=about_label(image_id, given_id, suggested_id),
            images=[image_id],
            score=score,
            note=_rather(facts.class_names[suggested_id], facts.class_names[given_id], score),
            given_class=given_id,
            suggested_class=suggested_id,
        )


def _rather(suggested: str, given: str, score: float) -> str:
    return f"{suggested[:70]} rather than {given[:70]}: {100 * score:.0f} points more probable"


def class_items(facts: Facts) -> Iterator[NewItem]:
    """Yield classes that are too small, and those far smaller than the largest one."""
    counts = dict.fromkeys(facts.class_names, 0)
    for index in facts.checked:
        class_id = facts.class_ids[index]
        if class_id in counts:
            counts[class_id] += 1
    classes = sorted(counts, key=lambda class_id: (counts[class_id], facts.class_names[class_id]))
    spread = balance([counts[class_id] for class_id in classes])
    largest = max(counts.values(), default=0)
    for class_id in (classes[index] for index in spread.too_small):
        yield _class_item(FindingKind.SMALL_CLASS, class_id, counts[class_id])
    for class_id in classes:
        if 0 < counts[class_id] * IMBALANCED < largest:
            yield _class_item(
                FindingKind.IMBALANCE, class_id, counts[class_id], f"; the largest has {largest:,}"
            )


def _class_item(kind: FindingKind, class_id: uuid.UUID, count: int, more: str = "") -> NewItem:
    images = f"{count:,} image{'' if count == 1 else 's'}"
    return NewItem(
        kind=kind,
        about=(str(class_id),),
        score=float(count),
        note=f"{images}{more}",
        given_class=class_id,
    )
