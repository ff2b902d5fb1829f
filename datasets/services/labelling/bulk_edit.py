"""One change of many images at once, that can be undone."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import Exists, F, OuterRef, QuerySet, Subquery

from accounts.models import User
from accounts.services import audit
from common.errors import Conflict, FieldError, Invalid
from datasets.models import Annotation, BulkAction, BulkEdit, ClassLabel, Dataset, Image
from datasets.policies import require_editable
from datasets.selectors.gallery import Filters, matching_images
from datasets.selectors.trash import restorable
from datasets.services.labelling.classes import checked_class_name, ensure_classes
from datasets.services.labelling.relabel import relabel_all
from datasets.services.labelling.set_classes import set_times

_NAMED = 50
_TIME_COLUMNS = {
    BulkAction.EXCLUDE: "excluded_at",
    BulkAction.INCLUDE: "excluded_at",
    BulkAction.TRASH: "deleted_at",
    BulkAction.RESTORE: "deleted_at",
}


@dataclass(frozen=True)
class Bulk:
    """What a bulk edit did: of `matched` images, `edit` changed those that were not so already.

    `edit` is None when all of them were.
    """

    matched: int
    changed: int
    edit: BulkEdit | None


@transaction.atomic
def bulk_edit(
    *,
    user: User,
    dataset: Dataset,
    action: str,
    selection: Sequence[uuid.UUID] | Filters,
    class_name: str = "",
    seen_at: datetime | None = None,
) -> Bulk:
    """Relabel, leave out, take in, put into the trash or restore the images of a selection.

    A selection is ids, or filters: then whatever matches them now. `class_name` is for relabelling;
    a new one is made, empty takes the class away. With `seen_at`, raises `Conflict` naming the
    images that another person has labelled since, and changes nothing. Raises `Invalid` for a bad
    class name and for ids that are not of this dataset.
    """
    require_editable(user=user, dataset=dataset)
    dataset.lock()
    images = _selected(dataset, selection)
    matched = images.count()
    if isinstance(selection, Sequence):
        require_all(dataset, selection, "/images")
    if action == BulkAction.RELABEL:
        name = checked_class_name(class_name, "/class_name")
        edit = _relabel(user, dataset, images.filter(deleted_at=None), name, seen_at)
    else:
        edit = _set_times(user, dataset, images, BulkAction(action))
    changed = len(edit.image_ids) if edit else 0
    if edit:
        audit.record(
            actor=user,
            action=f"image.bulk_{edit.action}",
            target=dataset,
            images=changed,
            edit=str(edit.pk),
            **({"class_name": edit.class_name} if edit.action == BulkAction.RELABEL else {}),
        )
    return Bulk(matched, changed, edit)


def _selected(dataset: Dataset, selection: Sequence[uuid.UUID] | Filters) -> QuerySet[Image]:
    if isinstance(selection, Filters):
        return matching_images(dataset, selection)
    return Image.objects.filter(dataset=dataset, pk__in=list(selection))


def require_all(dataset: Dataset, ids: Sequence[uuid.UUID], pointer: str) -> None:
    """Raise `Invalid`, pointing into the list, where an id is of no image of the dataset."""
    known = set(
        Image.objects.filter(dataset=dataset, pk__in=list(ids)).values_list("pk", flat=True)
    )
    errors = [
        FieldError(f"{pointer}/{number}", "does_not_exist", f"No image {image_id} here.")
        for number, image_id in enumerate(ids)
        if image_id not in known
    ]
    if errors:
        raise Invalid(
            f"{len(errors)} of the images are not in this dataset.", errors=errors[:_NAMED]
        )


def _relabel(
    user: User, dataset: Dataset, images: QuerySet[Image], name: str, seen_at: datetime | None
) -> BulkEdit | None:
    label = ensure_classes(dataset=dataset, names=[name])[name] if name else None
    if seen_at is not None:
        _require_unchanged(user, images, label, seen_at)
    return relabel_all(user=user, dataset=dataset, images=images, label=label)


def _require_unchanged(
    user: User, images: QuerySet[Image], label: ClassLabel | None, seen_at: datetime
) -> None:
    # Not `labelled_by`: an undo gives that back to the person who had labelled before.
    last = Annotation.objects.filter(image=OuterRef("pk"), created_at=OuterRef("labelled_at"))
    news = (
        images.filter(labelled_at__gt=seen_at)
        .exclude(Exists(last.filter(created_by=user)))
        .annotate(
            current=F("class_label__name"), person=Subquery(last.values("created_by__username")[:1])
        )
        .order_by("-labelled_at")
    )
    news = news.exclude(class_label=label) if label else news.exclude(class_label=None)
    if not (count := news.count()):
        return
    errors = [
        FieldError(
            f"/images/{image.pk}",
            "changed_meanwhile",
            f"{image.name} is {image.current or 'not labelled'}, by {image.person or 'someone'}.",
        )
        for image in news[:_NAMED]
    ]
    people = ", ".join(sorted({image.person or "Someone" for image in news[:_NAMED]}))
    raise Conflict(
        f"{people} labelled {count:,} of these images since you looked at them. "
        "Nothing was changed.",
        code="changed_meanwhile",
        errors=errors,
        hint="Look at them again, then decide.",
    )


def _set_times(
    user: User, dataset: Dataset, images: QuerySet[Image], action: BulkAction
) -> BulkEdit | None:
    """Set or clear the time that says an image is left out, or in the trash."""
    column = _TIME_COLUMNS[action]
    setting = action in (BulkAction.EXCLUDE, BulkAction.TRASH)
    images = restorable(images) if action == BulkAction.RESTORE else images.filter(deleted_at=None)
    affected = images.filter(**{f"{column}__isnull": setting})
    rows: list[tuple[Any, Any]] = list(affected.order_by().values_list("pk", column))
    if not rows:
        return None
    ids, times = (list(part) for part in zip(*rows, strict=True))
    edit = BulkEdit.objects.create(
        dataset=dataset, action=action, image_ids=ids, times=times, created_by=user
    )
    moment = edit.created_at if setting else None
    set_times(column=column, image_ids=ids, times=[moment] * len(ids))
    return edit
