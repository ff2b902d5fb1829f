"""Keep what a quality check has found, and what people decided about the same before."""

import hashlib
import uuid
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db.models import Max
from django.utils import timezone

from common.copy_rows import copy_rows
from datasets.models import (
    ClassLabel,
    Dataset,
    FindingKind,
    QualityItem,
    QualityMember,
    QualityReport,
)

_ITEM_COLUMNS = (
    "id", "report_id", "kind", "rank", "score", "fact", "note", "given_class_id",
    "suggested_class_id", "dismissed_at", "dismissed_by_id",
)  # fmt: skip
_MEMBER_COLUMNS = ("item_id", "image_id", "position")


# An image and its class.
Label = tuple[uuid.UUID, uuid.UUID]


@dataclass(frozen=True)
class NewItem:
    """Something found; `about` is what it is true of: equal facts have equal ones, in any order."""

    kind: FindingKind
    about: tuple[str, ...]
    images: list[uuid.UUID] = field(default_factory=list)
    score: float = 0.0
    note: str = ""
    given_class: uuid.UUID | None = None
    suggested_class: uuid.UUID | None = None

    @property
    def label(self) -> Label | None:
        """The image and its class, of a label error."""
        if self.kind != FindingKind.LABEL_ERROR or self.given_class is None:
            return None
        return self.images[0], self.given_class

    @property
    def fact(self) -> str:
        """A digest of what was found."""
        return hashlib.sha256("\n".join([self.kind, *sorted(self.about)]).encode()).hexdigest()


def about_label(image: uuid.UUID, given: uuid.UUID, suggested: uuid.UUID | None) -> tuple[str]:
    """Return what a label error is about: the image, its class and the likelier one, by ids."""
    return (f"{image} {given} {suggested}",)


@dataclass(frozen=True)
class Found:
    """All that a check has to say; each kind's items are ordered, the worst first.

    `facts_at` is the time at which it read the images; `unchecked` are sentences. `embedding` is
    empty where label errors were not looked for: those that are known stay.
    """

    items: list[NewItem]
    facts_at: datetime
    images_checked: int
    embedding: str
    agreement: float | None
    unchecked: list[str]


def store_found(*, dataset: Dataset, found: Found) -> QualityReport:
    """Replace the items of a dataset's report, in the caller's transaction; return the report.

    An item that was there before keeps its id and its dismissal. What is about a class that has
    gone meanwhile is left out. That a label is right is said of the image and its class: it holds
    for whatever class is suggested, and stays where no check doubts the label now.
    """
    locked = dataset.lock()
    report, _ = QualityReport.objects.get_or_create(dataset=locked)
    before = {item.fact: item for item in report.items.all()}
    right = _labels_called_right(report)
    if found.embedding:
        doubted = {item.label for item in found.items}
        replaced = report.items.exclude(pk__in=_kept_beyond(report, right, doubted))
    else:
        replaced = report.items.exclude(kind=FindingKind.LABEL_ERROR)
    replaced.delete()
    classes = {None, *ClassLabel.objects.filter(dataset=dataset).values_list("pk", flat=True)}
    items = [item for item in found.items if {item.given_class, item.suggested_class} <= classes]
    ids = [before[item.fact].pk if item.fact in before else uuid.uuid4() for item in items]
    copy_rows(QualityItem, _ITEM_COLUMNS, _item_rows(report, ids, items, before, right))
    copy_rows(QualityMember, _MEMBER_COLUMNS, _member_rows(ids, items))
    report.facts_at = found.facts_at
    report.checked_at = timezone.now()
    report.images_checked = found.images_checked
    if found.embedding:
        report.embedding = found.embedding
        report.agreement = found.agreement
    report.unchecked = found.unchecked
    report.save()
    return report


def _labels_called_right(report: QualityReport) -> dict[Label, QualityItem]:
    """Return the dismissed label errors, by image and class."""
    rows = QualityMember.objects.filter(
        item__report=report, item__kind=FindingKind.LABEL_ERROR, item__dismissed_at__isnull=False
    ).select_related("item")
    return {
        (member.image_id, member.item.given_class_id): member.item
        for member in rows
        if member.item.given_class_id is not None
    }


def _kept_beyond(
    report: QualityReport, right: dict[Label, QualityItem], doubted: set[Label | None]
) -> list[uuid.UUID]:
    """Return the ids of what stays beside a check's findings, as a person's word alone."""
    kept = [item for label, item in right.items() if label not in doubted]
    rank = next_rank(report)
    for item in kept:
        if not item.by_person:
            item.by_person, item.rank = True, rank
            rank += 1
            item.save(update_fields=["by_person", "rank"])
    return [item.pk for item in kept]


def next_rank(report: QualityReport) -> int:
    """Return the rank for one more label that a person calls right."""
    own = report.items.filter(kind=FindingKind.LABEL_ERROR, by_person=True)
    last = own.aggregate(last=Max("rank"))["last"]
    return 0 if last is None else last + 1


def _item_rows(
    report: QualityReport,
    ids: Iterable[uuid.UUID],
    items: Iterable[NewItem],
    before: dict[str, QualityItem],
    right: dict[Label, QualityItem],
) -> Iterator[tuple[Any, ...]]:
    ranks: Counter[str] = Counter()
    for item_id, item in zip(ids, items, strict=True):
        known = right.get(item.label) if item.label else before.get(item.fact)
        decided = (known.dismissed_at, known.dismissed_by_id) if known else (None, None)
        yield (
            item_id, report.pk, item.kind.value, ranks[item.kind], item.score, item.fact,
            item.note, item.given_class, item.suggested_class, *decided,
        )  # fmt: skip
        ranks[item.kind] += 1


def _member_rows(
    ids: Iterable[uuid.UUID], items: Iterable[NewItem]
) -> Iterator[tuple[uuid.UUID, uuid.UUID, int]]:
    for item_id, item in zip(ids, items, strict=True):
        for position, image_id in enumerate(item.images):
            yield item_id, image_id, position
