"""Reading the quality report of a dataset, as its images stand now."""

import uuid
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Count, F, Prefetch, Q, QuerySet

from accounts.models import User
from datasets.analysis.balance import balance
from datasets.models import (
    Annotation,
    Dataset,
    FindingKind,
    Image,
    QualityItem,
    QualityMember,
    QualityReport,
)
from datasets.selectors.quality_words import WORDS, Severity
from jobs.models import Job

CLASS_KINDS = (FindingKind.SMALL_CLASS, FindingKind.IMBALANCE)
COPY_KINDS = (
    FindingKind.SPLIT_LEAK,
    FindingKind.LABEL_CONFLICT,
    FindingKind.EXACT_DUPLICATE,
    FindingKind.NEAR_DUPLICATE,
)
# Of one item: copies of a picture can be thousands; people compare a few side by side.
MOST_SHOWN = 24

_DUPLICATES = (FindingKind.EXACT_DUPLICATE, FindingKind.NEAR_DUPLICATE)
_LOOKED_AT, _MOST_LOOKED_AT = 500, 2_000
_ALONE = (FindingKind.BLANK, FindingKind.BLURRED, FindingKind.TINY, FindingKind.ODD_SHAPE)
_IN_USE = Q(members__image__deleted_at=None, members__image__excluded_at=None)


@dataclass(frozen=True)
class Finding:
    """All open items of one kind: how many `items`, and how many images (`count`) are in them."""

    kind: FindingKind
    count: int
    items: int

    @property
    def severity(self) -> Severity:
        """How bad it is."""
        return WORDS[self.kind].severity


@dataclass(frozen=True)
class Quality:
    """A dataset's quality report; `report` is None before the first check.

    `stale`: images or classes have changed since the check. `imbalance_ratio` (1 is even) and the
    smallest class that has images are as of now, None where no image has a class.
    """

    report: QualityReport | None
    findings: list[Finding]
    stale: bool
    imbalance_ratio: float | None
    smallest_class: str | None

    @property
    def open(self) -> int:
        """How many things are left to decide."""
        return sum(finding.items for finding in self.findings)

    @property
    def job(self) -> Job | None:
        """The latest check."""
        return self.report.job if self.report else None

    @property
    def checked_at(self) -> datetime | None:
        """When the last check that succeeded ended."""
        return self.report.checked_at if self.report else None


def quality_of(dataset: Dataset) -> Quality:
    """Return the report of a dataset, the worst findings first."""
    report = QualityReport.objects.select_related("job").filter(dataset=dataset).first()
    counts = list(_class_counts(dataset).values())
    spread = balance([count for _, count in counts])
    return Quality(
        report=report,
        findings=findings_of(dataset) if report else [],
        stale=_is_stale(report),
        imbalance_ratio=spread.imbalance_ratio or None,
        smallest_class=None if spread.smallest is None else counts[spread.smallest][0],
    )


def findings_of(dataset: Dataset) -> list[Finding]:
    """Return the kinds of which anything is open, the worst first."""
    items = open_items(dataset.pk)
    rows = (
        QualityMember.objects.filter(
            item__in=items.values("pk"), image__deleted_at=None, image__excluded_at=None
        )
        .order_by()
        .values_list("item__kind")
        .annotate(images=Count("image", distinct=True), items=Count("item", distinct=True))
    )
    found = {kind: Finding(FindingKind(kind), images, count) for kind, images, count in rows}
    classes = items.filter(kind__in=CLASS_KINDS).values_list("kind", "given_class")
    if about := list(classes):
        sizes = _class_counts(dataset)
        for kind in {kind for kind, _ in about}:
            counts = [sizes[class_id][1] for other, class_id in about if other == kind]
            found[kind] = Finding(FindingKind(kind), sum(counts), len(counts))
    return [found[kind] for kind in FindingKind if kind in found]


def open_items(dataset_id: uuid.UUID) -> QuerySet[QualityItem]:
    """Return what is still to be decided: not dismissed, and still so.

    What people have trashed, left out, relabelled or moved to another split since the check is no
    finding any more.
    """
    items = QualityItem.objects.filter(report=dataset_id, dismissed_at=None).alias(
        in_use=Count("members", filter=_IN_USE),
        as_found=Count("members", filter=_IN_USE & Q(members__image__class_label=F("given_class"))),
        classes=Count("members__image__class_label", filter=_IN_USE, distinct=True),
        splits=Count(
            "members__image__split", filter=_IN_USE & ~Q(members__image__split=""), distinct=True
        ),
    )
    return items.filter(
        Q(kind__in=CLASS_KINDS)
        | Q(kind__in=_ALONE, in_use__gte=1)
        | Q(kind__in=_DUPLICATES, in_use__gte=2)
        | Q(kind=FindingKind.LABEL_ERROR, as_found__gte=1)
        | Q(kind=FindingKind.LABEL_CONFLICT, classes__gte=2)
        | Q(kind=FindingKind.SPLIT_LEAK, splits__gte=2)
    )


