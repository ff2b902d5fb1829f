"""Keep what a quality check has found, and what people decided about the same before."""

import hashlib
import uuid
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db.models import Q
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
    gone meanwhile is left out. What a person said of labels that no check doubted stays.
    """
    locked = dataset.lock()
    report, _ = QualityReport.objects.get_or_create(dataset=locked)
    before = {item.fact: item for item in report.items.all()}
    known = {item.fact for item in found.items}
    replaced = report.items.filter(Q(by_person=False) | Q(fact__in=known))
    if not found.embedding:
        replaced = replaced.exclude(kind=FindingKind.LABEL_ERROR)
    replaced.delete()
    classes = {None, *ClassLabel.objects.filter(dataset=dataset).values_list("pk", flat=True)}
    items = [item for item in found.items if {item.given_class, item.suggested_class} <= classes]
    ids = [before[item.fact].pk if item.fact in before else uuid.uuid4() for item in items]
    copy_rows(QualityItem, _ITEM_COLUMNS, _item_rows(report, ids, items, before))
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


def _item_rows(
    report: QualityReport,
    ids: Iterable[uuid.UUID],
    items: Iterable[NewItem],
    before: dict[str, QualityItem],
) -> Iterator[tuple[Any, ...]]:
    ranks: Counter[str] = Counter()
    for item_id, item in zip(ids, items, strict=True):
        known = before.get(item.fact)
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
