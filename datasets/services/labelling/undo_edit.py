"""Undo a bulk edit, where the images have not changed since."""

import uuid
from dataclasses import dataclass

from django.db import transaction
from django.utils import timezone

from accounts.models import User
from accounts.services import audit
from common.errors import Conflict
from datasets.models import BulkAction, BulkEdit, ClassLabel, Image
from datasets.policies import require_editable
from datasets.services import listeners
from datasets.services.labelling.set_classes import set_classes, set_times


@dataclass(frozen=True)
class Undone:
    """How many images are as they were, and how many have changed since (`left`)."""

    undone: int
    left: int


@transaction.atomic
def undo_edit(*, user: User, edit: BulkEdit) -> Undone:
    """Give each image what it had before, where it still has what the edit gave it.

    A class that went with the edit comes back. Raises `Conflict` for an edit undone already.
    """
    dataset = edit.dataset
    require_editable(user=user, dataset=dataset)
    dataset.lock()
    edit = edit.lock()
    if edit.undone_at is not None:
        raise Conflict("This has been undone already.", code="already_undone")
    edit.undone_at = timezone.now()
    edit.save(update_fields=["undone_at"])
    undo = _undo_classes if edit.action == BulkAction.RELABEL else _undo_times
    undone = undo(user, edit)
    if edit.rejected_ids and not undone:
        # No label changed, yet what was ruled out may be suggested again.
        listeners.labels_changed.announce(user=user, dataset=dataset)
    audit.record(
        actor=user,
        action=f"image.undo_{edit.action}",
        target=dataset,
        images=undone,
        edit=str(edit.pk),
    )
    return Undone(undone, len(edit.image_ids) - undone)


def _undo_classes(user: User, edit: BulkEdit) -> int:
    replaced = _bring_class_back(user, edit)
    images = Image.objects.filter(dataset=edit.dataset, labelled_at=edit.created_at)
    untouched = set(images.values_list("pk", flat=True))
    rows = [
        (image_id, replaced.get(class_id, class_id) if class_id else None, person_id)
        for image_id, class_id, person_id in zip(
            edit.image_ids, edit.class_ids, edit.person_ids, strict=True
        )
        if image_id in untouched
    ]
    if not rows:
        return 0
    ids, class_ids, person_ids = (list(column) for column in zip(*rows, strict=True))
    return set_classes(
        user=user,
        dataset=edit.dataset,
        image_ids=ids,
        class_ids=class_ids,
        person_ids=person_ids,
        at=timezone.now(),
    )


def _bring_class_back(user: User, edit: BulkEdit) -> dict[uuid.UUID, uuid.UUID]:
    """Make the class that went with the edit again, or return which one has its name by now."""
    if edit.removed_class is None:
        return {}
    removed = {**edit.removed_class, "id": uuid.UUID(edit.removed_class["id"])}
    label, came_back = ClassLabel.objects.get_or_create(
        dataset=edit.dataset, name=removed["name"], defaults=removed
    )
    if came_back and label.has_note:
        listeners.class_note_changed.announce(user=user, dataset=edit.dataset)
    return {removed["id"]: label.pk}


def _undo_times(user: User, edit: BulkEdit) -> int:
    excluding = edit.action in (BulkAction.EXCLUDE, BulkAction.INCLUDE)
    column = "excluded_at" if excluding else "deleted_at"
    was_set = edit.action in (BulkAction.EXCLUDE, BulkAction.TRASH)
    images = Image.objects.filter(dataset=edit.dataset)
    # Joined with the edit's ids, Postgres once took three minutes over 60,000: it expects few.
    if was_set:
        given = images.filter(**{column: edit.created_at})
        untouched = set(given.values_list("pk", flat=True))
    else:
        set_since = images.filter(**{f"{column}__isnull": False})
        untouched = set(edit.image_ids) - set(set_since.values_list("pk", flat=True))
    rows = [
        (image_id, moment)
        for image_id, moment in zip(edit.image_ids, edit.times, strict=True)
        if image_id in untouched
    ]
    if not rows:
        return 0
    ids, times = (list(column_) for column_ in zip(*rows, strict=True))
    return set_times(column=column, image_ids=ids, times=times)