def open_count(dataset: Dataset) -> int:
    """Return how many things the report asks people to decide, of all kinds."""
    return open_items(dataset.pk).count()


def open_at_least(dataset: Dataset) -> tuple[int, bool]:
    """Return how many things at least are to be decided, and whether there may be more.

    Whether one is open is looked up in its images: 500 are looked at, and 500 more only while none
    is open, up to 2,000.
    """
    left = QualityItem.objects.filter(report=dataset.pk, dismissed_at=None)
    ids = list(left.order_by("kind", "rank").values_list("pk", flat=True)[: _MOST_LOOKED_AT + 1])
    for start in range(0, min(len(ids), _MOST_LOOKED_AT), _LOOKED_AT):
        end = min(start + _LOOKED_AT, _MOST_LOOKED_AT)
        if still := open_items(dataset.pk).filter(pk__in=ids[start:end]).count():
            return still, len(ids) > end
    return 0, len(ids) > _MOST_LOOKED_AT


def with_issue(images: QuerySet[Image], dataset_id: uuid.UUID, kind: str) -> QuerySet[Image]:
    """Keep the images of a dataset that an open finding of this kind is about."""
    items = open_items(dataset_id).filter(kind=kind)
    if kind in CLASS_KINDS:
        return images.filter(class_label__in=items.values("given_class"), excluded_at=None)
    members = QualityMember.objects.filter(item__in=items.values("pk"))
    return images.filter(pk__in=members.values("image"), excluded_at=None)


def items_of(dataset: Dataset) -> QuerySet[QualityItem]:
    """Return the open items, the worst of a kind first, with their images in `in_use`."""
    return (
        open_items(dataset.pk)
        .select_related("given_class", "suggested_class")
        .prefetch_related(_in_use())
        .order_by("rank")
    )


def first_images(dataset: Dataset, kind: FindingKind, count: int = 6) -> list[Image]:
    """Return images in use of the worst open items of a kind."""
    members = (
        QualityMember.objects.filter(
            item__in=open_items(dataset.pk).filter(kind=kind).values("pk"),
            image__deleted_at=None,
            image__excluded_at=None,
        )
        .select_related("image__class_label")
        .order_by("item__rank", "position")
    )
    return [member.image for member in members[:count]]


def open_classes(dataset: Dataset, kind: FindingKind) -> list[tuple[str, str]]:
    """Return (name, what is wrong) of the classes that open items of a kind are about."""
    items = open_items(dataset.pk).filter(kind=kind).order_by("rank")
    return list(items.values_list("given_class__name", "note"))


def visible_item(user: User, item_id: uuid.UUID) -> QualityItem:
    """Return an item of a dataset that `user` may see; raises `NotFound`."""
    return (
        QualityItem.objects.for_user(user)
        .filter(report__dataset__deleted_at=None)
        .select_related("report__dataset__organization", "given_class", "suggested_class")
        .prefetch_related(_in_use())
        .get_visible(item_id)
    )


def members_of(item: QualityItem) -> QuerySet[QualityMember]:
    """Return the images of an item that are in use, of copies the one to keep first."""
    return _members_in_use().filter(item=item)


def _in_use() -> Prefetch:
    return Prefetch("members", queryset=_members_in_use(), to_attr="in_use")


def _members_in_use() -> QuerySet[QualityMember]:
    members = QualityMember.objects.filter(image__deleted_at=None, image__excluded_at=None)
    return members.select_related("image__class_label", "image__labelled_by").order_by("position")


def _class_counts(dataset: Dataset) -> dict[uuid.UUID, tuple[str, int]]:
    """Return (name, images that are not left out) of each class."""
    in_use = Q(images__deleted_at=None, images__excluded_at=None)
    rows = dataset.classes.annotate(count=Count("images", filter=in_use))
    return {pk: (name, count) for pk, name, count in rows.values_list("pk", "name", "count")}


def _is_stale(report: QualityReport | None) -> bool:
    if report is None or report.facts_at is None:
        return False
    since = {"created_at__gt": report.facts_at}
    return (
        report.wanted_again
        or Image.objects.alive().filter(dataset=report.dataset_id, **since).exists()
        or Annotation.objects.filter(image__dataset=report.dataset_id, **since).exists()
    )
